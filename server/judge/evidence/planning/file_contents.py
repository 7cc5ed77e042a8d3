"""What files hold that calls are given, by their suffix, and the statements that write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.inputs import find_constants
from stepcheck.server.judge.evidence.planning.loaded_data import (
    Shape,
    find_columns,
    find_shape,
    values_of_shape,
)
from stepcheck.server.judge.evidence.planning.tables import cells, tables
from stepcheck.server.judge.evidence.planning.xml_inputs import xml_content
from stepcheck.server.judge.languages.python.source import SourceError

_SEPARATOR = re.compile(r"(?:sep|delimiter)\s*=\s*['\"](.|\\t)['\"]")
_COLUMNS = re.compile(r"columns?\s*:?\s+((?:(?:,|and|or)?\s*['\"`][\w ]+['\"`]\s*)+)", re.I)
_QUOTED = re.compile(r"['\"`]([\w ]+)['\"`]")
_MEMBER = re.compile(r"['\"]\*?\.(txt|csv|log|md|json)['\"]")
_LINES = ("alpha beta", "beta", "", "Gamma 12", "a-b c", "alpha, beta. Beta")
_NUMBERS = ("3", "12", "7", "-4", "0")
_ENTRIES = (
    "2023-01-05 10:00:00 INFO started",
    "2023-01-05 10:02:30 ERROR no answer",
    "2024-02-29 23:59:59 WARNING slow",
    "ERROR: no answer",
)
_MAX_LINES = 5
_MAX_WORD = 20
_WIDTH, _HEIGHT = 4, 3
_PICTURES = frozenset({"png", "jpg", "jpeg", "bmp", "gif"})
_TEXT_OF_LINES = "''.join(line + '\\n' for line in {0})"
_TEXT_OF_SECTIONS = (
    "''.join(f'[{name}]\\n' + ''.join(f'{key} = {value}\\n' for key, value in pairs.items())"
    " for name, pairs in {0}.items())"
)
_SETTING = re.compile(
    r"\.get(?:int|float|boolean)?\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]"
    r"|\[\s*['\"](\w+)['\"]\s*\]\[\s*['\"](\w+)['\"]\s*\]"
)
_ZIP = """with _zipfile.ZipFile({path}, 'w') as _archive:
    for _name, _lines in {0}.items():
        _archive.writestr(_name, ''.join(line + '\\n' for line in _lines))"""
_TAR = """with _tarfile.open({path}, 'w:{mode}') as _archive:
    for _name, _lines in {0}.items():
        _data = ''.join(line + '\\n' for line in _lines).encode()
        _member = _tarfile.TarInfo(_name)
        _member.size = len(_data)
        _archive.addfile(_member, _io.BytesIO(_data))"""
_TAR_MODES = {"tar": "", "tgz": "gz", "tar.gz": "gz", "tar.bz2": "bz2"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: a strategy for it, and the statement that writes it, with its imports.

    In the statement, `{path}` is the path and `{0}` what is drawn.
    """

    strategy: SearchStrategy[Any]
    statement: str
    imports: tuple[str, ...] = ()


def content_of(suffix: str, sources: Sequence[str]) -> Content:
    """Return what a file of a suffix holds; the `sources` are the solution, and texts."""
    code, *texts = sources
    if suffix in ("csv", "tsv"):
        found = _SEPARATOR.search(code)
        separator = found[1] if found else ("\\t" if suffix == "tsv" else ",")
        columns = find_columns(code) or said_columns(texts) or ["A", "B"]
        rows = "[list({0}), *zip(*{0}.values())]"
        text = f"''.join('{separator}'.join(map(str, row)) + '\\n' for row in {rows})"
        return _text(tables(columns), text)
    if suffix in ("json", "yaml", "yml"):
        # What is JSON is YAML, too.
        return _text(
            _json_values(find_shape(code), texts), "_json.dumps({0})", ("import json as _json",)
        )
    if suffix == "jsonl":
        records = st.lists(_json_values(find_shape(code), texts), max_size=_MAX_LINES)
        text = "''.join(_json.dumps(record) + '\\n' for record in {0})"
        return _text(records, text, ("import json as _json",))
    if suffix == "xml":
        return _text(*xml_content(code, said_columns(texts)))
    if suffix in ("ini", "cfg", "conf"):
        return _text(_sections(code), _TEXT_OF_SECTIONS)
    if suffix == "zip":
        return Content(_members(code), _ZIP, ("import zipfile as _zipfile",))
    if suffix in _TAR_MODES:
        statement = _TAR.replace("{mode}", _TAR_MODES[suffix])
        return Content(
            _members(code), statement, ("import io as _io", "import tarfile as _tarfile")
        )
    if suffix == "gz":
        statement = f"{{path}}.write_bytes(_gzip.compress({_TEXT_OF_LINES}.encode()))"
        return Content(_lines("txt", code), statement, ("import gzip as _gzip",))
    if suffix in _PICTURES:
        points = st.lists(
            st.integers(0, 255), min_size=3 * _WIDTH * _HEIGHT, max_size=3 * _WIDTH * _HEIGHT
        )
        statement = f"_Image.frombytes('RGB', ({_WIDTH}, {_HEIGHT}), bytes({{0}})).save({{path}})"
        return Content(points, statement, ("from PIL import Image as _Image",))
    return _text(_lines(suffix, code), _TEXT_OF_LINES)


def _text(strategy: SearchStrategy[Any], text: str, imports: tuple[str, ...] = ()) -> Content:
    return Content(strategy, f"{{path}}.write_text({text})", imports)


def said_columns(texts: Sequence[str]) -> list[str]:
    """Return the columns that texts name: "the columns 'a' and 'b'"."""
    found = [
        name
        for text in texts
        for named in _COLUMNS.findall(text)
        for name in _QUOTED.findall(named)
    ]
    return list(dict.fromkeys(found))


def _members(code: str) -> SearchStrategy[dict[str, list[str]]]:
    """Return a strategy for the members of an archive: what the code looks for, and another."""
    [suffix, *_] = [*_MEMBER.findall(code), "txt"]
    other = "csv" if suffix != "csv" else "txt"
    lines = _lines("txt", code)
    return st.fixed_dictionaries(
        {f"a.{suffix}": lines},
        optional={f"b.{suffix}": lines, f"inner/c.{suffix}": lines, f"d.{other}": lines},
    )


def _json_values(shape: Shape, texts: Sequence[str]) -> SearchStrategy[Any]:
    if shape.keys or shape.items or shape.values:
        return values_of_shape(shape)
    columns = said_columns(texts)
    if columns:
        return values_of_shape(Shape(items=Shape(dict.fromkeys(columns, Shape()))))
    return values_of_shape(Shape(values=Shape()))


def _sections(code: str) -> SearchStrategy[dict[str, dict[str, Any]]]:
    """Return a strategy for the sections of a settings file: those that code asks for, or some."""
    found: dict[str, dict[str, SearchStrategy[Any]]] = {}
    for called_section, called, section, key in _SETTING.findall(code):
        name = called or key
        found.setdefault(called_section or section, {})[name] = cells(name)
    if not found:
        found = {
            name: {"name": cells("name"), "size": cells("size")} for name in ("first", "second")
        }
    return st.fixed_dictionaries(
        {section: st.fixed_dictionaries(pairs) for section, pairs in found.items()}
    )


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
