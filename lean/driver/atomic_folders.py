"""Folders in the cache that are made atomically: they are either complete or not there."""

import errno
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stepcheck.lean.cache import explain_storage_error
from stepcheck.lean.errors import LeanSetupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK_POLL_SECONDS = 0.1
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def folder_lock(folder: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock of `folder`; the system frees it when its holder dies, however it dies.

    Raises `LeanSetupError` if another process holds it longer than `timeout_seconds`, or if the
    lock cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise explain_storage_error(error, folder) from error
    with file:
        deadline = time.monotonic() + timeout_seconds
        while not try_lock(file):
            if time.monotonic() > deadline:
                raise LeanSetupError(
                    f"Another stepcheck has been at work in {folder} for {timeout_seconds:.0f} s.",
                    "Let it finish, or end it, then try again.",
                )
            time.sleep(_LOCK_POLL_SECONDS)
        yield


def try_lock(file: IO[str] | IO[bytes]) -> bool:
    """Lock an open file until it is closed; return whether that succeeded."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise explain_storage_error(error, Path(file.name).parent) from error
    return True


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target` that becomes `target` if the block ends well.

    Whatever is killed half-way leaves `target` as it was: there or not there. The caller holds the
    lock of the parent folder, so that leftovers of killed runs can be swept away first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".unfinished-{target.name}-"
    for leftover in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = target.with_name(prefix + secrets.token_hex(4))
    unfinished.mkdir()
    try:
        yield unfinished
        _flush_to_disk(unfinished)
        if target.exists():
            shutil.rmtree(target)
        unfinished.rename(target)
        _sync_folder(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def make_once(
    target: Path, lock: Path, timeout_seconds: float, make: Callable[[Path], None], *, force: bool
) -> Path:
    """Return the folder `target`, which `make` fills if it is not there, or anyway by `force`.

    Of several processes one makes it, holding the lock of the folder `lock`. Raises what `make`
    raises, and `LeanSetupError` if the folder cannot be written.
    """
    if target.is_dir() and not force:
        return target
    try:
        with folder_lock(lock, timeout_seconds):
            if force or not target.is_dir():
                with atomic_folder(target) as folder:
                    make(folder)
    except OSError as error:
        raise explain_storage_error(error, lock) from error
    return target


def folder_size(folder: Path) -> int:
    """Return the bytes of all files under `folder`."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _flush_to_disk(folder: Path) -> None:
    """Write all files through to the disk, so that the rename is the last thing to happen.

    What the embedded Lean writes, anybody may write: that right is taken away.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & ~_OTHERS_WRITE)
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
