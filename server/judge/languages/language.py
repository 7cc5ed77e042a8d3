"""What the judge has to know of a language that a harness runs: one object each."""

import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import tree_sitter

from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.declarations import Function, normalize_name
from stepcheck.server.judge.verdict import Range


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs of a language by name, and the folders that must be seen for them to work."""

    programs: Mapping[str, Path]
    folders: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """Files, the command that checks or compiles them, and the one that runs what came of it."""

    files: Mapping[str, bytes]
    build: Sequence[str]
    run: Sequence[str]


@dataclass(frozen=True, slots=True)
class BuildError:
    """An error of a compiler; `file` is the one it is in."""

    file: str
    line: int
    message: str


class Language(ABC):
    """A language, as the judge sees it."""

    name: str
    title: str
    candidate_file: str
    install_hint: str
    has_own_types = True
    """Whether a result has the type that was declared, instead of one of its own."""
    has_sets = False
    exact_integer_bits = 64
    build_error: re.Pattern[str]

    @property
    @abstractmethod
    def grammar(self) -> tree_sitter.Language:
        """The grammar."""

    @abstractmethod
    def find_tools(self) -> Tools | None:
        """Return the tools, or None if one is missing."""

    @abstractmethod
    def functions(self, source: str) -> list[Function]:
        """Return the functions that can be called, in order."""

    @abstractmethod
    def call_program(self, source: str, function: Function, tools: Tools) -> Program:
        """Return the program that answers calls of a function, as its harness says."""

    @abstractmethod
    def check_program(self, source: str, tools: Tools) -> Program:
        """Return the program that does nothing: what matters is whether it can be built."""

    @abstractmethod
    def test_program(self, source: str, tests: str, tools: Tools) -> Program:
        """Return the program that runs tests in the language itself.

        It prints the first line of its standard input when they have come to their end.
        """

    def candidate_name(self, source: str) -> str:  # noqa: ARG002 - some languages look
        """Return the name of the file that the code is put into."""
        return self.candidate_file

    def comments(self, source: str, name: str) -> str:
        """Return the comments of a function, before it and in it."""
        known = self.functions(source)
        own = next((one for one in known if normalize_name(one.name) == normalize_name(name)), None)
        if own is None:
            return ""
        after = [one.range.last_line for one in known if one.range.last_line < own.range.first_line]
        root = declarations.parse(self.grammar, source)
        return declarations.comments(root, Range(max(after, default=0) + 1, own.range.last_line))

    def build_errors(self, printed: str) -> list[BuildError]:
        """Return the errors that a compiler printed."""
        return [
            BuildError(Path(found["file"]).name, int(found["line"]), found["message"].strip())
            for found in self.build_error.finditer(printed)
        ]

    def is_missing_dependency(self, message: str) -> bool:  # noqa: ARG002 - some languages look
        """Whether a compiler's error is about what is not installed here."""
        return False


def harness(name: str) -> bytes:
    """Return a file of the harness folder."""
    return (files(__package__) / "harness" / name).read_bytes()


@cache
def find_program(*names: str) -> Path | None:
    """Return the first of the programs that is on the path, as what its links lead to."""
    for name in names:
        if found := shutil.which(name):
            return Path(found)
    return None
