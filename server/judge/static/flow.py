"""Where control goes in a function: code that is never reached, and ends without a result."""

import ast
import itertools
from collections.abc import Iterator, Sequence

from stepcheck.server.judge.languages.python.changes import members
from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.judge.verdict import Fault, FaultKind, Range, Severity

# Shifts and `|` are given other meanings by libraries.
_ARITHMETIC = ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def find_unreachable(tree: ast.Module) -> Iterator[Fault]:
    """Yield the statements that nothing leads to: after a jump, or a loop without an end."""
    for node in ast.walk(tree):
        for block in _blocks(node):
            for statement, following in itertools.pairwise(block):
                if _never_ends(statement):
                    # A `yield` that is never reached makes a function a generator.
                    if not any(_holds_yield(each) for each in block[block.index(following) :]):
                        yield _unreachable(following, block[-1])
                    break


def find_unused_results(tree: ast.Module) -> Iterator[Fault]:
    """Yield the statements that compute something by arithmetic and leave it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr) or any(map(_has_effect, ast.walk(node.value))):
            continue
        match node.value:
            case ast.BinOp(op=operator) if isinstance(operator, _ARITHMETIC):
                pass
            case ast.UnaryOp() | ast.BoolOp():
                pass
            case _:
                continue
        where = Range(node.lineno, node.end_lineno or node.lineno)
        message = f"the result of {ast.unparse(node)[:60]} is not used"
        yield Fault(where, Severity.SMALL, FaultKind.SUSPICIOUS, message)


def _has_effect(node: ast.AST) -> bool:
    return isinstance(node, ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr)


def find_missing_returns(tree: ast.Module) -> Iterator[Fault]:
    """Yield the functions that return a value on some paths and on others come to their end."""
    for member in members(tree):
        if isinstance(member.node, Function) and returns_on_some_paths_only(member.node):
            message = f"{member.name} returns a value on some paths only"
            last = member.node.body[-1]
            where = Range(last.lineno, last.end_lineno or last.lineno)
            yield Fault(where, Severity.SMALL, FaultKind.MISSING_RETURN, message)


def find_lost_results(before: ast.Module, after: ast.Module) -> Iterator[Fault]:
    """Yield the functions that returned a value and now never do."""
    gave = {member.name for member in members(before) if _gives_results(member.node)}
    for member in members(after):
        node = member.node
        if member.name not in gave or not isinstance(node, Function) or _gives_results(node):
            continue
        if not any(_holds_yield(each) or _never_ends(each) for each in node.body):
            message = f"{member.name} returns no value any more"
            where = Range(node.lineno, node.lineno)
            yield Fault(where, Severity.SMALL, FaultKind.MISSING_RETURN, message)


def returns_on_some_paths_only(function: Function) -> bool:
    """Whether it returns values, never says `return` or `return None`, and may come to its end."""
    returns = [node for node in _own_nodes(function) if isinstance(node, ast.Return)]
    given = [_is_value(node) for node in returns]
    if not given or not all(given) or any(map(_holds_yield, function.body)):
        return False
    return not _block_never_ends(function.body, with_passes=True)


def _gives_results(node: ast.AST) -> bool:
    return isinstance(node, Function) and any(
        isinstance(each, ast.Return) and _is_value(each) for each in _own_nodes(node)
    )


def _is_value(node: ast.Return) -> bool:
    nothing = node.value is None or (
        isinstance(node.value, ast.Constant) and node.value.value is None
    )
    return not nothing


def _unreachable(first: ast.stmt, last: ast.stmt) -> Fault:
    where = Range(first.lineno, last.end_lineno or last.lineno)
    message = f"never reached: {ast.unparse(first).splitlines()[0][:60]}"
    return Fault(where, Severity.SMALL, FaultKind.UNREACHABLE, message)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and block:
            yield block


def _block_never_ends(block: Sequence[ast.stmt], *, with_passes: bool = False) -> bool:
    return any(_never_ends(statement, with_passes=with_passes) for statement in block)


def _never_ends(statement: ast.stmt, *, with_passes: bool = False) -> bool:
    """Whether control never passes from the statement to the next.

    A `with` may swallow the exception that would leave it, or pass it on: what is assumed of it
    is `with_passes`.
    """

    def ends_not(block: Sequence[ast.stmt]) -> bool:
        return _block_never_ends(block, with_passes=with_passes)

    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(body=body, orelse=orelse):
            return bool(orelse) and ends_not(body) and ends_not(orelse)
        case ast.While(test=ast.Constant(value=value), body=body):
            return bool(value) and not any(map(_breaks, body))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            if ends_not(final):
                return True
            normal = ends_not(body) or ends_not(orelse)
            return normal and all(ends_not(handler.body) for handler in handlers)
        case ast.Match(cases=cases):
            last = cases[-1]
            complete = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return complete and not last.guard and all(ends_not(c.body) for c in cases)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return with_passes and ends_not(body)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="sys"), attr="exit"))):
            return True
        case ast.Assert(test=ast.Constant(value=False)):
            return True
    return False


def _breaks(statement: ast.stmt) -> bool:
    """Whether the statement may break out of the loop it stands in."""
    if isinstance(statement, ast.Break):
        return True
    if isinstance(statement, _Scope):
        return False
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        return any(map(_breaks, statement.orelse))
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            if any(map(_breaks, child.body)):
                return True
        elif isinstance(child, ast.stmt) and _breaks(child):
            return True
    return False


def _holds_yield(statement: ast.stmt) -> bool:
    if isinstance(statement, _Scope):
        return False
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(statement))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes within, without those of functions and classes within."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, _Scope):
            waiting.extend(ast.iter_child_nodes(current))
