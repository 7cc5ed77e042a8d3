"""The embedded Lean as it lies in the cache: which revision, where, and what it has compiled."""

import hashlib
import platform
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.atomic_folders import folder_lock, make_once
from stepcheck.lean.cache import cache_directory, explain_storage_error
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.node import node_version
from stepcheck.lean.embedded.practice import practice_text, practise
from stepcheck.lean.embedded.precompile import ENTRY, compiler_digest, precompile
from stepcheck.lean.embedded.release import RELEASE
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import (
    SPOOL_OPTION,
    LeanSources,
    checker_sources,
    package_sources,
)

PREPARATION_REVISION = 5
"""To be raised with every change of what `prepare` makes, so that no older result is used again."""

_LOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class EmbeddedLean:
    """A prepared Lean in the cache. `root` holds it, and beside it the checkers it compiled."""

    root: Path

    @property
    def version(self) -> str:
        """Lean's own version."""
        return RELEASE.lean_version

    @property
    def prepared(self) -> PreparedLean:
        """The Lean itself, with its machine code if that is there."""
        return PreparedLean(self.root / "lean", self.code_folder)

    @property
    def code_folder(self) -> Path:
        """Where the machine code is kept that this Node.js makes of Lean."""
        used = f"{node_version()} {platform.machine()} {practice_text()}"
        return self.root / f"code-{hashlib.sha256(used.encode()).hexdigest()[:12]}"

    def compiled_folder(self, sources: LeanSources) -> Path:
        """Return where the modules compiled from `sources` are kept."""
        digest = hashlib.sha256(f"{compiler_digest()} {sources.digest()}".encode()).hexdigest()
        return self.root / f"{sources.main.lower()}-{digest[:12]}"

    def checker_command(self) -> LeanCommand:
        """Build the command of the resident checker; compile the checker on first use.

        Raises `LeanSetupError` if it does not compile.
        """
        folder = self.compile(checker_sources())
        # Without it, Lean is slow at first.
        with suppress(LeanSetupError):
            self._practise(folder)
        return _checker_command(self.prepared, folder)

    def practise(self, *, force: bool = False) -> None:
        """Have the checker practise and keep its machine code, unless there is some.

        Raises `LeanSetupError` if the checker does not compile, or if nothing can be written.
        """
        self._practise(self.compile(checker_sources()), force=force)

    def _practise(self, checker: Path, *, force: bool = False) -> None:
        """Practise with the checker that was compiled into a folder."""

        def make(folder: Path) -> None:
            lean = PreparedLean(self.prepared.root, folder, keeps_code=True)
            practise(_checker_command(lean, checker))

        make_once(self.code_folder, self.root, _LOCK_SECONDS, make, force=force)

    def file_command(self) -> LeanCommand:
        """Build the command that reads a file from stdin and prints its messages as JSON lines."""
        return self.prepared.command(("--json", "--stdin"))

    def package_file_command(self, spool: Path) -> LeanCommand:
        """Build the same for a file that may `import LLMstep`; its tactics ask through `spool`."""
        arguments = ("--json", "--stdin", f"-D{SPOOL_OPTION}={spool}")
        folder = self.compile(package_sources())
        return self.prepared.command(arguments, modules=(folder,), writable=(spool,))

    def compile(
        self,
        sources: LeanSources,
        *,
        force: bool = False,
        advance: Callable[[str], None] = lambda _: None,
    ) -> Path:
        """Compile the modules unless they are compiled already; return their folder.

        `advance` is told the name of each module that is being compiled.
        """
        target = self.compiled_folder(sources)

        def make(folder: Path) -> None:
            earlier = () if force else self._compiled_folders()
            precompile(self.prepared, sources, folder, earlier, advance)

        return make_once(target, self.root, _LOCK_SECONDS, make, force=force)

    def _compiled_folders(self) -> list[Path]:
        """Return what was compiled before, the newest first."""
        folders = [entry.parent for entry in self.root.glob(f"[!.]*/{ENTRY}")]
        return sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)


def _checker_command(lean: PreparedLean, folder: Path) -> LeanCommand:
    return lean.command(("--run", str(folder / ENTRY)), modules=(folder,))


def installation_folder() -> Path:
    """Return the folder of the release and preparation that this version of stepcheck uses."""
    key = f"{RELEASE.sha256[:12]}-r{PREPARATION_REVISION}"
    return cache_directory() / "embedded-lean" / key


def installed_lean() -> EmbeddedLean | None:
    """Return the embedded Lean if it is installed."""
    lean = EmbeddedLean(installation_folder())
    return lean if lean.prepared.root.is_dir() else None


def find_leftovers() -> list[Path]:
    """Return the folders that other versions of stepcheck have made, and this one does not use."""
    current = EmbeddedLean(installation_folder())
    used = {
        current.prepared.root,
        current.code_folder,
        *(current.compiled_folder(sources) for sources in (checker_sources(), package_sources())),
    }
    preparations = [folder for folder in _folders(current.root.parent) if folder != current.root]
    return preparations + [folder for folder in _folders(current.root) if folder not in used]


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove such folders. A Lean that runs from one of them may fail."""
    lean = EmbeddedLean(installation_folder())
    try:
        # An installation holds the first lock, a compilation the second.
        with folder_lock(lean.root.parent, _LOCK_SECONDS), folder_lock(lean.root, _LOCK_SECONDS):
            for folder in folders:
                shutil.rmtree(folder)
    except OSError as error:
        raise explain_storage_error(error, lean.root) from error


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(entry for entry in parent.iterdir() if entry.is_dir())
