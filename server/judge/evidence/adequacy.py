"""How much the inputs tried could have shown: branches reached, and mutants told apart."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from stepcheck.server.judge.evidence.candidate_session import Session
from stepcheck.server.judge.evidence.comparison import Budget, ComparedInput
from stepcheck.server.judge.evidence.matching import Match
from stepcheck.server.judge.evidence.mutants import mutants
from stepcheck.server.judge.evidence.outcomes import Comparer
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import Function, main_function, parse
from stepcheck.server.judge.verdict import Adequacy
from stepcheck.server.sandbox.sandbox import Sandbox

_MAX_MUTANTS = 12
_MAX_TRACED = 40
_SECONDS = 0.4
_SECONDS_PER_CALL = 0.3


def measure(
    source: str, function: str | None, tried: Sequence[ComparedInput], sandbox: Sandbox
) -> Adequacy | None:
    """Return how adequate the inputs are for the code; None where it has no such function.

    Mutants for which there is no time left do not count. Raises `SandboxUnavailableError`.
    """
    tree = parse(source)
    main = main_function(tree)
    member = find_member(tree, function or (main.name if main else ""))
    if member is None or not isinstance(member.node, Function) or not tried:
        return None
    budget = Budget(_SECONDS)
    branches = set(_branches(member.node))
    reached = _reached(source, tried[:_MAX_TRACED], sandbox) & branches
    results = [
        _is_told_apart(mutant, tried, sandbox)
        for mutant in mutants(tree, member.node, _MAX_MUTANTS)
        if not budget.is_spent()
    ]
    return Adequacy(len(branches), len(reached), len(results), sum(results))


def _branches(function: Function) -> Iterator[int]:
    """Yield the first line of each block that may be left out: a branch is known by it."""
    for node in ast.walk(function):
        blocks: Iterable[list[ast.stmt]] = ()
        match node:
            case ast.If() | ast.For() | ast.While() | ast.AsyncFor():
                blocks = (node.body, node.orelse)
            case ast.Try():
                blocks = [handler.body for handler in node.handlers]
            case ast.Match():
                blocks = [case.body for case in node.cases]
        yield from (block[0].lineno for block in blocks if block)
    yield function.body[0].lineno


def _reached(source: str, tried: Sequence[ComparedInput], sandbox: Sandbox) -> set[int]:
    lines: set[int] = set()
    with Session(
        lambda: sandbox.open_candidate(source, 3 * _SECONDS_PER_CALL, traced=True)
    ) as session:
        for one in tried:
            session.evaluate(one.input.template, one.input.values)
            lines |= session.lines
    return lines


def _is_told_apart(mutant: str, tried: Sequence[ComparedInput], sandbox: Sandbox) -> bool:
    comparer = Comparer()
    with Session(lambda: sandbox.open_candidate(mutant, _SECONDS_PER_CALL)) as session:
        return any(
            comparer.compare(session.evaluate(one.input.template, one.input.values), one.got)
            is not Match.SAME
            for one in tried
        )
