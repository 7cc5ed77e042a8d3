"""The folder that the bridge and a Lean without network exchange files in.

The protocol is described in `stepcheck.bridge.bridge`. Every name comes from another process: none
is followed when it is a link, and nothing outside the folder is touched.
"""

import contextlib
import errno
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MAX_REQUEST_BYTES = 2**21
"""Largest request that is read."""

STALE_SECONDS = 300.0
"""After this a response that nobody fetched, or a request that nobody took, is removed."""

_NAME = re.compile(
    r"(?P<kind>request|response|cancel)-(?P<identifier>[A-Za-z0-9_-]{1,64})(?P<suffix>\.json|\.tmp|)"
)
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class SpoolError(Exception):
    """The folder cannot be used, or not any more; the message names the remedy."""


class UnreadableRequestError(Exception):
    """A request is not a file of acceptable size; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The identifiers of what a folder holds for the bridge, oldest first."""

    requests: tuple[str, ...]
    cancels: tuple[str, ...]


class Spool:
    """A folder with requests, responses and cancellations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Use a folder; a missing one is made, for its owner alone. Raises `SpoolError`."""
        try:
            folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(folder, error) from error
        spool = cls(folder)
        spool.list_waiting()
        if not os.access(folder, os.W_OK | os.X_OK):
            raise SpoolError(f"Cannot write in {folder}. Choose another folder, or chmod u+rwx it.")
        return spool

    def is_open_to_others(self) -> bool:
        """Whether other users may write in the folder. Raises `SpoolError`."""
        try:
            mode = self._folder.stat().st_mode
        except OSError as error:
            raise _unusable(self._folder, error) from error
        return os.name == "posix" and bool(mode & (stat.S_IWGRP | stat.S_IWOTH))

    def list_waiting(self) -> Waiting:
        """Return what waits in the folder. Raises `SpoolError`."""
        requests: list[tuple[float, str]] = []
        cancels: list[str] = []
        for entry, name in self._entries():
            if name["kind"] == "cancel" and not name["suffix"]:
                cancels.append(name["identifier"])
            elif name["kind"] == "request" and name["suffix"] == ".json":
                with contextlib.suppress(FileNotFoundError):
                    modified = entry.stat(follow_symlinks=False).st_mtime
                    requests.append((modified, name["identifier"]))
        return Waiting(tuple(identifier for _, identifier in sorted(requests)), tuple(cancels))

    def take(self, identifier: str) -> bytes | None:
        """Remove a request and return its content; `None` if it is stale or another bridge's.

        Raises `UnreadableRequestError` for what is no file of acceptable size (it is removed all
        the same), and `SpoolError`.
        """
        path = self._folder / f"request-{identifier}.json"
        try:
            is_stale = time.time() - path.lstat().st_mtime > STALE_SECONDS
            try:
                content = _read(path)
            finally:
                # Whoever removes it owns it: of two bridges, one gets an error here.
                path.unlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self._folder, error) from error
        return None if is_stale else content

    def respond(self, identifier: str, content: bytes) -> None:
        """Write a response; it appears whole or not at all. Raises `SpoolError`."""
        temporary = self._folder / f"response-{identifier}.tmp"
        try:
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, _WRITE, 0o600), "wb") as stream:
                stream.write(content)
            temporary.replace(self._folder / f"response-{identifier}.json")
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise _unusable(self._folder, error) from error

    def forget(self, identifier: str) -> None:
        """Remove a cancellation, and the request and response it is about. Raises `SpoolError`."""
        for name in (f"request-{identifier}.json", f"response-{identifier}.json"):
            self._remove(self._folder / name)
        self._remove(self._folder / f"cancel-{identifier}")

    def sweep(self) -> int:
        """Remove every file of the protocol that is stale; return how many. Raises `SpoolError`."""
        removed = 0
        for entry, _ in self._entries():
            with contextlib.suppress(FileNotFoundError):
                age = time.time() - entry.stat(follow_symlinks=False).st_mtime
                if age > STALE_SECONDS:
                    self._remove(Path(entry.path))
                    removed += 1
        return removed

    def _entries(self) -> list[tuple["os.DirEntry[str]", re.Match[str]]]:
        """Return the entries of the protocol; folders and foreign names are left out."""
        try:
            with os.scandir(self._folder) as entries:
                named = [(entry, _NAME.fullmatch(entry.name)) for entry in entries]
                return [
                    (entry, name)
                    for entry, name in named
                    if name is not None and not entry.is_dir(follow_symlinks=False)
                ]
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if not path.is_dir():
                raise _unusable(self._folder, error) from error


def _read(path: Path) -> bytes:
    """Read a regular file that is not too large, never through a link."""
    if path.is_symlink():
        raise UnreadableRequestError("The request is a symbolic link, which is not followed.")
    try:
        with os.fdopen(os.open(path, _READ), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnreadableRequestError("The request is not a regular file.")
            content = stream.read(MAX_REQUEST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableRequestError(
            f"The request cannot be read ({error.strerror or error})."
        ) from error
    if len(content) > MAX_REQUEST_BYTES:
        raise UnreadableRequestError(f"The request has more than {MAX_REQUEST_BYTES} bytes.")
    return content


def _unusable(folder: Path, error: OSError) -> SpoolError:
    match error.errno:
        case errno.ENOENT:
            return SpoolError(f"The folder {folder} is gone. Start the bridge again to make it.")
        case errno.ENOTDIR | errno.EEXIST:
            return SpoolError(f"{folder} is not a folder. Name another.")
        case errno.ENOSPC | errno.EDQUOT:
            return SpoolError(f"The disk of {folder} is full. Free some space, and start again.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return SpoolError(
                f"{folder} may not be read or written ({error.strerror}). Choose another folder, "
                "or change its permissions."
            )
    return SpoolError(f"The folder {folder} cannot be used ({error.strerror or error}).")
