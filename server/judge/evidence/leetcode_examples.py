"""Examples in LeetCode's form, for a method of a class or for a class as a whole.

`Input: nums = [2,7], target = 9` with `Output: [0,1]` names the method's arguments in order;
`["MinStack","push"]` over `[[],[1]]` with `[null,null]` is a sequence of calls. Literals are JSON.
What is a list or a tree of nodes is written as a list: the parameter's annotation tells.
"""

import ast
import builtins
import re
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.literals import read_value
from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.sandbox.sandbox import Check

_EXAMPLE = re.compile(
    r"^[ \t]*input\b[ \t]*:?\s*(?P<given>.*?)\n[ \t]*output\b[ \t]*:?\s*(?P<wanted>.*?)"
    r"(?=\n[ \t]*(?:explanation|example|input|constraints|note|follow)\b|\n[ \t]*\n|\Z)",
    re.I | re.M | re.S,
)
_NAMED = re.compile(r"\s*,?\s*(\w+)\s*=\s*(?!=)")
_ANY_ORDER = re.compile(r"\bin\s+any\s+order\b", re.I)
_NODES = {"TreeNode": ("tree", "levels"), "ListNode": ("chain", "items")}
_KNOWN_PARAMETERS = {"root": "TreeNode", "head": "ListNode"}
_DATA_TYPES = {*dir(builtins), *typing.__all__}
_MAX_CHARACTERS = 20_000
_MAX_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class _Given:
    name: str
    value: ast.expr


def find_class_examples(text: str, tree: ast.Module) -> tuple[Check, ...]:
    """Return the examples in `text` for the classes of a module."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    known = {node.name for node in classes}
    if "nodes" in known or len(text) > _MAX_CHARACTERS:
        return ()
    free = bool(_ANY_ORDER.search(text))
    found: dict[Check, None] = {}
    for example in _EXAMPLE.finditer(text):
        given, wanted = example["given"].strip(), read_value(example["wanted"].strip())
        if wanted is None or len(found) == _MAX_EXAMPLES:
            continue
        for check in (_sequence(given, wanted, known), _call(given, wanted, classes, free)):
            if check is not None:
                found[check] = None
    return tuple(found)


def _sequence(given: str, wanted: ast.expr, known: set[str]) -> Check | None:
    """Return the check of calls one after the other on one object."""
    names, separator, arguments = given.partition("\n")
    try:
        called = ast.literal_eval(names.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    passed = read_value(arguments.strip())
    match called, passed, wanted:
        case [str(first), *rest], ast.List(lists), ast.List(results):
            is_sequence = (
                first in known
                and len(lists) == len(results) == len(called)
                and all(isinstance(one, ast.List) for one in lists)
                and all(isinstance(name, str) and name.isidentifier() for name in rest)
            )
            if not is_sequence or not separator:
                return None
            shown = [", ".join(map(ast.unparse, one.elts)) for one in lists]  # type: ignore[attr-defined]
            calls = [f"it.{name}({one})" for name, one in zip(rest, shown[1:], strict=True)]
            return Check(
                f"it = {first}({shown[0]})\n[{', '.join(['None', *calls])}]", _text(wanted)
            )
    return None


def _call(
    given: str, wanted: ast.expr, classes: Sequence[ast.ClassDef], free: bool
) -> Check | None:
    """Return the check of a call of the one method that takes what is given."""
    arguments = _read_arguments(given)
    known = {node.name for node in classes}
    found = _method(classes, arguments) if arguments else None
    if found is None or arguments is None:
        return None
    owner, method = found
    parameters = method.args.args[1:]
    first = parameters[0].arg
    written = [
        _write(parameter, argument.value, known, first)
        for parameter, argument in zip(parameters, arguments, strict=True)
    ]
    passed = [one for one in written if one is not None]
    result = _kind(method.returns)
    if len(passed) < len(written) or (result and result not in _NODES):
        return None
    setup = ""
    if _returns_nothing(method) or any(f"({first}," in one for one in passed):
        setup, passed[0] = f"{first} = {passed[0]}\n", first
    call = f"{owner.name}().{method.name}({', '.join(passed)})"
    if _returns_nothing(method):
        # It changes its first argument instead.
        setup, call = f"{setup}{call}\n", first
        result = _kind(parameters[0].annotation)
    shown = _show(call, result, method.returns, wanted)
    if free and isinstance(wanted, ast.List):
        return Check(f"{setup}nodes.unordered({shown})", f"nodes.unordered({_text(wanted)})")
    return Check(setup + shown, _text(wanted))


def _read_arguments(given: str) -> list[_Given] | None:
    """Return the named values of an input."""
    found: list[_Given] = []
    place = 0
    while start := _NAMED.match(given, place):
        ends = [later.start() for later in _NAMED.finditer(given, start.end())]
        for end in (*(end for end in ends if given[end] in ", \n"), len(given)):
            value = read_value(given[start.end() : end].strip().rstrip(","))
            if value is not None:
                found.append(_Given(start[1], value))
                place = end
                break
        else:
            return None
    return found if found and not given[place:].strip() else None


def _methods(owner: ast.ClassDef) -> Iterator[Function]:
    for node in owner.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def _method(
    classes: Sequence[ast.ClassDef], given: Sequence[_Given]
) -> tuple[ast.ClassDef, Function] | None:
    """Return the method meant: its parameters are so named, or else it alone takes so many."""
    fitting = [
        (owner, method)
        for owner in classes
        if not _needs_arguments(owner)
        for method in _methods(owner)
        if len(method.args.args) == len(given) + 1 and not method.decorator_list
    ]
    names = [argument.name for argument in given]
    named = [
        (owner, method)
        for owner, method in fitting
        if [argument.arg for argument in method.args.args[1:]] == names
    ]
    called = {
        node.attr
        for owner in classes
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute)
    }
    for some in (named, fitting):
        outer = [pair for pair in some if pair[1].name not in called] or some
        if len(outer) == 1:
            return outer[0]
    return None


def _needs_arguments(owner: ast.ClassDef) -> bool:
    return any(
        isinstance(node, Function)
        and node.name == "__init__"
        and len(node.args.args) - len(node.args.defaults) > 1
        for node in owner.body
    )


def _write(parameter: ast.arg, value: ast.expr, known: set[str], first: str) -> str | None:
    """Return an argument as Python, or None if it cannot be had."""
    kind = _kind(parameter.annotation)
    if parameter.annotation is None and isinstance(value, ast.List):
        kind = _KNOWN_PARAMETERS.get(parameter.arg, "")
    shown = ast.unparse(value)
    if not kind:
        return shown
    if kind not in known or kind not in _NODES:
        return None
    if kind == "TreeNode" and isinstance(value, ast.Constant) and parameter.arg != first:
        # A node of the tree before it is named by its value.
        return f"nodes.within({first}, {shown})"
    if not isinstance(value, ast.List):
        return None
    make = f"nodes.{_NODES[kind][0]}"
    if _is_list(parameter.annotation):
        return f"[{make}({kind}, values) for values in {shown}]"
    return f"{make}({kind}, {shown})"


def _show(call: str, kind: str, annotation: ast.expr | None, wanted: ast.expr) -> str:
    """Return the call with its nodes written as the example writes them."""
    if not kind:
        # The site writes no result, where a list is due, as an empty one.
        return f"{call} or []" if _text(wanted) == "[]" else call
    if isinstance(wanted, ast.Constant) and wanted.value is not None:
        return f"{call}.val"
    read = f"nodes.{_NODES[kind][1]}"
    if annotation is not None and _is_list(annotation):
        return f"[{read}(one) for one in {call}]"
    return f"{read}({call})"


def _kind(annotation: ast.expr | None) -> str:
    """Return what an annotation names beside types of data, or nothing."""
    if annotation is None:
        return ""
    words = re.findall(r"\w+", ast.unparse(annotation))
    return next((word for word in words if word not in _DATA_TYPES), "")


def _is_list(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation).lower().startswith("list[")


def _returns_nothing(method: Function) -> bool:
    return isinstance(method.returns, ast.Constant) and method.returns.value is None


def _text(value: ast.expr) -> str:
    return ast.unparse(value)
