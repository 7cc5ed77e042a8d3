"""Which Lean is used, and why: a native one where there is one, else the embedded one.

toolchain = find_lean(find_project(file))
toolchain.kind, toolchain.version, toolchain.reason
command = toolchain.checker_command()  # the resident checker: JSON lines on stdin and stdout
command = toolchain.file_command()     # one file on stdin; its messages as JSON lines
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.installation import EmbeddedLean, installed_lean
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.native import (
    NativeCandidate,
    NativeLean,
    has_lake_file,
    probe_native_lean,
    search_native_leans,
)
from stepcheck.lean.sources import checker_sources, package_sources

EMBEDDED_SETTING = "embedded"
"""The setting that asks for the embedded Lean even where a native one is present."""

INSTALL_REMEDY = "Install the embedded Lean: stepcheck lean install"


class ToolchainKind(StrEnum):
    """Where a Lean comes from."""

    NATIVE = "native"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A Lean that was considered and not taken."""

    candidate: str
    reason: str


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Lean that can be started, why it was chosen, and what was passed over."""

    lean: NativeLean | EmbeddedLean
    reason: str
    rejected: tuple[Rejection, ...] = ()

    @property
    def kind(self) -> ToolchainKind:
        """Whether this is a native Lean or the embedded one."""
        if isinstance(self.lean, NativeLean):
            return ToolchainKind.NATIVE
        return ToolchainKind.EMBEDDED

    @property
    def version(self) -> str:
        """Lean's own version, such as `4.28.0`."""
        return self.lean.version

    @property
    def location(self) -> Path:
        """The executable of a native Lean, the folder of the embedded one."""
        if isinstance(self.lean, NativeLean):
            return self.lean.executable
        return self.lean.root

    @property
    def checker_folder(self) -> Path:
        """The folder of the compiled checker; it is not there before it is compiled."""
        return self.lean.compiled_folder(checker_sources())

    def build_package(
        self, *, force: bool = False, advance: Callable[[str], None] = lambda _: None
    ) -> Path:
        """Compile the package with the tactics, if it is not compiled; return the module folder.

        `advance` is told the name of each module that is being compiled. Raises `LeanSetupError`.
        """
        return self.lean.compile(package_sources(), force=force, advance=advance)

    def checker_command(self) -> LeanCommand:
        """Build the command of the resident checker; compile the checker on first use.

        Raises `LeanSetupError` if it does not compile.
        """
        return self.lean.checker_command()

    def file_command(self) -> LeanCommand:
        """Build the command that reads a file from stdin and prints its messages as JSON lines."""
        return self.lean.file_command()

    def package_file_command(self, spool: Path) -> LeanCommand:
        """Build the same command for a file that may `import LLMstep`.

        Its tactics ask through the folder `spool`, which `stepcheck bridge` answers in. Compiles
        the package on first use; raises `LeanSetupError` if it does not compile.
        """
        return self.lean.package_file_command(spool)


def find_project(file: Path) -> Path | None:
    """Return the nearest folder above `file` with a `lean-toolchain` or a Lake file, if any."""
    for folder in file.absolute().parents:
        if (folder / "lean-toolchain").is_file() or has_lake_file(folder):
            return folder
    return None


def find_lean(project: Path | None = None, setting: str | None = None) -> Toolchain:
    """Choose a Lean: `setting`, the project's toolchain, PATH, the embedded one, in this order.

    `setting` is the path or name of a `lean` executable, or `embedded`. `project` is the folder of
    the `lean-toolchain`. Raises `LeanSetupError` with what was rejected and why if there is none.
    """
    if setting == EMBEDDED_SETTING:
        return _embedded(f"the setting says {EMBEDDED_SETTING!r}", ())
    if setting:
        return _from_setting(setting, project)
    rejected: list[Rejection] = []
    for candidate in search_native_leans(project):
        try:
            lean = _probe(candidate, project)
        except LeanSetupError as error:
            rejected.append(Rejection(candidate.origin, error.problem))
        else:
            return Toolchain(lean, f"found: {candidate.origin}", tuple(rejected))
    return _embedded("no native Lean can be used", tuple(rejected))


def _from_setting(setting: str, project: Path | None) -> Toolchain:
    executable = shutil.which(str(Path(setting).expanduser()))
    problem = "there is no such executable"
    if executable:
        try:
            lean = probe_native_lean(Path(executable).absolute(), project)
        except LeanSetupError as error:
            problem = error.problem
        else:
            return Toolchain(lean, f"the setting says {setting!r}")
    raise LeanSetupError(
        f"The Lean of the setting, {setting!r}, cannot be used: {problem}.",
        f"Set it to the path of a lean executable or to {EMBEDDED_SETTING!r}, or remove it.",
    )


def _probe(candidate: NativeCandidate, project: Path | None) -> NativeLean:
    if candidate.executable is None:
        raise LeanSetupError(candidate.problem, INSTALL_REMEDY)
    return probe_native_lean(candidate.executable, project)


def _embedded(reason: str, rejected: tuple[Rejection, ...]) -> Toolchain:
    lean = installed_lean()
    if lean is not None:
        return Toolchain(lean, reason, rejected)
    raise LeanSetupError("\n".join(_nothing_found(rejected)), INSTALL_REMEDY)


def _nothing_found(rejected: tuple[Rejection, ...]) -> Iterator[str]:
    yield "There is no Lean to check with."
    for rejection in rejected:
        yield f"- {rejection.candidate}: {rejection.reason}"
    yield "- the embedded Lean: not installed"
