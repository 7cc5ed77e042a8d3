"""What values variables have, from what code does with them, as annotations."""

import ast
from collections.abc import Iterable, Iterator, Sequence

_STR = "str"
_TEXT_METHODS = frozenset(
    dir(str)
) - frozenset(dir(list)) - frozenset(dir(bytes)) | frozenset(
    ("split", "strip", "lstrip", "rstrip", "lower", "upper", "replace", "startswith", "endswith",
     "splitlines", "title", "find", "rfind", "partition", "rsplit", "zfill", "ljust", "rjust",
     "isdigit", "isalpha", "swapcase", "capitalize", "translate")
)  # fmt: skip
_LIST_METHODS = frozenset({"append", "extend", "insert", "sort", "reverse", "remove"})
_DICT_METHODS = frozenset({"items", "keys", "values", "get", "setdefault", "iteritems"})
_SET_METHODS = frozenset(dir(set)) - frozenset(dir(dict)) - frozenset(dir(list)) - {"__iand__"}
_OF_TEXT = frozenset({"int", "float", "ord", "eval"})
_OF_NUMBERS = frozenset({"sum", "max", "min", "sorted"})
_OF_ITEMS = frozenset(
    {"enumerate", "zip", "map", "filter", "reversed", "list", "tuple", "set", "len", "any", "all"}
)
_OF_INTEGER = frozenset({"range", "abs", "chr", "bin", "hex", "oct", "divmod", "pow", "str"})
_SPECIFIC = ("dict[str, int]", "set[int]", "list[str]", "list[list[int]]", "list[tuple[int, int]]")


def annotate(*uses: tuple[str, Sequence[ast.stmt]]) -> str | None:
    """Return the annotation of a variable by its name and uses in pieces of code, or None."""
    seen = [hint for name, statements in uses for hint in _hints(name, statements)]
    # What says little counts where nothing says more.
    seen = [hint for hint in seen if not hint.endswith("?")] or [one.rstrip("?") for one in seen]
    if not seen:
        return None
    for one in _SPECIFIC:
        if one in seen:
            return one
    return max(dict.fromkeys(seen), key=seen.count)


def _hints(name: str, statements: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        for node in ast.walk(statement):
            yield from _hint(name, node)


def _hint(name: str, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name(id=used), attr=attribute) if used == name:
            yield from _by_method(attribute)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=[one]):
            if _is(one, name):
                yield "list[str]"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=given):
            if any(_is(one, name) for one in given[1:]):
                yield _STR
        case ast.Call(func=ast.Name(id="Counter"), args=[one]) if _is(one, name):
            yield "list[str]"
        case ast.Call(func=called, args=given, keywords=[ast.keyword("key", ast.Lambda() as key)]):
            of_name = [*given, called.value] if isinstance(called, ast.Attribute) else given
            if any(_is(one, name) for one in of_name):
                yield _list_of(ast.Name(key.args.args[0].arg), [key.body], pairs=True)
        case ast.Call(func=ast.Name(id=function), args=given):
            if any(_is(one, name) for one in given):
                yield from _by_function(function)
        case ast.Subscript(value=ast.Name(id=used), slice=place) if used == name:
            yield from _by_index(place)
        case ast.Subscript(value=ast.Subscript(value=ast.Name(id=used))) if used == name:
            yield "list[list[int]]"
        case ast.For(target=target, iter=ast.Name(id=used), body=body) if used == name:
            yield _list_of(target, [*body])
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for generator in node.generators:
                if _is(generator.iter, name):
                    yield _list_of(generator.target, [node])
        case ast.AugAssign(target=target, op=operator, value=value) if _is(target, name):
            yield from _by_operand(operator, value)
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod(), right=right):
            if _is(right, name):
                yield _STR
        case ast.BinOp(left=left, op=operator, right=right):
            if _is(left, name) or _is(right, name):
                other = right if _is(left, name) else left
                yield from _by_operand(operator, other)
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if _is(left, name) or _is(
            right, name
        ):
            other = right if _is(left, name) else left
            if isinstance(operator, ast.In | ast.NotIn):
                yield "list[int]?" if _is(right, name) else "int?"
            if isinstance(other, ast.Constant) and type(other.value) in (int, str):
                yield type(other.value).__name__


def _by_method(attribute: str) -> Iterator[str]:
    if attribute in _DICT_METHODS:
        yield "dict[str, int]"
    elif attribute in _LIST_METHODS:
        yield "list[int]"
    elif attribute in _TEXT_METHODS:
        yield _STR
    elif attribute in _SET_METHODS:
        yield "set[int]"


def _by_function(function: str) -> Iterator[str]:
    if function in _OF_TEXT:
        yield _STR
    elif function in _OF_NUMBERS or function in _OF_ITEMS:
        yield "list[int]"
    elif function in _OF_INTEGER:
        yield "int"


def _by_index(place: ast.expr) -> Iterator[str]:
    match place:
        case ast.Constant(value=str()):
            yield "dict[str, int]"
        case _:
            yield "list[int]"


def _by_operand(operator: ast.operator, other: ast.expr) -> Iterator[str]:
    match other:
        case ast.Constant(value=int() | float()):
            yield "int"
        case ast.Constant(value=str()) if isinstance(operator, ast.Add):
            yield _STR
        case ast.List():
            yield "list[int]"
        case _:
            yield "int?"


def _list_of(target: ast.expr, body: Sequence[ast.AST], *, pairs: bool = False) -> str:
    """Return the type of a list whose items are given to a target; `pairs` if lists are tuples."""
    if isinstance(target, ast.Tuple):
        return f"list[tuple[{', '.join(['int'] * len(target.elts))}]]"
    if not isinstance(target, ast.Name):
        return "list[int]"
    inner = [hint for part in body for node in ast.walk(part) for hint in _hint(target.id, node)]
    if _STR in inner:
        return "list[str]"
    if pairs and inner:
        return "list[tuple[int, int]]" if "list[int]" in inner else "list[int]"
    return "list[list[int]]" if any(one.startswith("list") for one in inner) else "list[int]"


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
