"""The tables that code expects in an SQLite database, with their columns: read off its SQL.

SQL in code is text, perhaps put together: `f"SELECT name FROM {table}"` has the table that the
parameter `table` names, by its default.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stepcheck.server.judge.languages.python.source import SourceError, parse

_NAME = r"[\"'`\[]?(\{?\w+\}?)[\"'`\]]?"
_IS_SQL = re.compile(r"\b(?:select|insert|update|delete|create)\b", re.I)
_CREATED = re.compile(rf"\bcreate\s+(?:temp\w*\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}", re.I)
_USED = re.compile(rf"\b(?:from|join|into|update)\s+{_NAME}(?:\s+(?:as\s+)?(\w+))?", re.I)
_QUERY = re.compile(r"\bSELECT\b[^.\n]*?\bFROM\s+(\w+)")
_QUALIFIED = re.compile(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)\b")
_SELECTED = re.compile(r"\bselect\s+(?:distinct\s+)?(.*?)\s+from\b", re.I | re.S)
_INSERTED = re.compile(r"\binto\s+[\"'`\[]?\{?\w+\}?[\"'`\]]?\s*\(([^)]*)\)", re.I)
_LISTED = re.compile(
    r"\b(?:order|group)\s+by\s+([\w., ]+?)(?:\s+(?:asc|desc|having|limit|order)\b|\)|;|$)", re.I
)
_COMPARED = re.compile(r"\b([a-z_]\w*)\s*(?:=|<|>|!=|\blike\b|\bin\b|\bis\b|\bbetween\b)", re.I)
_ALIASES = re.compile(r"\bas\s+[\"'`]?\w+[\"'`]?", re.I)
_TYPED = re.compile(r"['\"`]?\b(\w+)\b['\"`]?\s*\((?:TEXT|INT|INTEGER|REAL|FLOAT|NUMERIC)\b", re.I)
_SAID_TABLE = re.compile(
    r"\btable\s+(?:named\s+|called\s+)?['\"`](\w+)['\"`]|['\"`](\w+)['\"`]\s+table\b"
    r"|\btable\s+(?:named\s+|called\s+)(\w+)",
    re.I,
)
_WORDS_OF_SQL = frozenset(
    {
        *("select", "distinct", "from", "where", "and", "or", "not", "null", "case", "when"),
        *("then", "else", "end", "asc", "desc", "count", "sum", "avg", "min", "max", "total"),
        *("upper", "lower", "length", "round", "coalesce", "cast", "as", "abs", "on", "set"),
        *("text", "integer", "real", "group_concat", "substr", "ifnull", "like", "in", "is"),
    }
)
_WORD = re.compile(r"(?<![\w.'\"{])([A-Za-z_]\w*)\b(?!\s*[(.'\"}])")
"""A name in a list of columns: no function, and no text."""

_MAX_TABLES = 4
_MAX_COLUMNS = 8
_USUAL_TABLE = "items"
_USUAL_COLUMNS = ("id", "name", "value")


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that must be there, with their columns, and the parameters that name one."""

    columns: Mapping[str, tuple[str, ...]]
    named_by: Mapping[str, str] = field(default_factory=dict)


def find_tables(sources: Sequence[str], columns: Sequence[str] = ()) -> Tables:
    """Return the tables that code expects and does not make: the first of the `sources`.

    The others are texts of the task, which say the `columns`, too.
    """
    code, *texts = sources
    try:
        tree = parse(code)
    except SourceError:
        return Tables({})
    defaults = dict(_defaults(tree))
    made: set[str] = set()
    found: dict[str, dict[str, None]] = {}
    named_by: dict[str, str] = {}
    for statement in filter(_IS_SQL.search, _texts(tree)):
        made.update(_CREATED.findall(statement))
        tables: dict[str, str] = {}
        for name, alias in _USED.findall(statement):
            table = name
            if name.startswith("{"):
                parameter = name.strip("{}")
                table = defaults.get(parameter) or _said_table(texts) or _USUAL_TABLE
                named_by[parameter] = table
            tables[table] = tables[alias or table] = table
            found.setdefault(table, {})
        for table, column in _columns(statement, tables):
            found[table].setdefault(column)
    if not found and not made and ".execute(" in code:
        # The SQL is not its own.
        shown = (name for text in texts for name in _QUERY.findall(text))
        found[_said_table(texts) or next(shown, _USUAL_TABLE)] = {}
    said = [*columns, *(one for text in texts for one in _TYPED.findall(text))]
    return Tables(
        {
            table: tuple(dict.fromkeys([*said, *known]))[:_MAX_COLUMNS] or _USUAL_COLUMNS
            for table, known in list(found.items())[:_MAX_TABLES]
            if table not in made
        },
        named_by,
    )


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield the texts in code, those that are put together as a whole."""
    parts = {id(inner) for node in ast.walk(tree) for inner in _parts(node)}
    for node in ast.walk(tree):
        if id(node) not in parts and (text := _text(node)):
            yield text


def _parts(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.JoinedStr(values=values):
            return values
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return [left, right]
    return []


def _text(node: ast.AST) -> str:
    """Return the text that an expression makes, with `{name}` for what is put into it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name)):
            return f"{{{name}}}"
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return f"{_text(left)}{_text(right)}"
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text
    return ""


def _defaults(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.arguments(posonlyargs=first, args=others, defaults=defaults):
                taken = [*first, *others][-len(defaults) :] if defaults else []
                for argument, default in zip(taken, defaults, strict=True):
                    if isinstance(default, ast.Constant) and isinstance(default.value, str):
                        yield argument.arg, default.value
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def _said_table(texts: Sequence[str]) -> str:
    found = (name for text in texts for names in _SAID_TABLE.findall(text) for name in names)
    return next(filter(None, found), "")


def _columns(statement: str, tables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the columns that a statement names, each with its table; `tables` are by alias, too.

    Those without a table are of the first.
    """
    for owner, column in _QUALIFIED.findall(statement):
        if owner in tables:
            yield tables[owner], column
    bare = _ALIASES.sub(" ", _QUALIFIED.sub(" ", statement))
    lists = [*_SELECTED.findall(bare), *_INSERTED.findall(bare), *_LISTED.findall(bare)]
    words = [word for text in lists for word in _WORD.findall(text)]
    first = next(iter(tables.values()), None)
    for word in (*words, *_COMPARED.findall(bare)):
        if first is not None and word.lower() not in _WORDS_OF_SQL and word not in tables:
            yield first, word
