"""The parameters of a function: their types, and what is known of the arguments they take."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.domain.documentation import (
    Documentation,
    Documented,
    read_documentation,
)
from stepcheck.server.judge.evidence.domain.features import Feature
from stepcheck.server.judge.evidence.domain.handling import handled_features
from stepcheck.server.judge.evidence.domain.type_words import read_type
from stepcheck.server.judge.evidence.domain.wording import Stated, read_statement
from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.sandbox.parsing import parse_expression

_COUNT_NAME = re.compile(
    r"(?:^|_)(?:num|number|count|size|length|len|width|height|index|idx|position|pos|age|year|month"
    r"|day|hour|limit|top|depth|steps?|times|iterations?|epochs?|samples?|rows?|cols?|columns?|bins?"
    r"|seed|total|window|max|min|start|end|range|port|quantity|degree|capacity|duration|timeout)(?:_|$)"
)
_COUNT_WORDS = re.compile(
    r"\b(?:number|count|amount|quantity)\s+of\b|\bhow\s+many\b|\b(?:size|length|index|indices|position"
    r"|seed|year|age|degree|width|height|depth|duration)\b|\btimes\b",
    re.I,
)
_OF_COLLECTIONS = frozenset({Feature.UNSORTED, Feature.REPEATED, Feature.RAGGED, Feature.SINGLE})
"""What may be said of a list in a sentence that names the other arguments alone."""

_FORMED_NAME = re.compile(
    r"(?:^|_)(?:path|file|filename|dir|directory|folder|url|uri|email|date|time|json|xml|html|csv|ip"
    r"|regex|pattern|format|expr|expression|command|cmd|query|sql|column|col|key|operator|op|mode"
    r"|timezone|tz|roman|hex|binary|bits|version|password|db|table)s?(?:_|$)|(?:path|file|dir|name)$"
)
_FORMED_WORDS = re.compile(
    r"\b(?:path|file|folder|directory|url|email|date|time|json|xml|html|csv|regular\s+expression|regex"
    r"|pattern|format|expression|command|query|column|key|parenthes[ie]s|brackets?|roman|hexadecimal"
    r"|binary|timezone|encoded|database|table)s?\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, and what is known of its argument.

    `annotation` is its type as written, documented, or shown by its default, if any. `is_count`
    tells that it counts or places something; `is_formed`, that not every text will do;
    `admits_none`, that None is one of its values by its type or default.
    """

    name: str
    annotation: ast.expr | None
    stated: Stated
    handled: frozenset[Feature]
    is_count: bool = False
    is_formed: bool = False
    has_default: bool = False
    is_only_keyword: bool = False
    said: str = ""
    admits_none: bool = False


def read_parameters(
    function: Function, reference: Function | None, text: str, *, bound: int = 0
) -> tuple[tuple[Parameter, ...], Documentation]:
    """Return the parameters of a function after the first `bound`, and its documentation.

    `text` is what is said of the task; the `reference` shows what it handles.
    """
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    taken = [
        *((one, default, False) for one, default in zip(positional, defaults, strict=True)),
        *(
            (one, default, True)
            for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        ),
    ][bound:]
    names = [argument.arg for argument, _, _ in taken]
    documentation = read_documentation(text, names)
    return tuple(
        _parameter(argument, default, only_keyword, names, (documentation, text, reference))
        for argument, default, only_keyword in taken
    ), documentation


def _parameter(
    argument: ast.arg,
    default: ast.expr | None,
    only_keyword: bool,
    names: Sequence[str],
    known: tuple[Documentation, str, Function | None],
) -> Parameter:
    documentation, text, reference = known
    name = argument.arg
    documented = documentation.parameters.get(name, Documented())
    annotation = (
        argument.annotation
        or _annotation_of(reference, name)
        or read_type(documented.type)
        or _type_of_default(default)
    )
    said = f"{name}: {documented.type} {documented.text}"
    stated = read_statement(said, name).joined(_general(text, name, names))
    admits_none = _is_none(default) or _admits_none(annotation)
    if admits_none and annotation is not None and not _admits_none(annotation):
        annotation = ast.BinOp(annotation, ast.BitOr(), ast.Constant(None))
    handled = handled_features(reference, name) if reference is not None else frozenset()
    return Parameter(
        name,
        annotation,
        stated,
        handled | {Feature.NOTHING} if admits_none else handled,
        is_count=bool(
            _COUNT_NAME.search(name.lower())
            or _COUNT_WORDS.search(documented.text)
            or re.search(rf"\b{re.escape(name)}\s*-?\s*th\b|\bfirst\s+`?{re.escape(name)}\b", text)
        ),
        is_formed=bool(_FORMED_NAME.search(name.lower()) or _FORMED_WORDS.search(documented.text)),
        has_default=default is not None,
        is_only_keyword=only_keyword,
        said=said,
        admits_none=admits_none,
    )


def _annotation_of(function: Function | None, name: str) -> ast.expr | None:
    """Return the annotation of a function's parameter, if it has such a one."""
    if function is None:
        return None
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return next((one.annotation for one in given if one.arg == name), None)


def _is_none(default: ast.expr | None) -> bool:
    return isinstance(default, ast.Constant) and default.value is None


def _admits_none(annotation: ast.expr | None) -> bool:
    match annotation:
        case ast.Constant(value=None):
            return True
        case ast.Constant(value=str(text)):
            try:
                return _admits_none(parse_expression(text))
            except SyntaxError:
                return False
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _admits_none(left) or _admits_none(right)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return name == "Optional" or (name == "Union" and any(map(_admits_none, parts)))
    return False


def _type_of_default(default: ast.expr | None) -> ast.expr | None:
    match default:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return ast.Name(type(value).__name__)
    return None


def _general(text: str, name: str, names: Sequence[str]) -> Stated:
    """Return what the text says of arguments: of this one, where there are several."""
    if len(names) == 1:
        return read_statement(text, name)
    others = [other for other in names if other != name]
    clauses = [
        clause
        for clause in re.split(r"(?<=[.;!?])\s+|\n", text)
        if not clause.lstrip().startswith((">>>", "..."))
    ]
    about = [
        clause
        for clause in clauses
        if re.search(rf"\b{re.escape(name)}\b", clause)
        or not any(re.search(rf"\b{re.escape(other)}\b", clause) for other in others)
    ]
    elsewhere = read_statement("\n".join(clauses), name)
    return read_statement("\n".join(about), name).joined(
        Stated(excluded=elsewhere.excluded & _OF_COLLECTIONS)
    )
