"""The format of an input, read from a template of its lines such as `N` over `A_1 ... A_N`."""

import re
from collections.abc import Iterator, Sequence

from stepcheck.server.judge.evidence.programs.format_sentences import read_count
from stepcheck.server.judge.evidence.programs.input_format import (
    Count,
    Field,
    Item,
    Kind,
    Line,
    Repeat,
)
from stepcheck.server.judge.evidence.programs.notation import base_name

_TOKEN = re.compile(r"(?P<name>[A-Za-z]{1,12})(?:_?(?P<index>\w+(?:[-+]\d+)?(?:,\s*\w+)?))?$")
_INDEXED = re.compile(r"(?P<name>[A-Za-z]+?)_?(?P<index>1|2|[A-Za-z][-+]\d|[A-Z]|[a-z])$")
_DOTS = (":", "...", "…", "::", ".", "⋮")


def read_template(lines: Sequence[str], words: frozenset[str]) -> tuple[Item, ...]:
    """Return the format that lines of a template, in plain notation, show; empty if they show none.

    `words` are the variables that are texts, not integers.
    """
    rows = [re.sub(r"\.\s*\.\s*\.", "...", line).split() for line in lines if line.strip()]
    items: list[Item] = []
    at = 0
    while at < len(rows):
        dots = _dots_after(rows, at)
        if dots is not None:
            count = _last_index(rows[dots + 1])
            line = _repeated(rows[at], words)
            if count is None or line is None:
                return ()
            items.append(Repeat(count, (line,)))
            at = dots + 2
            continue
        single = _line(rows[at], words)
        if single is None:
            return ()
        items.append(single)
        at += 1
    return tuple(items)


def _dots_after(rows: Sequence[Sequence[str]], at: int) -> int | None:
    """Return where the dots are that stand for more lines like this one, if there are any."""
    for dots in (at + 1, at + 2):
        if dots + 1 < len(rows) and _are_dots(rows[dots]):
            around = {tuple(map(_stem, rows[n])) for n in (*range(at, dots), dots + 1)}
            return dots if len(around) == 1 else None
    return None


def _stem(token: str) -> str:
    return base_name(token) if "_" in token else re.sub(r"[\dA-Za-z]$", "", token) or token


def _are_dots(row: Sequence[str]) -> bool:
    return all(token in _DOTS for token in row)


def _last_index(row: Sequence[str]) -> Count | None:
    """Return how often lines are repeated, from the index in the last of them."""
    found = _TOKEN.match(row[0])
    if found is None or not found["index"]:
        return None
    index = found["index"].partition(",")[0]
    if re.fullmatch(r"[A-Za-z]{2}", index) or re.fullmatch(r"[A-Za-z]\d", index):
        index = index[0]
    return read_count(index)


def _repeated(row: Sequence[str], words: frozenset[str]) -> Line | None:
    if "..." in row:
        series = _series(row, words)
        return Line((series,)) if series else None
    joined = _joined_series(row[0]) if len(row) == 1 else None
    if joined:
        return Line((joined,))
    fields = [_field(token, words) for token in row]
    found = [field for field in fields if field]
    return Line(tuple(found)) if len(found) == len(fields) else None


def _line(row: Sequence[str], words: frozenset[str]) -> Line | None:
    if "..." in row:
        before = list(_before_series(row))
        series = _series(row[len(before) :], words)
        fields = [_field(token, words) for token in before]
        if series is None or not all(fields):
            return None
        return Line((*(field for field in fields if field), series))
    joined = _joined_series(row[0]) if len(row) == 1 else None
    if joined:
        return Line((joined,))
    found = [_field(token, words) for token in row]
    return Line(tuple(field for field in found if field)) if all(found) else None


def _before_series(row: Sequence[str]) -> Iterator[str]:
    """Yield the tokens of single values before those of a series."""
    last = row[-1]
    name = base_name(last) if "_" in last else re.sub(r"\w$", "", last)
    for token in row:
        own = base_name(token) if "_" in token else re.sub(r"\w$", "", token)
        if own == name:
            return
        yield token


def _series(row: Sequence[str], words: frozenset[str]) -> Field | None:
    count = _last_index([row[-1]]) if row else None
    last = _TOKEN.match(row[-1]) if row else None
    if last is None or not last["index"]:
        return None
    index = last["index"]
    if "," in index:
        count = read_count(index.partition(",")[2].strip())
    elif re.fullmatch(r"[A-Za-z]{2}", index):
        count = read_count(index[1])
    if count is None:
        return None
    if first := re.match(r"[A-Za-z]+_?(?:\w,)?([02])$", row[0]):
        count = Count(count.variable, count.factor, count.offset + (1 if first[1] == "0" else -1))
    name = base_name(row[-1]) if "_" in row[-1] else last["name"]
    return Field(name, Kind.WORD if name in words else Kind.INTEGER, count)


def _joined_series(token: str) -> Field | None:
    """Read `c_1c_2...c_W`: characters side by side, which are one word."""
    found = re.fullmatch(r"([A-Za-z])_?\w*?1\1?_?.*?\.\.\.\s*\1_?\w*?,?([A-Za-z])", token)
    if found is None:
        return None
    return Field(found[1], Kind.WORD, None, read_count(found[2]))


def _field(token: str, words: frozenset[str]) -> Field | None:
    found = _TOKEN.match(token)
    if found is None:
        return None
    indexed = _INDEXED.match(token)
    name = base_name(token) if "_" in token else token
    if indexed and "_" not in token and len(token) > 1:
        name = token if token[-1].isdigit() else indexed["name"]
    return Field(name, Kind.WORD if name in words else Kind.INTEGER)
