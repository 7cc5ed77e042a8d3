"""The embedded Lean as it lies in the cache: which revision, where, with its checker or without."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.cache import cache_directory, explain_storage_error
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.precompile import precompile
from stepcheck.lean.embedded.release import RELEASE
from stepcheck.lean.sources import ENTRY, LeanSources, checker_sources
from stepcheck.lean.storage import exclusive, folder_made_whole

PREPARATION_REVISION = 2
"""To be raised with every change of what `prepare` makes, so that no older result is used again."""

_LOCK_SECONDS = 600

_COMPILER_FILES = tuple(
    Path(__file__).with_name(name) for name in ("precompile.py", "PrecompileShim.lean")
)
"""What a compiled checker depends on, beside its sources."""


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
        """The Lean itself."""
        return PreparedLean(self.root / "lean")

    def checker_folder(self, sources: LeanSources) -> Path:
        """Return where the checker compiled from `sources` is kept."""
        digest = hashlib.sha256(sources.digest().encode())
        for file in _COMPILER_FILES:
            digest.update(file.read_bytes())
        return self.root / f"checker-{digest.hexdigest()[:12]}"

    def checker_command(self) -> LeanCommand:
        """Build the command of the resident checker; compile the checker on first use.

        Raises `LeanSetupError` if it does not compile.
        """
        folder = self.compile_checker(checker_sources())
        return self.prepared.command(("--run", str(folder / ENTRY)), modules=(folder,))

    def file_command(self) -> LeanCommand:
        """Build the command that reads a file from stdin and prints its messages as JSON lines."""
        return self.prepared.command(("--json", "--stdin"))

    def compile_checker(self, sources: LeanSources, *, force: bool = False) -> Path:
        """Compile the checker unless it is compiled already; return its folder."""
        target = self.checker_folder(sources)
        if target.is_dir() and not force:
            return target
        try:
            with exclusive(self.root, _LOCK_SECONDS):
                if force or not target.is_dir():
                    with folder_made_whole(target) as folder:
                        precompile(self.prepared, sources, folder)
        except OSError as error:
            raise explain_storage_error(error, self.root) from error
        return target


def installation_folder() -> Path:
    """Return the folder of the release and preparation that this version of stepcheck uses."""
    key = f"{RELEASE.sha256[:12]}-r{PREPARATION_REVISION}"
    return cache_directory() / "embedded-lean" / key


def installed_lean() -> EmbeddedLean | None:
    """Return the embedded Lean if it is installed."""
    lean = EmbeddedLean(installation_folder())
    return lean if lean.prepared.root.is_dir() else None
