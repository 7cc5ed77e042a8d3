"""Where the judge keeps what can be made again."""

import os
from pathlib import Path

import platformdirs

_VARIABLE = "STEPCHECK_CACHE"


def cache_folder() -> Path:
    """Return the folder that STEPCHECK_CACHE names, else the user's cache folder."""
    chosen = os.environ.get(_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("stepcheck", appauthor=False)
