"""Edits of what decides: negated, guarded, narrowed by one more condition."""

import ast
from collections.abc import Iterator

from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import CONJUNCTION, NEGATION, Program


def change_condition(
    program: Program, node: ast.expr, predicates: tuple[str, ...]
) -> Iterator[Mutation]:
    """Yield negations, guards and further conjuncts of what decides something."""
    parent = program.parents.get(node)
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if test is node:
            pass
        case ast.comprehension() if node in parent.ifs:
            pass
        case ast.BoolOp():
            pass
        case ast.Return() if isinstance(node, ast.Compare | ast.BoolOp | ast.Name | ast.Call):
            pass
        case _:
            return
    negated = f"not {program.put(node, NEGATION)}"
    yield make(program, node, "negate", "", program.replace(node, negated, NEGATION))
    if isinstance(parent, ast.Return):
        return
    for guard in _guards(program, node):
        text = f"{guard} and {program.put(node, CONJUNCTION)}"
        yield make(program, node, "guard", "", program.replace(node, text, CONJUNCTION))
    for name in sorted(_names_in(node))[:3]:
        for predicate in predicates:
            text = f"{program.put(node, CONJUNCTION)} and {predicate}({name})"
            edit = program.replace(node, text, CONJUNCTION)
            yield make(program, node, "add predicate", "", edit)
        for relation in ("> 0", ">= 0", "!= 0", "> 1", "is not None"):
            text = f"{program.put(node, CONJUNCTION)} and {name} {relation}"
            edit = program.replace(node, text, CONJUNCTION)
            yield make(program, node, "add condition", relation, edit)


def _guards(program: Program, node: ast.expr) -> list[str]:
    """Return what should be there before the condition looks into it."""
    return sorted(
        {
            program.text(inner.value)
            for inner in ast.walk(node)
            if isinstance(inner, ast.Attribute | ast.Subscript)
            and isinstance(inner.value, ast.Name | ast.Attribute)
        }
    )


def _names_in(node: ast.expr) -> set[str]:
    called = {inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    return {
        inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner not in called
    }


def find_predicates(program: Program) -> tuple[str, ...]:
    """Return the program's own functions of one argument that sound like a question."""
    return tuple(
        node.name
        for node in ast.walk(program.tree)
        if isinstance(node, ast.FunctionDef)
        and len(node.args.args) == 1
        and node.name.startswith(("is_", "has_", "can_"))
    )
