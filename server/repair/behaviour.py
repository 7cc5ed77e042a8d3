"""How programs behave on inputs like those of the checks, to tell apart the plausible ones."""

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.repair.search import PlausibleProgram
from stepcheck.server.sandbox.sandbox import Check, Status
from stepcheck.server.sandbox.trials import TrialLimits, TrialOutcome, Trials

_INPUTS = 24


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
    trials: Trials, programs: Sequence[PlausibleProgram], inputs: Sequence[int], seconds: float
) -> list[Behaviour]:
    """Return the programs by what they do on the inputs, the likeliest behaviour first.

    Raises `TrialsEndedError`.
    """
    behaviours: dict[tuple[object, ...], list[PlausibleProgram]] = {}
    sources = [program.source for program in programs]
    ticket = trials.send(sources, inputs, TrialLimits(seconds), stop=False)
    for program, outcomes in zip(programs, trials.receive(ticket), strict=True):
        done = _describe(outcomes, len(inputs))
        behaviours.setdefault(done, []).append(program)
    most = max(program.score for program in programs)
    weights = {program: math.exp(program.score - most) for program in programs}
    total = sum(weights.values())
    found = [
        Behaviour(
            tuple(sorted(alike, key=lambda program: -program.score)),
            sum(weights[program] for program in alike) / total,
        )
        for alike in behaviours.values()
    ]
    return sorted(found, key=lambda behaviour: -behaviour.share)


def _describe(outcomes: Sequence[TrialOutcome], count: int) -> tuple[object, ...]:
    shown: list[object] = [_show(outcome) for outcome in outcomes]
    return (*shown, *[None] * (count - len(shown)))


def _show(outcome: TrialOutcome) -> object:
    if outcome.status is Status.RAISED:
        return outcome.message.split(":")[0]
    return outcome.value if outcome.status is Status.PASSED else outcome.status


def _read_call(source: str) -> tuple[str, tuple[object, ...]] | None:
    """Return what is called, with what comes before it, and the plain arguments."""
    try:
        tree = ast.parse(source.strip())
        match tree.body:
            case [*before, ast.Expr(value=ast.Call(keywords=[]) as call)]:
                arguments = tuple(ast.literal_eval(argument) for argument in call.args)
                setup = "".join(f"{ast.unparse(statement)}\n" for statement in before)
                return setup + ast.unparse(call.func), arguments
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    return None
