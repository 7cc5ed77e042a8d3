"""Code that defines nothing and uses variables of its surroundings, as a function of these.

`sorted(d.items())` becomes `def snippet(d): return sorted(d.items())`. Its value is that of the
last expression, or of the name that the last statement gives a value to.
"""

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from stepcheck.server.judge.languages.python.free_names import free_names
from stepcheck.server.judge.languages.python.source import Function, SourceError, parse
from stepcheck.server.judge.languages.python.usual_imports import usual_import

NAME = "snippet"
"""The name of the function that a snippet becomes."""

_INDENTATION = "    "
_IN_PLACE = frozenset(
    {"append", "clear", "extend", "insert", "remove", "reverse", "sort", "update", "write"}
)
_READING = frozenset({"input", "raw_input"})


class Outcome(Enum):
    """What a snippet has for a result: a value, or what it does to its variables or prints."""

    VALUE = "a value"
    EFFECT = "an effect"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Statements, the `variables` that must have values before, and `imports` taken for granted."""

    source: str
    tree: ast.Module
    variables: tuple[str, ...]
    imports: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """What the last statement comes to."""
        last = self.tree.body[-1]
        if isinstance(last, ast.Expr) and not _result_names(self.tree.body):
            return Outcome.EFFECT if _has_no_value(last.value) else Outcome.VALUE
        is_value = isinstance(last, ast.Return) or _result_names(self.tree.body)
        return Outcome.VALUE if is_value else Outcome.EFFECT


@dataclass(frozen=True, slots=True)
class Head:
    """The name of a function, its parameters, and as far as they are known, their annotations."""

    name: str
    parameters: tuple[str, ...]
    annotations: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class SnippetFunction:
    """The source of a function, and how many lines it has before those of its snippet."""

    source: str
    lines_before: int


def read_snippet(source: str) -> Snippet | None:
    """Return the snippet that the source is, None for anything else."""
    try:
        tree = parse(source)
        nodes = list(ast.walk(tree))
    except (SourceError, RecursionError):
        return None
    work = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    is_module = any(isinstance(node, Function | ast.ClassDef) for node in nodes)
    reads = any(isinstance(node, ast.Name) and node.id in _READING for node in nodes)
    if is_module or reads or not work or isinstance(tree.body[-1], ast.Import | ast.ImportFrom):
        return None
    names = free_names(tree.body)
    imports = {name: usual_import(name, tree.body) for name in names}
    return Snippet(
        source,
        tree,
        tuple(name for name in names if imports[name] is None),
        tuple(line for line in imports.values() if line is not None),
    )


def to_function(snippet: Snippet, head: Head, variables: Sequence[str]) -> SnippetFunction | None:
    """Return the function in which the `variables`, all that the snippet has, are the parameters.

    None if its statements may not stand in a function.
    """
    shown = [
        f"{name}: {annotation}" if annotation else name
        for name, annotation in zip(head.parameters, head.annotations, strict=True)
    ]
    before = [*snippet.imports, f"def {head.name}({', '.join(shown)}):"]
    if tuple(variables) != head.parameters:
        before.append(f"{_INDENTATION}{', '.join(variables)} = {', '.join(head.parameters)}")
    source = "\n".join([*before, _indent(_with_return(snippet))]) + "\n"
    try:
        compile(source, "<snippet>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return SnippetFunction(source, len(before))


def _with_return(snippet: Snippet) -> str:
    """Return the source with its last statement giving the value."""
    last = snippet.tree.body[-1]
    names = _result_names(snippet.tree.body)
    if names:
        return f"{snippet.source.rstrip()}\nreturn {', '.join(names)}"
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[shown], keywords=[])):
            return _replaced(snippet.source, last, shown)
        case ast.Expr(value=value):
            return _replaced(snippet.source, last, value)
    return snippet.source


def _replaced(source: str, statement: ast.stmt, value: ast.expr) -> str:
    """Return the source in which the statement returns that part of it."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column

    text = b"".join(lines)
    start = offset(statement.lineno, statement.col_offset)
    first = offset(value.lineno, value.col_offset)
    # A generator as the only argument stands without parentheses of its own.
    last = offset(value.end_lineno or 0, value.end_col_offset or 0)
    end = offset(statement.end_lineno or 0, statement.end_col_offset or 0)
    shown = (
        text[start:end] if isinstance(statement, ast.Expr) and statement.value is value else None
    )
    kept = shown if shown is not None else text[first:last]
    return (text[:start] + b"return (" + kept + b")" + text[end:]).decode()


def _result_names(body: Sequence[ast.stmt]) -> list[str]:
    """Return the names to which the last statement, or one before a loop, gives values."""
    bound = {name for statement in body for name in _given_values(statement)}
    for statement in reversed(body):
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                return [name] if name in bound and _has_no_value(statement.value) else []
            case ast.With(body=inner) if names := _result_names(inner):
                return names
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return [name]
            case ast.Assign(targets=[ast.Tuple(elts=parts)]):
                names = [part.id for part in parts if isinstance(part, ast.Name)]
                return names if len(names) == len(parts) else []
            case ast.AugAssign(target=ast.Name(id=name)):
                return [name]
            case ast.For() | ast.While() | ast.With() | ast.If() | ast.Try():
                continue
            case _:
                return []
    return []


def _given_values(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _has_no_value(call: ast.expr) -> bool:
    """Tell whether it is a call such as `items.sort()` or `print(a, b)`, which has no value."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr=method)):
            return method in _IN_PLACE
        case ast.Call(func=ast.Name(id="print"), args=shown):
            return len(shown) != 1
    return False


def _indent(source: str) -> str:
    """Return the lines with indentation, but those within texts."""
    within: set[int] = set()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    for token in tokens:
        if token.type != tokenize.NEWLINE and token.type not in (tokenize.NL, tokenize.ENDMARKER):
            is_text = token.type == tokenize.STRING or "STRING" in tokenize.tok_name[token.type]
            if is_text:
                within.update(range(token.start[0] + 1, token.end[0] + 1))
    return "\n".join(
        line if number in within or not line.strip() else _INDENTATION + line
        for number, line in enumerate(source.splitlines(), 1)
    )
