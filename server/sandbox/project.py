"""A project: what of its folder judged code may see and import, and as which module it runs."""

import ast
import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stepcheck.server.sandbox.interpreters import (
    OLDEST,
    Interpreter,
    describe_interpreter,
    find_interpreter,
)
from stepcheck.server.sandbox.parsing import parse_module

SECRETS = (
    *(".git", ".hg", ".svn", ".jj"),
    *(".env", ".env.*", "*.env", ".envrc", ".direnv", ".netrc", "_netrc", ".pgpass", ".my.cnf"),
    *(".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker", ".terraform"),
    *(".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", ".git-credentials", ".htpasswd"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.tfstate", "*.tfstate.*", "*.tfvars"),
    *("secrets.*", "secret.*", "credentials.*", "service[-_]account*.json"),
    *("*.ovpn", ".vault*", "vault.y*ml"),
)
"""Names of files and folders that judged code finds empty, whatever their case."""

_NOT_SECRET = ("*.example", "*.sample", "*.template", "*.dist", "secret*.py", "credentials.py")
_SKIPPED_FOLDERS = ("__pycache__", "node_modules", "site-packages", ".tox", ".nox")
_MAX_ENTRIES = 200_000


class ProjectError(Exception):
    """A project, or a file of it, that code cannot be judged in; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a project code runs: as which module and file, and with what to see.

    `search` comes first in `sys.path`. Of the folders `readable`, what is `hidden` is empty.
    """

    root: Path
    module: str
    file: Path
    search: tuple[Path, ...]
    interpreter: Interpreter
    readable: tuple[Path, ...]
    hidden: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder, and the interpreter that runs its code; if not given, one is found."""

    root: Path
    interpreter: Path | None = None

    def place(self, path: Path | None = None, source: str = "") -> Place:
        """Return where code stands in for the file `path`, or for a new one beside the others.

        `source` tells whether it is a module of a package that has no `__init__.py`. Raises
        `ProjectError`.
        """
        root = self.root.resolve()
        if not root.is_dir():
            raise ProjectError(f"{self.root} is no folder")
        if Path.home().resolve().is_relative_to(root):
            raise ProjectError(f"{root} is no project: it holds your home folder")
        try:
            interpreter = describe_interpreter(self.interpreter or find_interpreter(root), root)
        except OSError as error:
            raise ProjectError(f"the project's interpreter: {error}") from error
        if interpreter.version and interpreter.version < OLDEST:
            version, oldest = (".".join(map(str, v)) for v in (interpreter.version, OLDEST))
            raise ProjectError(f"the project's Python {version} is older than {oldest}")
        file = root / "candidate.py" if path is None else _inside(path, root)
        top, module = _name(file, root, source)
        search = dict.fromkeys([top, *_source_folders(root)])
        return Place(
            root,
            module,
            file,
            tuple(search),
            interpreter,
            (root, *interpreter.readable),
            tuple(find_secrets(root)),
        )


def find_secrets(root: Path) -> list[Path]:
    """Return what lies below `root` under one of the `SECRETS` names, links followed.

    Folders of packages, which others wrote, are not looked into. Raises `ProjectError`.
    """
    return sorted({real for path in _secrets(root) if (real := path.resolve()) != root})


def _secrets(root: Path) -> Iterator[Path]:
    waiting, seen = [str(root)], 0
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        seen += len(entries)
        if seen > _MAX_ENTRIES:
            raise ProjectError(f"more than {_MAX_ENTRIES} files to look through for secrets")
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if _is_secret(entry.name):
                # Where a link leads out of the project, nothing is seen anyway.
                if Path(entry.path).resolve().is_relative_to(root):
                    yield Path(entry.path)
            elif entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED_FOLDERS:
                waiting.append(entry.path)


def _is_secret(name: str) -> bool:
    matches = partial(fnmatch.fnmatchcase, name.lower())
    return any(map(matches, SECRETS)) and not any(map(matches, _NOT_SECRET))


def _inside(path: Path, root: Path) -> Path:
    file = (root / path).resolve()
    if not file.is_relative_to(root) or file == root:
        raise ProjectError(f"{path} does not lie in {root}")
    if file.suffix != ".py":
        raise ProjectError(f"{path} is no Python file")
    return file


def _source_folders(root: Path) -> list[Path]:
    source = root / "src"
    is_plain = source.is_dir() and not (source / "__init__.py").exists()
    return [source, root] if is_plain else [root]


def _name(file: Path, root: Path, source: str) -> tuple[Path, str]:
    """Return the folder that the module is imported from, and its name."""
    top = file.parent
    while top != root and (top / "__init__.py").exists():
        top = top.parent
    if top == file.parent and _imports_relatively(source):
        # A package without __init__.py.
        top = next(folder for folder in _source_folders(root) if file.is_relative_to(folder))
    parts = list(file.relative_to(top).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return top, ".".join(parts) if all(map(str.isidentifier, parts)) else "candidate"


def _imports_relatively(source: str) -> bool:
    try:
        tree = parse_module(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))
