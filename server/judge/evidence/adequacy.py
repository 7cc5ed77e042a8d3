"""How much the inputs tried could have shown: branches reached, and mutants told apart."""

import ast
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.candidate_session import Session
from stepcheck.server.judge.evidence.comparison import ComparedInput
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


@dataclass(frozen=True, slots=True)
class _Mutated:
    """A call of a mutant: its module is what prepares the call, before all else."""

    mutant: str
    template: Template

    @property
    def setup(self) -> str:
        return f"{self.mutant}\n{self.template.setup}"

    @property
    def call(self) -> str:
        return self.template.call


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
    branches = set(_branches(member.node))
    with Session(lambda: sandbox.open_candidate(source, _SECONDS_PER_CALL, traced=True)) as session:
        reached = _reached(tried[:_MAX_TRACED], session) & branches
        until = time.monotonic() + _SECONDS
        results: list[bool] = []
        for mutant in mutants(tree, member.node, _MAX_MUTANTS):
            told_apart = _is_told_apart(mutant, tried, session)
            if session.is_over or time.monotonic() > until:
                break
            results.append(told_apart)
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


def _reached(tried: Sequence[ComparedInput], session: Session) -> set[int]:
    outcomes = session.evaluate_all([(one.input.template, one.input.values) for one in tried])
    return {line for outcome in outcomes for line in outcome.lines}


def _is_told_apart(mutant: str, tried: Sequence[ComparedInput], session: Session) -> bool:
    """Tell whether an input tells a mutant from the code, in whose process it is made anew."""
    comparer = Comparer()
    first, portion = 0, 1
    while first < len(tried):
        # Most are told apart by one of the first inputs.
        some = tried[first : first + portion]
        calls = [(_Mutated(mutant, one.input.template), one.input.values) for one in some]
        outcomes = session.evaluate_all(calls)
        for one, outcome in zip(some, outcomes, strict=True):
            if comparer.compare(outcome, one.got) is not Match.SAME:
                return True
        first, portion = first + portion, 4 * portion
    return False
