"""Files and folders that calls are given: made in the folder of the call, with drawn contents.

Both versions get the same. A table has the columns, and a record the keys, that the solution takes
out of it; a folder holds files of the suffixes that it looks for, and others.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence.domain.domain import Place
from stepcheck.server.judge.evidence.domain.features import Feature
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.domain.wording import Stated
from stepcheck.server.judge.evidence.planning.database_inputs import database_file
from stepcheck.server.judge.evidence.planning.file_contents import content_of, said_columns
from stepcheck.server.judge.evidence.planning.file_names import (
    PathParameter,
    Role,
    file_suffix,
    folder_suffixes,
    opened_files,
    read_by,
    read_path_parameter,
)
from stepcheck.server.judge.evidence.planning.made import Made

_IMPORT = "import pathlib as _pathlib"
_DATABASE = re.compile(r"\.(?:db|sqlite3?)\b|sqlite|database", re.I)
_GOES_DOWN = re.compile(r"\bwalk\b|\brglob\b|\*\*|recursive", re.I)
_STRUCTURED = frozenset({"csv", "tsv", "json", "jsonl", "yaml", "yml", "xml"})
_MAX_OPENED = 2


def file_for(
    parameter: Parameter, sources: Sequence[str], path: str | None = None, shown: str = ""
) -> Made | None:
    """Return how to make the file or folder whose path a parameter takes; None if it takes none.

    The `sources` are the text of the solution, and that of the task. The path follows the
    parameter's name, if it is not the expression `path`; the name `shown` is that of an example.
    """
    known = read_path_parameter(parameter)
    if known is None:
        return None
    told = (shown, parameter.name, parameter.said, read_by(sources[0]), *sources[1:])
    if known.role in (Role.FOLDER, Role.NEW_FOLDER):
        made = _folder(path or repr(parameter.name), known, parameter.said, sources)
        return _as_path(made, known)
    if _DATABASE.search(" ".join(told)) and known.role in (Role.FILE, Role.NEW_FILE):
        expression = path or repr(f"{parameter.name}.db")
        return _as_path(database_file(expression, said_columns(sources[1:]), sources), known)
    suffix = file_suffix(*told)
    if known.role is Role.FILES:
        names = [repr(f"{letter}.{suffix}") for letter in "ab"]
        return _as_path(_files(names, [suffix, suffix], sources, parameter.name), known)
    expression = path or repr(f"{parameter.name}.{suffix}")
    if known.role is Role.NEW_FILE:
        return _as_path(Made(expression, ()), known)
    return _as_path(file_named(expression, suffix, sources, shown or parameter.name), known)


def file_named(path: str, suffix: str, sources: Sequence[str], name: str) -> Made:
    """Return how to make a file at the path that an expression says, in folders if it has any.

    One of the paths is `name`.
    """
    made = _files([path], [suffix], sources, name)
    parent = f"_pathlib.Path({path}).parent.mkdir(parents=True, exist_ok=True)"
    setup = (_IMPORT, parent, *made.setup) if "/" in name else made.setup
    return replace(made, expression=path, setup=setup)


def files_opened(sources: Sequence[str]) -> list[Made]:
    """Return how to make the files that the solution opens by names of its own."""
    return [
        database_file(repr(name), said_columns(sources[1:]), sources)
        if _DATABASE.search(name)
        else file_named(repr(name), file_suffix(name), sources, name)
        for name in opened_files(sources[0])[:_MAX_OPENED]
    ]


def _as_path(made: Made, known: PathParameter) -> Made:
    if not known.is_path:
        return made
    expression = (
        f"list(map(_pathlib.Path, {made.expression}))"
        if known.role is Role.FILES
        else f"_pathlib.Path({made.expression})"
    )
    return replace(made, expression=expression, setup=(_IMPORT, *made.setup))


def _folder(path: str, known: PathParameter, said: str, sources: Sequence[str]) -> Made:
    make = f"_pathlib.Path({path}).mkdir(parents=True, exist_ok=True)"
    if known.role is Role.NEW_FOLDER:
        return Made(path, (), (_IMPORT, make))
    suffixes = folder_suffixes(said, sources)
    other = "txt" if "txt" not in suffixes else "csv"
    names = [(f"{letter}.{suffix}", suffix) for suffix in suffixes for letter in "ab"]
    names.append((f"c.{other}", other))
    setup = [make]
    if _GOES_DOWN.search(sources[0]):
        names.append((f"inner/d.{suffixes[0]}", suffixes[0]))
        setup.append(f"_pathlib.Path({path}, 'inner').mkdir()")
    paths = [f"{path}, {name!r}" for name, _ in names]
    made = _files(paths, [suffix for _, suffix in names], sources, known.name)
    return replace(made, expression=path, setup=(_IMPORT, *setup, *made.setup))


def _files(
    paths: Sequence[str], suffixes: Sequence[str], sources: Sequence[str], name: str
) -> Made:
    """Return how to make files, each of a suffix; their paths are arguments of `Path`."""
    contents = [content_of(suffix, sources) for suffix in suffixes]
    written = [
        content.statement.replace("{path}", f"_pathlib.Path({path})").replace(
            "{0}", f"{{{number}}}"
        )
        for number, (path, content) in enumerate(zip(paths, contents, strict=True))
    ]
    imports = dict.fromkeys([_IMPORT, *(one for content in contents for one in content.imports)])
    places = tuple(_place(name, suffix) for suffix in suffixes)
    strategies = tuple(content.strategy for content in contents)
    return Made(f"[{', '.join(paths)}]", strategies, (*imports, *written), places)


def _place(name: str, suffix: str) -> Place:
    """Return the place of a call for what a file holds. Texts have blank lines."""
    known = Parameter(f"the content of {name}", None, Stated(), frozenset())
    is_text = suffix not in _STRUCTURED
    return Place((), known, frozenset({Feature.EMPTY, Feature.SPACING} if is_text else ()))
