"""The Python interpreter of a project: which it is, and what must be readable for it to run.

Nothing of it is run here: what a project brings along runs in the sandbox only.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 9)
"""The oldest version that candidates can run on."""

_ENVIRONMENT_FOLDERS = (".venv", "venv")
_SITE_FOLDERS = ("site-packages", "dist-packages")
_MAX_PATH_FILE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter, called as `executable` (which tells it its environment).

    `program` is the file that runs, `readable` the folders it needs, `version` is None where
    nothing tells it.
    """

    executable: Path
    program: Path
    readable: tuple[Path, ...]
    version: tuple[int, int] | None


def find_interpreter(root: Path) -> Path:
    """Return the executable of a project: of its `.venv` or `venv`, the active one, or ours."""
    folders = [root / name for name in _ENVIRONMENT_FOLDERS]
    if active := os.environ.get("VIRTUAL_ENV"):
        folders.append(Path(active))
    found = (folder / "bin" / "python" for folder in folders)
    return next((path for path in found if path.is_file()), Path(sys.executable))


def describe_interpreter(executable: Path, root: Path) -> Interpreter:
    """Return the interpreter of the project in `root`.

    A folder is readable only if it is what it is taken for: an installation of Python, a virtual
    environment, or a folder of packages that one of these adds to its path. Raises `OSError`.
    """
    executable = Path(os.path.abspath(executable))  # noqa: PTH100 - a link must stay one
    program = executable.resolve(strict=True)
    prefix = executable.parent.parent
    installations = [program.parent.parent, prefix]
    environments = []
    if home := _home(prefix):
        environments = [prefix, prefix.resolve()]
        installations.append(home.parent)
    installations = [folder for folder in installations if _standard_library(folder)]
    sites = [
        site
        for folder in (*environments, *installations)
        for site in folder.glob("lib/python3*/*-packages")
    ]
    added = [
        path
        for site in sites
        for path in _path_file_folders(site)
        if _is_allowed_on_path(path, root)
    ]
    libraries = [_standard_library(folder) for folder in installations]
    version = next((_version(library) for library in libraries if library), None)
    readable = dict.fromkeys([*installations, *environments, *added])
    return Interpreter(executable, program, tuple(readable), version)


def _home(environment: Path) -> Path | None:
    """Return where the base interpreter of a virtual environment lies, if it is one."""
    try:
        text = (environment / "pyvenv.cfg").read_text(errors="replace")
    except OSError:
        return None
    found = re.search(r"^home\s*=\s*(/.*?)\s*$", text, re.MULTILINE)
    return Path(found[1]) if found else None


def _standard_library(installation: Path) -> Path | None:
    found = installation.glob("lib/python3.*/os.py")
    return next((path.parent for path in found), None)


def _version(library: Path) -> tuple[int, int] | None:
    found = re.fullmatch(r"python(\d+)\.(\d+)", library.name.rstrip("t"))
    return (int(found[1]), int(found[2])) if found else None


def _path_file_folders(site: Path) -> Iterator[Path]:
    """Yield the folders that the .pth files of a folder of packages add to the path."""
    for file in sorted(site.glob("*.pth")):
        try:
            if file.stat().st_size > _MAX_PATH_FILE_BYTES:
                continue
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            path = Path(line.strip())
            if path.is_absolute() and path.is_dir():
                yield path


def _is_allowed_on_path(path: Path, root: Path) -> bool:
    """Tell whether a folder holds packages, or belongs to the same repository as the project."""
    path = path.resolve()
    if path.name in _SITE_FOLDERS:
        return True
    above = (folder for folder in (root, *root.parents) if (folder / ".git").exists())
    return path.is_relative_to(next(above, root))
