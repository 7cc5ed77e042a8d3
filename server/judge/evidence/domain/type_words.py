"""Types in the words of documentation, as annotations: "list of int" is `list[int]`."""

import ast
import re

from stepcheck.server.sandbox.parsing import parse_expression

_NAMES = {
    **dict.fromkeys(
        ("int", "integer", "integers", "ints", "long", "uint8", "int64", "int32"), "int"
    ),
    **dict.fromkeys(
        (
            "float",
            "floats",
            "double",
            "real",
            "decimal",
            "float64",
            "number",
            "numbers",
            "numeric",
            "scalar",
            "floating",
        ),
        "float",
    ),
    **dict.fromkeys(
        (
            "str",
            "string",
            "strings",
            "text",
            "char",
            "character",
            "characters",
            "words",
            "word",
            "strs",
        ),
        "str",
    ),
    **dict.fromkeys(("bool", "boolean", "booleans", "bools"), "bool"),
    **dict.fromkeys(("dict", "dictionary", "dictionaries", "mapping", "dicts"), "dict"),
    **dict.fromkeys(("list", "lists", "sequence", "iterable", "collection", "sequences"), "list"),
    **dict.fromkeys(("tuple", "tuples"), "tuple"),
    **dict.fromkeys(("set", "sets"), "set"),
    **dict.fromkeys(("bytes", "bytestring"), "bytes"),
    **dict.fromkeys(("none", "nonetype", "null"), "None"),
    **dict.fromkeys(
        ("array", "ndarray", "arrays", "array_like", "array-like", "arraylike"), "ndarray"
    ),
    **dict.fromkeys(("dataframe", "dataframes", "frame"), "DataFrame"),
    **dict.fromkeys(("series",), "Series"),
    **dict.fromkeys(("path", "filepath", "pathlike", "filename"), "str"),
    **dict.fromkeys(("datetime", "timestamp"), "datetime"),
    **dict.fromkeys(("date",), "date"),
    **dict.fromkeys(("callable", "function", "lambda"), "Callable"),
    **dict.fromkeys(("matrix",), "ndarray"),
    **dict.fromkeys(("any", "object"), "Any"),
}
_CONTAINERS = {"list", "tuple", "set", "dict"}
_LEFT_OUT = (
    r"\b(?:optional|default(?:s|ed)?\b[^,;]*|required|non-?empty|positive|negative|a|an|the|of type"
    r"|2d|1d|two|three|numpy|pandas|np|pd)\b\.?"
)


def read_type(words: str) -> ast.expr | None:
    """Return the type that the words mean, as an annotation; None where they are not understood."""
    text = words.strip().strip("`* ").rstrip(".,")
    is_optional = re.search(
        r"\boptional\b|\bNone\b", text, re.I
    ) is not None and not text.startswith(("Optional", "Union"))
    try:
        written = parse_expression(text)
    except (SyntaxError, ValueError):
        written = None
    if written is not None and _is_annotation(written):
        return _normalized(written)
    plain = re.split(r",\s*(?:optional|default)|;|\bdefaults?\b|=", text, flags=re.I)[0]
    if (
        quoted := re.fullmatch(r"\{(.+)\}|(?:one of|either)\s+(.+)", plain.strip(), re.I)
    ) is not None:
        return _choice(quoted[1] or quoted[2])
    found = _read_words(re.sub(_LEFT_OUT, " ", plain.lower()))
    if found is not None and is_optional and re.search(r"\bor none\b|\bnone or\b", text, re.I):
        found = ast.BinOp(found, ast.BitOr(), ast.Constant(None))
    return found


def _choice(text: str) -> ast.expr | None:
    try:
        values = ast.literal_eval(f"[{text}]")
    except (ValueError, SyntaxError, TypeError):
        return None
    elements: list[ast.expr] = [ast.Constant(value) for value in values]
    return ast.Subscript(ast.Name("Literal"), ast.Tuple(elements))


def _read_words(text: str) -> ast.expr | None:
    text = " ".join(re.sub(r"[()\[\]{},:]", " ", text).split())
    alternatives = [part for part in re.split(r"\s+or\s+|\s*\|\s*|\s*/\s*", text) if part]
    if len(alternatives) > 1:
        # The first that is understood: each is allowed.
        return next(filter(None, map(_read_words, alternatives)), None)
    outer, _, inner = re.sub(r"\b(?:of|containing|with)\b", "\0", text, count=1).partition("\0")
    name = next(
        (_NAMES[word] for word in reversed(re.findall(r"[\w-]+", outer)) if word in _NAMES), None
    )
    if name is None:
        return None
    if name not in _CONTAINERS:
        return ast.Name(name)
    items = _read_words(inner) if inner.strip() else None
    if name == "dict" or items is None:
        return ast.Name(name)
    if name == "tuple":
        return ast.Subscript(ast.Name("tuple"), ast.Tuple([items, ast.Constant(...)]))
    return ast.Subscript(ast.Name(name), items)


def _is_annotation(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _KNOWN
        case ast.Attribute(attr=name):
            return name in _KNOWN
        case ast.Subscript(value=value, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _is_annotation(value) and all(map(_is_annotation, parts))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_annotation(left) and _is_annotation(right)
        case ast.Constant(value=value):
            return value is None or value is ...
    return False


def _normalized(node: ast.expr) -> ast.expr:
    """Return the annotation with `pd.DataFrame` as `DataFrame`."""

    class Shorten(ast.NodeTransformer):
        def visit_Attribute(self, attribute: ast.Attribute) -> ast.expr:
            return ast.Name(attribute.attr)

    shortened: ast.expr = Shorten().visit(node)
    return shortened


_KNOWN = {
    *("int", "float", "str", "bool", "bytes", "complex", "object", "Any", "Number", "Callable"),
    *("list", "List", "tuple", "Tuple", "dict", "Dict", "set", "Set", "frozenset", "FrozenSet"),
    *("Sequence", "Iterable", "Iterator", "Collection", "Mapping", "Optional", "Union", "Literal"),
    *("ndarray", "array", "DataFrame", "Series", "datetime", "date", "Path", "None"),
}
