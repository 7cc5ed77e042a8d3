"""Whether Python code is a program, which reads and prints, or a module to be called."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.languages.python.source import Function, SourceError, parse

_READING_ATTRIBUTES = frozenset({"stdin", "__stdin__"})
_READING_MODULES = frozenset({"fileinput"})
_PRINTING_ATTRIBUTES = frozenset({"stdout", "__stdout__"})
_STANDARD_INPUT_FILES = (0, "/dev/stdin", "/proc/self/fd/0")


@dataclass(frozen=True, slots=True)
class Traits:
    """What running the code as a program does, as far as its text tells.

    `reads` and `prints` are of what runs by itself. `reads_on_import` is what importing it would
    do. `mentions_input` is whether anything in it, run or not, reads standard input.
    """

    reads: bool = False
    prints: bool = False
    reads_on_import: bool = False
    mentions_input: bool = False

    @property
    def is_program(self) -> bool:
        """Whether it is run, not called: what runs by itself reads, or prints."""
        return self.reads or self.prints


def describe(source: str) -> Traits:
    """Return what running the code does; nothing for what is not Python."""
    try:
        tree = parse(source)
        return _describe(tree)
    except (SourceError, RecursionError):
        return Traits()


def _describe(tree: ast.Module) -> Traits:
    outside = [node for node in tree.body if not _is_main_guard(node)]
    guarded = [node for node in tree.body if _is_main_guard(node)]
    imported = _reached(outside, tree)
    run = [*imported, *_reached(guarded, tree)]
    return Traits(
        reads=any(map(_reads, run)),
        prints=any(map(_prints, run)),
        reads_on_import=any(map(_reads, imported)),
        mentions_input=any(map(_reads, ast.walk(tree))),
    )


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _reached(statements: Sequence[ast.stmt], tree: ast.Module) -> list[ast.AST]:
    """Return the nodes that run with the statements: of functions, those of which they have names.

    A name that is mentioned counts as called: it may be handed to a thread or to a map.
    """
    bodies = _bodies(tree)
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(statements)
    known: set[str] = set()
    while waiting:
        for node in _own_nodes(waiting.pop()):
            found.append(node)
            name = _name(node)
            if name in bodies and name not in known:
                known.add(name)
                waiting.extend(bodies[name])
    return found


def _bodies(tree: ast.Module) -> dict[str, list[ast.AST]]:
    bodies: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name, body=body) | ast.AsyncFunctionDef(name=name, body=body):
                bodies.setdefault(name, []).extend(body)
            case ast.ClassDef(name=name, body=body):
                # Making an object runs what its class begins with.
                begins = [part for part in body if getattr(part, "name", "") == "__init__"]
                for part in begins:
                    bodies.setdefault(name, []).extend(getattr(part, "body", []))
    return bodies


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with this one: not those of functions that it defines."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Function):
            waiting.extend(inner.decorator_list)
            continue
        yield inner
        waiting.extend(ast.iter_child_nodes(inner))


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _reads(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="input" | "raw_input", ctx=ast.Load()):
            return True
        case ast.Attribute(attr=name) if name in _READING_ATTRIBUTES:
            return True
        case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=file), *_]):
            return file in _STANDARD_INPUT_FILES and file is not False
        case ast.Call(func=ast.Attribute(attr="read"), args=[ast.Constant(value=0), *_]):
            return True
        case ast.ImportFrom(module="sys", names=names):
            return any(alias.name in _READING_ATTRIBUTES for alias in names)
        case ast.Import(names=names):
            return any(alias.name in _READING_MODULES for alias in names)
    return False


def _prints(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="print", ctx=ast.Load()):
            return True
        case ast.Attribute(attr=name):
            return name in _PRINTING_ATTRIBUTES
    return False
