"""Where what is downloaded or compiled is kept."""

import errno
import os
from pathlib import Path

import platformdirs

from stepcheck.lean.errors import LeanSetupError

CACHE_VARIABLE = "STEPCHECK_CACHE"


def cache_directory() -> Path:
    """Return the folder of everything that can be made again.

    The environment variable STEPCHECK_CACHE names it; without one it is the user's cache folder.
    """
    chosen = os.environ.get(CACHE_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("stepcheck", appauthor=False)


def explain_storage_error(error: OSError, folder: Path) -> LeanSetupError:
    """Turn a failure to write under `folder` into a message with its remedy."""
    elsewhere = f"set {CACHE_VARIABLE} to a folder on a disk with 1 GB free"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LeanSetupError(f"The disk of {folder} is full.", f"Make room there, or {elsewhere}.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LeanSetupError(f"{folder} cannot be written.", f"Give write access, or {elsewhere}.")
    reason = error.strerror or str(error)
    return LeanSetupError(f"{folder} cannot be used: {reason}.", f"Repair it, or {elsewhere}.")
