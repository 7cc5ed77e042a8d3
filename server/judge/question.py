"""The judge's input: code, and what is known about what it should do."""

from dataclasses import dataclass
from pathlib import Path

from stepcheck.server.sandbox.project import Project


@dataclass(frozen=True, slots=True)
class Question:
    """Code to judge, and what is known about what it should do; code is a whole module.

    `before` is the code as it was, whose signatures must stay; `reference` is a solution known to
    be right. With `function`, a dotted name such as "Stack.push", only that function is judged, or
    the code of that class or of the module (`languages.change.MODULE`) outside functions. In a
    `project`, the code stands in for the file `path`, or for a new one in its folder.
    """

    code: str
    language: str = "python"
    before: str | None = None
    intent: str = ""
    examples: str = ""
    tests: str = ""
    reference: str | None = None
    function: str | None = None
    project: Project | None = None
    path: Path | None = None
