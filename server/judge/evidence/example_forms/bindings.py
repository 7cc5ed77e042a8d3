"""From values that are given, by name or by place, to a call of the function."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.example import Reading, Signature


@dataclass(frozen=True, slots=True)
class Given:
    """A value that is given, by a name or by its place alone."""

    node: ast.expr
    end: int
    name: str = ""
    reading: Reading = Reading.STRICT


def bind(given: Sequence[Given], signature: Signature) -> tuple[str, Reading] | None:
    """Return the call of the function with what is given, and how sure it is that it is meant."""
    reading = Reading.STRICT
    for one in given:
        reading = reading.combined(one.reading)
    names = [one.name for one in given]
    if all(names):
        return _bind_names(given, signature, reading)
    nodes = [one.node for one in given]
    if any(names):
        return None
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple) and not signature.takes(1):
        nodes, reading = nodes[0].elts, Reading.LOOSE
    if not signature.takes(len(nodes)) or not nodes:
        return None
    return _call(signature.name, nodes), reading


def _bind_names(
    given: Sequence[Given], signature: Signature, reading: Reading
) -> tuple[str, Reading] | None:
    by_name = {one.name: one.node for one in given}
    parameters = signature.parameters
    missing = [one for one in parameters if one.name not in by_name]
    if not any(one.is_optional for one in missing) and not missing and parameters:
        ordered = [by_name[one.name] for one in parameters]
        is_more = len(by_name) > len(parameters)
        return _call(signature.name, ordered), Reading.LOOSE if is_more else reading
    if all(one.is_optional for one in missing) and by_name.keys() <= {
        one.name for one in parameters
    }:
        keywords = [ast.keyword(name, node) for name, node in by_name.items()]
        return ast.unparse(ast.Call(ast.Name(signature.name), [], keywords)), reading
    if len(given) == len(parameters) or (
        len(missing) == len(parameters) and signature.takes(len(given))
    ):
        return _bind_places(given, signature)
    return None


def _bind_places(given: Sequence[Given], signature: Signature) -> tuple[str, Reading] | None:
    """Return the call where names are not the function's: their order tells."""
    for one, parameter in zip(given, signature.parameters, strict=False):
        is_elsewhere = signature.find(one.name) is not None and one.name != parameter.name
        if is_elsewhere:
            return None
    return _call(signature.name, [one.node for one in given]), Reading.LOOSE


def _call(name: str, nodes: Sequence[ast.expr]) -> str:
    return ast.unparse(ast.Call(ast.Name(name), list(nodes), []))
