"""Files and folders that calls are given: made in the folder of the call, with drawn contents.

Both versions get the same. A table has the columns, and a record the keys, that the solution takes
out of it; a folder holds files of the suffixes that it looks for, and others.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.domain.domain import Place
from stepcheck.server.judge.evidence.domain.features import Feature
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.domain.wording import Stated
from stepcheck.server.judge.evidence.inputs import find_constants
from stepcheck.server.judge.evidence.planning.file_names import (
    PathParameter,
    Role,
    file_suffix,
    folder_suffixes,
    opened_files,
    read_by,
    read_path_parameter,
)
from stepcheck.server.judge.evidence.planning.loaded_data import (
    Shape,
    find_columns,
    find_shape,
    values_of_shape,
)
from stepcheck.server.judge.evidence.planning.made import Made
from stepcheck.server.judge.evidence.planning.tables import tables
from stepcheck.server.judge.languages.python.source import SourceError

_IMPORT = "import pathlib as _pathlib"
_IMPORT_JSON = "import json as _json"
_SEPARATOR = re.compile(r"(?:sep|delimiter)\s*=\s*['\"](.|\\t)['\"]")
_COLUMNS = re.compile(r"columns?\s*:?\s+((?:(?:,|and|or)?\s*['\"`][\w ]+['\"`]\s*)+)", re.I)
_QUOTED = re.compile(r"['\"`]([\w ]+)['\"`]")
_DATABASE = re.compile(r"\.db\b|sqlite|database", re.I)
_GOES_DOWN = re.compile(r"\bwalk\b|\brglob\b|\*\*|recursive", re.I)
_LINES = ("alpha beta", "beta", "", "Gamma 12", "a-b c", "alpha, beta. Beta")
_NUMBERS = ("3", "12", "7", "-4", "0")
_ENTRIES = (
    "2023-01-05 10:00:00 INFO started",
    "2023-01-05 10:02:30 ERROR no answer",
    "2024-02-29 23:59:59 WARNING slow",
    "ERROR: no answer",
)
_STRUCTURED = frozenset({"csv", "tsv", "json", "jsonl"})
_MAX_LINES = 5
_MAX_WORD = 20
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
    suffix = file_suffix(*told)
    if known.role is Role.FILES:
        names = [repr(f"{letter}.{suffix}") for letter in "ab"]
        return _as_path(_files(names, [suffix, suffix], sources, parameter.name), known)
    expression = path or repr(f"{parameter.name}.{suffix}")
    if known.role is Role.NEW_FILE:
        return _as_path(Made(expression, ()), known)
    if _DATABASE.search(" ".join(told)):
        return None
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
        file_named(repr(name), file_suffix(name), sources, name)
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
    setup: list[str] = []
    strategies: list[SearchStrategy[Any]] = []
    for number, (path, suffix) in enumerate(zip(paths, suffixes, strict=True)):
        strategy, text = _content(suffix, sources)
        strategies.append(strategy)
        written = text.replace("{0}", f"{{{number}}}")
        setup.append(f"_pathlib.Path({path}).write_text({written})")
    imports = [_IMPORT, *([_IMPORT_JSON] if any("_json" in line for line in setup) else [])]
    places = tuple(_place(name, suffix) for suffix in suffixes)
    return Made(f"[{', '.join(paths)}]", tuple(strategies), (*imports, *setup), places)


def _place(name: str, suffix: str) -> Place:
    """Return the place of a call for what a file holds. Texts have blank lines."""
    known = Parameter(f"the content of {name}", None, Stated(), frozenset())
    is_text = suffix not in _STRUCTURED
    return Place((), known, frozenset({Feature.EMPTY, Feature.SPACING} if is_text else ()))


def _content(suffix: str, sources: Sequence[str]) -> tuple[SearchStrategy[Any], str]:
    """Return what a file of a suffix holds, and the expression of its text."""
    code, *texts = sources
    if suffix in ("csv", "tsv"):
        found = _SEPARATOR.search(code)
        separator = found[1] if found else ("\\t" if suffix == "tsv" else ",")
        columns = find_columns(code) or _said_columns(texts) or ["A", "B"]
        rows = "[list({0}), *zip(*{0}.values())]"
        return (
            tables(columns),
            f"''.join('{separator}'.join(map(str, row)) + '\\n' for row in {rows})",
        )
    if suffix == "json":
        return _json_values(find_shape(code), texts), "_json.dumps({0})"
    if suffix == "jsonl":
        records = st.lists(_json_values(find_shape(code), texts), max_size=_MAX_LINES)
        return records, "''.join(_json.dumps(record) + '\\n' for record in {0})"
    return _lines(suffix, code), "''.join(line + '\\n' for line in {0})"


def _json_values(shape: Shape, texts: Sequence[str]) -> SearchStrategy[Any]:
    if shape.keys or shape.items or shape.values:
        return values_of_shape(shape)
    columns = _said_columns(texts)
    if columns:
        return values_of_shape(Shape(items=Shape(dict.fromkeys(columns, Shape()))))
    return values_of_shape(Shape(values=Shape()))


def _said_columns(texts: Sequence[str]) -> list[str]:
    found = [
        name
        for text in texts
        for named in _COLUMNS.findall(text)
        for name in _QUOTED.findall(named)
    ]
    return list(dict.fromkeys(found))


def _lines(suffix: str, code: str) -> SearchStrategy[list[str]]:
    """Return a strategy for the lines of a text: words, numbers, entries of a log."""
    entries = (*_ENTRIES, *_LINES[:1]) if suffix == "log" else (*_LINES, *_words(code))
    kinds = [entries, _NUMBERS] if suffix != "log" else [entries]
    return st.one_of(
        [st.lists(st.sampled_from(kind), min_size=1, max_size=_MAX_LINES) for kind in kinds]
    )


def _words(code: str) -> list[str]:
    """Return the words that code looks for, which a text should have."""
    try:
        constants = find_constants(code)
    except SourceError:
        return []
    words = [one for one in constants if isinstance(one, str) and 1 < len(one) <= _MAX_WORD]
    return [f"alpha {word} beta" for word in words if word.isalpha()][:_MAX_LINES]
