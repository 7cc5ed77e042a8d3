"""Whether code could reach what runs in one process with it, and so make a check seem to pass.

Only what is known to be harmless is let through (`harmless_names`), and in ways that keep the
modules of others as they are. Code with anything else may be as honest, but has to show what it
does where it cannot reach the check.
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterator

from stepcheck.server.judge.languages.python.harmless_names import (
    CALLABLE_KEYWORDS,
    DENIED,
    DENIED_BUILTINS,
    FILE_MODULES,
    MODULES,
    NOT_CALLED,
    NOT_SET,
    SPECIAL_ATTRIBUTES,
    SPECIAL_METHODS,
    SPECIAL_NAMES,
    TAKES_CALLABLE_FIRST,
    TAKES_CLASS_LAST,
    is_constant,
    is_offered,
    public_names,
)
from stepcheck.server.judge.languages.python.source import Function, SourceError, parse

_SPECIAL = re.compile(r"__\w+__")
_STANDARD = sys.stdlib_module_names
_BUILTINS = frozenset(dir(builtins))
_USUAL = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "mock": "", "patch": ""} | {
    "pytest": "",
    "approx": "",
    "raises": "",
}
_TAKEN = _BUILTINS | _STANDARD | _USUAL.keys()
"""Names that checks take for what they usually mean, with the modules meant."""


def find_runner_access(source: str, *, with_files: bool = True) -> str:
    """Return by what the code might reach what runs beside it, or nothing.

    Without `with_files`, reading and writing files is such a way.
    """
    try:
        tree = parse(source)
        return next(_Search(tree, with_files=with_files).ways(), "")
    except (SourceError, RecursionError):
        return "nothing that can be read"


class _Search(ast.NodeVisitor):
    """Looks for ways, in the order of the text."""

    def __init__(self, tree: ast.Module, *, with_files: bool) -> None:
        self._tree = tree
        self._with_files = with_files
        self._modules: dict[str, str] = {}
        self._imported: dict[str, str] = {}
        self._parents: dict[ast.AST, ast.AST] = {
            child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }

    def ways(self) -> Iterator[str]:
        """Yield the ways."""
        nodes = list(ast.walk(self._tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from self._import(node)
        for node in nodes:
            match node:
                case ast.Attribute():
                    yield from self._attribute(node)
                case ast.Name():
                    yield from self._name(node)
                case ast.ClassDef():
                    yield from self._class(node)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield from self._function(node)
                case ast.Constant(value=str(text)) if _SPECIAL.fullmatch(text):
                    if text not in SPECIAL_NAMES | {"__main__"}:
                        yield text
                case ast.MatchClass():
                    yield "a class pattern"
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    yield from self._bound(node, name)
                case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
                    yield from self._bound(node, name)
                case ast.keyword(arg=str(name)) if _SPECIAL.fullmatch(name):
                    yield name

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self._modules[bound] = alias.name if alias.asname else bound
                yield from self._module(alias.name)
                yield from self._binding(bound, alias.name)
            return
        module = "." * node.level + (node.module or "")
        yield from self._module(module)
        if module not in MODULES:
            return
        for alias in node.names:
            names = public_names(module) if alias.name == "*" else [alias.name]
            if not names:
                yield f"all of {module}"
            for name in names:
                bound = alias.asname or name
                if f"{module}.{name}" in MODULES:
                    self._modules[bound] = f"{module}.{name}"
                else:
                    self._imported[bound] = f"{module}.{name}"
                yield from self._binding(bound, name if name == bound else "")
                if not is_offered(module, name):
                    yield f"{module}.{name}"

    def _module(self, module: str) -> Iterator[str]:
        if module not in MODULES or (module in FILE_MODULES and not self._with_files):
            yield f"import {module}"

    def _binding(self, bound: str, name: str) -> Iterator[str]:
        """Yield what a check would take for Python's own, and is not, or what is special."""
        if _SPECIAL.fullmatch(bound):
            yield bound
        if bound in _TAKEN and bound not in (name.partition(".")[0], name, _USUAL.get(bound, "")):
            yield f"another {bound}"

    def _bound(self, node: ast.AST, name: str) -> Iterator[str]:
        """Yield what the code gives a meaning of its own, or what is special."""
        if _SPECIAL.fullmatch(name) and name not in SPECIAL_NAMES:
            yield name
        elif name in _TAKEN and self._is_global(node):
            yield f"another {name}"

    def _name(self, node: ast.Name) -> Iterator[str]:
        name, parent = node.id, self._parents[node]
        if (
            name in DENIED_BUILTINS
            or (name == "open" and not self._with_files)
            or (_SPECIAL.fullmatch(name) and name not in SPECIAL_NAMES)
        ):
            yield name
        elif isinstance(node.ctx, ast.Store | ast.Del):
            yield from self._bound(node, name)
        elif name in ("getattr", "type") and isinstance(node.ctx, ast.Load):
            allowed = _reads_constant if name == "getattr" else self._asks_type
            if not (isinstance(parent, ast.Call) and parent.func is node and allowed(parent)):
                yield name
        elif self._is_parameter(node):
            return
        elif name in self._modules and not isinstance(parent, ast.Attribute):
            yield f"the module {name} as a value"
        elif name in self._imported and isinstance(node.ctx, ast.Load):
            yield from self._library_value(node, self._imported[name])

    def _is_parameter(self, node: ast.Name) -> bool:
        """Tell whether a name is that of a parameter, whatever the module calls so."""
        current: ast.AST = node
        while (above := self._parents.get(current)) is not None:
            # Its defaults, decorators and annotations are outside of a function.
            if isinstance(above, Function | ast.Lambda) and _is_inside(current, above):
                taken = (each for each in ast.walk(above.args) if isinstance(each, ast.arg))
                if any(each.arg == node.id for each in taken):
                    return True
            current = above
        return False

    def _is_global(self, node: ast.AST) -> bool:
        current = self._parents.get(node)
        while current is not None:
            if isinstance(current, Function | ast.Lambda | ast.ClassDef):
                return any(isinstance(each, ast.Global) for each in ast.walk(current))
            current = self._parents.get(current)
        return True

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        name, parent = node.attr, self._parents[node]
        if _SPECIAL.fullmatch(name) and name not in SPECIAL_ATTRIBUTES:
            shows_class = isinstance(parent, ast.Attribute) and parent.attr == "__name__"
            if name != "__class__" or not shows_class:
                yield name
        elif name in DENIED:
            yield name
        root, path = _root(node)
        if root is not None and self._is_parameter(root):
            return
        if isinstance(node.ctx, ast.Store | ast.Del) and (
            root is None or root.id in {*self._modules, *self._imported, *_TAKEN} or name in NOT_SET
        ):
            yield f"a change of {ast.unparse(node)}"
        if root is None or not (root.id in self._modules or root.id in self._imported):
            return
        if name.startswith("_") or name in ("register", "setdefault_encoding"):
            yield ast.unparse(node)
        if root.id not in self._modules:
            return
        module, *_ = full = _longest_module(self._modules[root.id], path)
        rest = full[1]
        if not rest:
            if not isinstance(parent, ast.Attribute):
                yield f"the module {module} as a value"
            return
        if len(rest) == 1:
            if not is_offered(module, rest[0]):
                yield f"{module}.{rest[0]}"
            if isinstance(node.ctx, ast.Load):
                yield from self._library_value(node, f"{module}.{rest[0]}")

    def _library_value(self, node: ast.expr, full_name: str) -> Iterator[str]:
        """Yield what is done with what others define, but to call, subclass, catch or annotate."""
        module, _, name = full_name.rpartition(".")
        if name in DENIED and not self._is_annotation(node):
            yield full_name
        if is_constant(module, name) or self._is_annotation(node):
            return
        parent = self._parents[node]
        match parent:
            case ast.Call(func=func) if func is node:
                wraps_more = name == "wraps" and (len(parent.args) != 1 or parent.keywords)
                swallows = name == "suppress" and not isinstance(
                    self._parents[parent], ast.withitem
                )
                if name in NOT_CALLED or wraps_more or swallows:
                    yield f"a call of {full_name}"
                return
            case ast.Call(func=func, args=args) if isinstance(func, ast.Name | ast.Attribute):
                called = func.id if isinstance(func, ast.Name) else func.attr
                if called in TAKES_CALLABLE_FIRST and args and args[0] is node:
                    return
                if called in TAKES_CLASS_LAST and args and args[-1] is node:
                    return
            case ast.keyword(arg=str(keyword)) if keyword in CALLABLE_KEYWORDS:
                return
            case ast.Attribute() | ast.ExceptHandler() | ast.ClassDef() | ast.Compare():
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return
            case ast.Raise():
                return
            case ast.Subscript(value=value) if value is node:
                return
            case ast.Tuple():
                above = self._parents[parent]
                if isinstance(above, ast.ExceptHandler) or _asks_class(above):
                    return
        yield f"{full_name} as a value"

    def _is_annotation(self, node: ast.AST) -> bool:
        child: ast.AST = node
        while (parent := self._parents.get(child)) is not None:
            match parent:
                case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation):
                    return annotation is child
                case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                    return returns is child
                case ast.Subscript() | ast.Tuple() | ast.List() | ast.BinOp() | ast.Attribute():
                    child = parent
                case _:
                    return False
        return False

    def _asks_type(self, call: ast.Call) -> bool:
        """Tell whether a call of `type` only asks for a type, to compare or to show it."""
        parent = self._parents[call]
        return len(call.args) == 1 and (
            isinstance(parent, ast.Compare)
            or (isinstance(parent, ast.Attribute) and parent.attr == "__name__")
        )

    def _class(self, node: ast.ClassDef) -> Iterator[str]:
        yield from self._bound(node, node.name)
        for keyword in node.keywords:
            if keyword.arg == "metaclass" and ast.unparse(keyword.value) not in (
                "ABCMeta",
                "abc.ABCMeta",
            ):
                yield "a metaclass"

    def _function(self, node: Function) -> Iterator[str]:
        name = node.name
        if _SPECIAL.fullmatch(name) and name not in SPECIAL_METHODS:
            yield name
        if name in _BUILTINS and self._is_global(node):
            yield f"another {name}"
        if name in ("__exit__", "__aexit__") and any(map(_returns_something, ast.walk(node))):
            yield f"an {name} that may swallow exceptions"
        is_manager = any("contextmanager" in ast.unparse(each) for each in node.decorator_list)
        if is_manager and any(map(_may_swallow, ast.walk(node))):
            yield "a context manager that may swallow exceptions"


def _root(node: ast.Attribute) -> tuple[ast.Name | None, list[str]]:
    """Return the name that a chain of attributes begins with, if it does, and the chain."""
    path: list[str] = []
    current: ast.expr = node
    while isinstance(current, ast.Attribute | ast.Subscript):
        if isinstance(current, ast.Attribute):
            path.insert(0, current.attr)
        current = current.value
    return (current if isinstance(current, ast.Name) else None), path


def _longest_module(module: str, path: list[str]) -> tuple[str, list[str]]:
    """Return the module that a path from a module leads to, and the rest of the path."""
    while path and f"{module}.{path[0]}" in MODULES:
        module, path = f"{module}.{path[0]}", path[1:]
    return module, path


def _reads_constant(call: ast.Call) -> bool:
    match call.args:
        case [_, ast.Constant(value=str(name)), *_]:
            return not _SPECIAL.fullmatch(name) and name not in DENIED and name[:1] != "_"
    return False


def _returns_something(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and not (
        node.value is None
        or (isinstance(node.value, ast.Constant) and node.value.value in (None, False))
    )


def _is_inside(node: ast.AST, function: Function | ast.Lambda) -> bool:
    body = function.body if isinstance(function.body, list) else [function.body]
    return any(node is each for each in body)


def _asks_class(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
            return True
    return False


def _may_swallow(node: ast.AST) -> bool:
    """Tell whether an exception may end in a statement, by a handler or by leaving `finally`."""
    if not isinstance(node, ast.Try | ast.TryStar):
        return False
    return bool(node.handlers) or any(
        isinstance(each, ast.Return | ast.Break | ast.Continue)
        for statement in node.finalbody
        for each in ast.walk(statement)
    )
