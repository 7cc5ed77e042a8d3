"""Runs Lean files that use the package: the fixture `package` is a `PackageLean`."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.precompile import precompile
from stepcheck.lean.sources import LeanSources, package_sources

SECONDS = 60.0


@dataclass(frozen=True)
class LeanMessage:
    """What Lean says: lines count from 1, columns from 0 in characters."""

    severity: str
    line: int
    column: int
    text: str


@dataclass(frozen=True)
class LeanRun:
    """One finished run of Lean on a text."""

    messages: tuple[LeanMessage, ...]
    exit_code: int
    stderr: str

    @property
    def errors(self) -> list[str]:
        return self.texts("error")

    @property
    def information(self) -> list[str]:
        return self.texts("information")

    def texts(self, severity: str) -> list[str]:
        return [message.text for message in self.messages if message.severity == severity]


@dataclass(frozen=True)
class PackageLean:
    """The embedded Lean with the compiled package in `folder`."""

    lean: PreparedLean
    folder: Path

    def compile(self, module: Path, output: Path) -> "PackageLean":
        """Compile a module of the tests, which imports the package and Lean only, to `output`.

        Code that a Lean file runs itself (`#eval`, `elab`) cannot call everything under the
        embedded Lean; that of a compiled module can. Only what the module imports is there.
        """
        package = package_sources()
        text = module.read_text(encoding="utf-8")
        imports = {module.stem: tuple(re.findall(r"^import (LLMstep\S*)", text, re.MULTILINE))}
        imports |= package.imports
        needed = {module.stem}
        for name in (module.stem, *reversed(package.modules)):
            needed |= set(imports[name]) if name in needed else set()
        names = [name for name in package.modules if name in needed]
        sources = output / "sources"
        for name in names:
            copy = sources / package.file(name).relative_to(package.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(package.file(name), copy)
        shutil.copy(module, sources)
        everything = LeanSources(sources, (*names, module.stem), imports)
        compiled = output / "compiled"
        precompile(self.lean, everything, compiled, earlier=[self.folder])
        return PackageLean(self.lean, compiled)

    def command(
        self,
        *arguments: str,
        modules: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        working_directory: Path | None = None,
    ) -> LeanCommand:
        """The command `lean ARGUMENTS`, which can import the package."""
        return self.lean.command(
            arguments,
            modules=(self.folder, *modules),
            readable=readable,
            writable=writable,
            working_directory=working_directory,
        )

    @contextmanager
    def start(self, command: LeanCommand) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command with pipes; it is killed when the block is left."""
        process = subprocess.Popen(
            command.arguments,
            env=dict(command.environment),
            cwd=command.working_directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def run(
        self,
        text: str,
        *,
        readable: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        working_directory: Path | None = None,
        seconds: float = SECONDS,
    ) -> LeanRun:
        """Run Lean on the text of a file."""
        command = self.command(
            "--json",
            "--stdin",
            readable=readable,
            writable=writable,
            working_directory=working_directory,
        )
        with self.start(command) as process:
            output, errors = process.communicate(text.encode(), timeout=seconds)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
        return LeanRun(
            messages=tuple(
                LeanMessage(
                    line["severity"], line["pos"]["line"], line["pos"]["column"], line["data"]
                )
                for line in lines
            ),
            exit_code=process.returncode,
            stderr=errors.decode("utf-8", "replace"),
        )
