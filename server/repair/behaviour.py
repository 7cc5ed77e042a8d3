"""How programs behave on inputs like those of the checks, to tell apart the plausible ones."""

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.repair.search import PlausibleProgram
from stepcheck.server.sandbox.parsing import parse_module
from stepcheck.server.sandbox.sandbox import Check, Status
from stepcheck.server.sandbox.trials import TrialLimits, TrialOutcome, Trials

_INPUTS = 24
_AVERSION_TO_ERRORS = 3.0

_Outcomes = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Error:
    """An exception that was raised."""

    name: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Plausible programs that do the same on every input tried, the likeliest first.

    `share` is theirs of the likelihood of all plausible programs.
    """

    programs: tuple[PlausibleProgram, ...]
    share: float


def vary_checks(checks: Sequence[Check]) -> list[Check]:
    """Return calls like those of the checks, with other arguments; nothing is expected of them."""
    # Hypothesis takes long to import, which a server should not wait for when it starts.
    from stepcheck.server.judge.evidence.input_search import vary

    calls = [found for check in checks if (found := _read_call(check.source)) is not None]
    made: list[Check] = []
    heads = dict.fromkeys(head for head, _ in calls)
    for head in heads:
        shown = [arguments for other, arguments in calls if other == head and arguments]
        if shown:
            count = max(1, _INPUTS // len(heads))
            made += [
                Check(f"{head}({', '.join(map(repr, arguments))})", any_value=True)
                for arguments in vary(shown, count)
            ]
    return made


def group_by_behaviour(
    trials: Trials,
    programs: Sequence[PlausibleProgram],
    unchanged: str,
    inputs: Sequence[int],
    seconds: float,
) -> list[Behaviour]:
    """Return the programs by what they do on the inputs, the best behaviour first.

    The best is that with which the others agree most, weighted by their likelihood: the least
    Bayes risk (Shi et al., "Natural language to code translation with execution",
    arXiv:2204.11454). A behaviour that raises errors where the unchanged program raises none
    comes later. Raises `TrialsEndedError`.
    """
    sources = [unchanged, *(program.source for program in programs)]
    ticket = trials.send(sources, inputs, TrialLimits(seconds), stop=False)
    before, *results = (_describe(each, len(inputs)) for each in trials.receive(ticket))
    behaviours: dict[_Outcomes, list[PlausibleProgram]] = {}
    for program, done in zip(programs, results, strict=True):
        behaviours.setdefault(done, []).append(program)
    most = max(program.score for program in programs)
    weights = {
        done: sum(math.exp(program.score - most) for program in alike)
        for done, alike in behaviours.items()
    }
    total = sum(weights.values())

    def promise(done: _Outcomes) -> float:
        agreed = sum(weight * _agreement(done, other) for other, weight in weights.items())
        return agreed * math.exp(-_AVERSION_TO_ERRORS * _newly_raised(before, done))

    return [
        Behaviour(
            tuple(sorted(behaviours[done], key=lambda program: -program.score)),
            weights[done] / total,
        )
        for done in sorted(behaviours, key=promise, reverse=True)
    ]


def _agreement(one: _Outcomes, other: _Outcomes) -> float:
    """Return the share of inputs on which two behaviours are the same."""
    same = sum(a == b for a, b in zip(one, other, strict=True))
    return same / len(one) if one else 1.0


def _newly_raised(before: _Outcomes, after: _Outcomes) -> float:
    """Return the share of inputs that bring an error after an edit, and did not before."""
    found = sum(
        isinstance(new, _Error) and not isinstance(old, _Error)
        for old, new in zip(before, after, strict=True)
    )
    return found / len(after) if after else 0.0


def _describe(outcomes: Sequence[TrialOutcome], count: int) -> _Outcomes:
    shown: list[object] = [_show(outcome) for outcome in outcomes]
    return (*shown, *[None] * (count - len(shown)))


def _show(outcome: TrialOutcome) -> object:
    if outcome.status is Status.RAISED:
        return _Error(outcome.message.split(":")[0])
    return outcome.value if outcome.status is Status.PASSED else outcome.status


def _read_call(source: str) -> tuple[str, tuple[object, ...]] | None:
    """Return what is called, with what comes before it, and the plain arguments."""
    try:
        tree = parse_module(source.strip())
        match tree.body:
            case [*before, ast.Expr(value=ast.Call(keywords=[]) as call)]:
                arguments = tuple(ast.literal_eval(argument) for argument in call.args)
                setup = "".join(f"{ast.unparse(statement)}\n" for statement in before)
                return setup + ast.unparse(call.func), arguments
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    return None
