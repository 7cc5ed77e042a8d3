"""Edits of names: another variable, another method of the kind, the defined for the undefined."""

import ast
import builtins
import difflib
import symtable
from collections.abc import Iterator, Sequence

from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import Program, TextEdit

_ALIKE = (
    ("min", "max"),
    ("any", "all"),
    ("sorted", "reversed", "list", "set", "tuple", "sum", "len"),
    ("int", "float", "str", "round"),
    ("append", "extend", "add", "appendleft", "insert"),
    ("pop", "popleft", "popitem", "remove", "discard"),
    ("islower", "isupper"),
    ("isalpha", "isdigit", "isalnum", "isnumeric", "isspace", "isdecimal"),
    ("lower", "upper", "swapcase", "title", "capitalize"),
    ("startswith", "endswith"),
    ("find", "rfind", "index", "rindex", "count"),
    ("split", "rsplit", "splitlines"),
    ("strip", "lstrip", "rstrip"),
    ("keys", "values", "items"),
    ("ceil", "floor", "trunc"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("heappush", "heappop", "heapify"),
    ("bisect_left", "bisect_right", "bisect"),
    ("ord", "chr", "int", "str"),
    ("range", "enumerate"),
    ("combinations", "permutations", "product"),
)
_FOREIGN = {
    "push": ("append", "add"),
    "push_back": ("append",),
    "add": ("append",),
    "concat": ("extend", "join"),
    "shift": ("popleft",),
    "poll": ("popleft", "pop"),
    "offer": ("append",),
    "remove": ("popleft", "pop"),
    "indexOf": ("index", "find"),
    "toLowerCase": ("lower",),
    "toUpperCase": ("upper",),
    "replaceAll": ("replace",),
    "put": ("update", "append"),
    "getNext": ("next",),
    "getOrDefault": ("get",),
    "isDigit": ("isdigit",),
    "sort": ("sorted",),
    "sqrt": ("isqrt",),
}
_CALLS_FOR_METHODS = {
    "size": "len",
    "length": "len",
    "len": "len",
    "toString": "str",
    "toInt": "int",
    "reverse": "reversed",
    "sum": "sum",
    "max": "max",
    "min": "min",
    "sort": "sorted",
}
_FOREIGN_NAMES = ("True", "False", "None")
_TYPES = ("list", "List", "int", "str", "object")
_MAX_NEAREST = 8
_BUILTINS = frozenset(dir(builtins))


def mutate_names(program: Program) -> Iterator[Mutation]:
    """Yield the edits of each name and attribute that is read."""
    scopes = _Scopes(program)
    yield from _everywhere(program, scopes)
    for node in ast.walk(program.tree):
        if program.is_in_annotation(node):
            if isinstance(node, ast.Name) and not scopes.is_defined(node):
                for name in _TYPES:
                    yield _rename(program, node, "define", "type", name)
            continue
        match node:
            case ast.Name():
                yield from _name(program, scopes, node)
            case ast.Attribute():
                yield from _attribute(program, scopes, node)
            case ast.Call():
                yield from _call(program, scopes, node)
            case ast.Subscript():
                yield from _attribute_for_key(program, node)


class _Scopes:
    """What names there are, and where."""

    def __init__(self, program: Program) -> None:
        self._program = program
        module = symtable.symtable(program.source, "<program>", "exec")
        self.module_names = set(module.get_identifiers())
        self._variables: dict[ast.AST, list[str]] = {}
        self.functions = sorted(
            node.name for node in ast.walk(program.tree) if isinstance(node, Function)
        )
        self.attributes = sorted(
            {node.attr for node in ast.walk(program.tree) if isinstance(node, ast.Attribute)}
            | {
                inner.name
                for node in ast.walk(program.tree)
                if isinstance(node, ast.ClassDef)
                for inner in node.body
                if isinstance(inner, Function)
            }
        )
        self.methods = {
            inner.name
            for node in ast.walk(program.tree)
            if isinstance(node, ast.ClassDef)
            for inner in node.body
            if isinstance(inner, Function)
        }

    def variables(self, node: ast.AST) -> list[str]:
        """Return the variables that functions around a node bind, or else the module."""
        function = self._program.function_around(node)
        if function not in self._variables:
            self._variables[function] = sorted(self._bound(function))
        return self._variables[function]

    def _bound(self, function: ast.AST) -> set[str]:
        bound = {
            inner.id
            for inner in ast.walk(function)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        } | {inner.arg for inner in ast.walk(function) if isinstance(inner, ast.arg)}
        for outer in self._program.ancestors(function):
            if isinstance(outer, Function):
                return bound | self._bound(outer)
        return bound

    def is_defined(self, node: ast.Name) -> bool:
        return (
            node.id in self.module_names
            or node.id in _BUILTINS
            or node.id in self.variables(node)
            or node.id in self.functions
        )


def _everywhere(program: Program, scopes: _Scopes) -> Iterator[Mutation]:
    """Yield one name for another that is not defined, wherever it is read."""
    missing: dict[str, list[ast.Name]] = {}
    for node in ast.walk(program.tree):
        if isinstance(node, ast.Name) and not scopes.is_defined(node):
            missing.setdefault(node.id, []).append(node)
    for name, nodes in missing.items():
        if len(nodes) < 2:
            continue
        known = sorted({*scopes.variables(nodes[0]), *scopes.functions, *_FOREIGN_NAMES})
        for other in known:
            edits = [program.replace(node, other) for node in nodes]
            detail = "foreign" if (name, other) == ("this", "self") else _likeness(name, other)
            yield make(program, nodes[0], "define everywhere", detail, *edits)


def _name(program: Program, scopes: _Scopes, node: ast.Name) -> Iterator[Mutation]:
    parent = program.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    if not scopes.is_defined(node):
        known = {*scopes.variables(node), *scopes.functions}
        near = difflib.get_close_matches(node.id, sorted(known | _BUILTINS), 3, 0.6)
        for name in near:
            yield _rename(program, node, "define", "near", name)
        for name in sorted(known):
            yield _rename(program, node, "define", "any", name)
        for name in scopes.methods if called else ():
            yield _rename(program, node, "define", "method", f"self.{name}")
        for name in scopes.attributes if node.id in scopes.attributes else ():
            if name == node.id:
                yield _rename(program, node, "define", "self", f"self.{name}")
        for name in _FOREIGN.get(node.id, ()):
            yield _rename(program, node, "define", "foreign", name)
        for text in ("0", "1", "None"):
            yield _rename(program, node, "define", "constant", text)
        return
    if called:
        for name in _alike(node.id):
            yield _rename(program, node, "function", f"{node.id} to {name}", name)
        for name in scopes.functions:
            if node.id in scopes.functions and name != node.id:
                yield _rename(program, node, "own function", "", name)
        return
    variables = scopes.variables(node)
    if node.id not in variables or node.id == "self":
        return
    stored = not isinstance(node.ctx, ast.Load)
    kind = "assigned variable" if stored else "variable"
    for name in variables:
        if name not in (node.id, "self"):
            yield _rename(program, node, kind, _likeness(node.id, name), name)
    if isinstance(parent, ast.Subscript) and parent.slice is node and not stored:
        for text in ("0", "-1"):
            yield _rename(program, node, "variable to constant", text, text)


def _attribute(program: Program, scopes: _Scopes, node: ast.Attribute) -> Iterator[Mutation]:
    start = program.span(node.value)[1]
    end = program.span(node)[1]
    place = program.source.find(node.attr, start, end)
    if place < 0:
        return
    spot = (place, place + len(node.attr))
    called = _is_called(program, node)
    alike = (*_alike(node.attr), *_FOREIGN.get(node.attr, ()))
    for name in dict.fromkeys(alike):
        detail = f"{node.attr} to {name}"
        yield make(program, node, "attribute", detail, TextEdit(*spot, name))
    owner = isinstance(node.value, ast.Name) and node.value.id == "self"
    for name in scopes.attributes:
        if name != node.attr and name not in alike and (name in scopes.methods) <= owner:
            kind = "own attribute" if owner else "other attribute"
            detail = _likeness(node.attr, name)
            yield make(program, node, kind, detail, TextEdit(*spot, name))
    if owner:
        detail = "defined" if node.attr in scopes.variables(node) else "not defined"
        if node.attr in _BUILTINS or node.attr in scopes.module_names:
            detail = "built in"
        edit = program.replace(node, node.attr)
        yield make(program, node, "drop self", detail, edit)
        if called:
            for name in _FOREIGN.get(node.attr, ()):
                yield make(program, node, "drop self", "foreign", program.replace(node, name))


def _call(program: Program, scopes: _Scopes, node: ast.Call) -> Iterator[Mutation]:
    match node.func:
        case ast.Name(id=name) if name in scopes.methods and name not in scopes.module_names:
            yield make(program, node, "add self", "", program.replace(node.func, f"self.{name}"))
        case ast.Attribute(attr=name, value=value):
            if name in _CALLS_FOR_METHODS and not node.args:
                text = f"{_CALLS_FOR_METHODS[name]}({program.text(value)})"
                yield make(program, node, "call for method", name, program.replace(node, text))
            if not node.args:
                # A property that was called, as if it were a method.
                yield make(
                    program, node, "uncall", name, program.replace(node, program.text(node.func))
                )
                if name.startswith("get") and len(name) > 3:
                    text = f"{program.text(value)}.{name[3:].lower()}"
                    yield make(program, node, "uncall", "getter", program.replace(node, text))


def _attribute_for_key(program: Program, node: ast.Subscript) -> Iterator[Mutation]:
    match node.slice:
        case ast.Constant(value=str(name)) if name.isidentifier():
            text = f"{program.text(node.value)}.{name}"
            yield make(program, node, "attribute for key", "", program.replace(node, text))


def _rename(program: Program, node: ast.expr, kind: str, detail: str, name: str) -> Mutation:
    return make(program, node, kind, detail, program.replace(node, name))


def _alike(name: str) -> Sequence[str]:
    found = [other for group in _ALIKE if name in group for other in group if other != name]
    return tuple(dict.fromkeys(found))[:_MAX_NEAREST]


def _likeness(one: str, other: str) -> str:
    """Return how alike two names look."""
    if one.rstrip("0123456789") == other.rstrip("0123456789"):
        return "numbered"
    if min(len(one), len(other)) == 1 and len(one) == len(other):
        return "both letters"
    ratio = difflib.SequenceMatcher(None, one, other).ratio()
    return "like" if ratio > 0.6 else "unlike"


def _is_called(program: Program, node: ast.expr) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
