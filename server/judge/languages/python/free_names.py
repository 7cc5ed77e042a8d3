"""The names that statements use before they give them a value, in order of first use."""

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def free_names(statements: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Return the names that must have a value before the statements run, builtins apart."""
    finder = _Finder()
    finder.read(statements)
    places: dict[str, tuple[int, int]] = {}
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id in finder.free and node.id not in _BUILTINS:
            place = (node.lineno, node.col_offset)
            places[node.id] = min(places.get(node.id, place), place)
    return tuple(sorted(places, key=places.__getitem__))


class _Finder:
    def __init__(self) -> None:
        self.free: set[str] = set()
        self._bound: set[str] = set()

    def read(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _use(self, node: ast.AST | None, inner: frozenset[str] = frozenset()) -> None:
        if node is None:
            return
        for name in _loaded(node, inner):
            if name not in self._bound:
                self.free.add(name)
        self._bound |= {
            each.target.id for each in ast.walk(node) if isinstance(each, ast.NamedExpr)
        }

    def _bind(self, target: ast.expr) -> None:
        """Give a value to a target: its names are bound, and what it is stored in is used."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._bound.add(node.id)
        self._use(target)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self._use(value)
                for target in targets:
                    self._bind(target)
            case ast.AugAssign(target=target, value=value):
                self._use(ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else None)
                self._use(value)
                self._bind(target)
            case ast.AnnAssign(target=target, value=value):
                self._use(value)
                self._bind(target)
            case ast.For() | ast.AsyncFor():
                self._use(node.iter)
                self._bind(node.target)
                self.read([*node.body, *node.orelse])
            case ast.While(test=test) | ast.If(test=test):
                self._use(test)
                self.read([*node.body, *node.orelse])
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    self._use(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars)
                self.read(node.body)
            case ast.Try():
                self._try(node)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                self._bound |= {(one.asname or one.name).split(".")[0] for one in names}
            case ast.Delete(targets=targets):
                for target in targets:
                    self._use(target)
                    self._use(
                        ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else None
                    )
            case _:
                self._use(node)

    def _try(self, node: ast.Try) -> None:
        self.read(node.body)
        for handler in node.handlers:
            self._use(handler.type)
            self._bound |= {handler.name} if handler.name else set()
            self.read(handler.body)
        self.read([*node.orelse, *node.finalbody])


def _loaded(node: ast.AST, inner: frozenset[str]) -> Iterator[str]:
    """Yield the names that an expression reads, but those of its own scopes, in their order."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            if name not in inner:
                yield name
        case ast.Lambda(args=given, body=body):
            defaults = [one for one in (*given.defaults, *given.kw_defaults) if one is not None]
            for default in defaults:
                yield from _loaded(default, inner)
            names = {one.arg for one in ast.walk(given) if isinstance(one, ast.arg)}
            yield from _loaded(body, inner | names)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _of_comprehension(node, inner)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _loaded(child, inner)


def _of_comprehension(node: _Comprehension, inner: frozenset[str]) -> Iterator[str]:
    for generator in node.generators:
        yield from _loaded(generator.iter, inner)
        inner |= {one.id for one in ast.walk(generator.target) if isinstance(one, ast.Name)}
        for condition in generator.ifs:
            yield from _loaded(condition, inner)
    parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for part in parts:
        yield from _loaded(part, inner)
