"""How programs behave on inputs like those of the checks, to tell apart what passes them all."""

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.repair.search import Survivor
from stepcheck.server.sandbox.sandbox import Check, Status
from stepcheck.server.sandbox.trials import Outcome, Trials

_INPUTS = 24


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Survivors that do the same on every input tried, the likeliest first.

    `share` is theirs of the likelihood of all survivors.
    """

    survivors: tuple[Survivor, ...]
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


def group(
    trials: Trials, survivors: Sequence[Survivor], inputs: Sequence[int], seconds: float
) -> list[Behaviour]:
    """Return the survivors by what they do on the inputs, the likeliest behaviour first.

    Raises `TrialsEndedError`.
    """
    behaviours: dict[tuple[object, ...], list[Survivor]] = {}
    for survivor in survivors:
        done = _behave(trials, survivor.source, inputs, seconds)
        behaviours.setdefault(done, []).append(survivor)
    most = max(survivor.score for survivor in survivors)
    weights = {survivor: math.exp(survivor.score - most) for survivor in survivors}
    total = sum(weights.values())
    found = [
        Behaviour(
            tuple(sorted(alike, key=lambda survivor: -survivor.score)),
            sum(weights[survivor] for survivor in alike) / total,
        )
        for alike in behaviours.values()
    ]
    return sorted(found, key=lambda behaviour: -behaviour.share)


def _behave(
    trials: Trials, source: str, inputs: Sequence[int], seconds: float
) -> tuple[object, ...]:
    outcomes = trials.run(source, inputs, seconds, stop=False)
    shown: list[object] = [_show(outcome) for outcome in outcomes]
    return (*shown, *[None] * (len(inputs) - len(shown)))


def _show(outcome: Outcome) -> object:
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
