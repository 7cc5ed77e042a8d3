"""Further inputs, where those tried tell too little: aimed at what they missed, and more at random.

They are inside the domain, as the border has been looked at, and it is not asked about there.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest

from stepcheck.server.judge.evidence.adequacy import Survey
from stepcheck.server.judge.evidence.comparison import (
    Budget,
    ComparedInput,
    Input,
    VersionComparison,
)
from stepcheck.server.judge.evidence.domain.domain import Standing
from stepcheck.server.judge.evidence.planning.aimed_inputs import aim
from stepcheck.server.judge.evidence.planning.plan import Plan

_ROUNDS = 2
_AIMED = 60
_DRAWN = 60
_MAX_LOOKED_AT = 600
_SECONDS = 1.0
_SEED = 100
"""Not one of those of the first inputs."""


def try_further(
    survey: Survey, comparison: VersionComparison, plan: Plan, tried: Sequence[ComparedInput]
) -> list[ComparedInput]:
    """Return what became of inputs tried because those before missed something.

    They count for the survey, too. It ends when nothing is missed, one differs, or time is up.
    Raises `CancelledError` and `SandboxUnavailableError`.
    """
    known = {one.input.key for one in tried}
    found: list[ComparedInput] = []
    budget = Budget(_SECONDS)
    for turn in range(_ROUNDS):
        if budget.is_spent() or not survey.missed():
            break
        compared = comparison.try_all(
            list(islice(_aimed(survey, plan, known), _AIMED)), _SECONDS / _ROUNDS
        )
        compared += [
            one
            for one in comparison.draw(
                plan.strategy, _DRAWN, _SECONDS / _ROUNDS, seed=_SEED * (turn + 1)
            )
            if one.input.key not in known and _is_inside(plan, one.input)
        ]
        known.update(one.input.key for one in compared)
        found += compared
        if not all(one.is_same for one in compared):
            break
        survey.add(compared)
    return found


def _aimed(survey: Survey, plan: Plan, known: set[str]) -> Iterator[Input]:
    """Yield inputs aimed at each place in turn, none of those known."""
    made = (aim(one.place, one.near, plan.constants) for one in survey.missed())
    seen: set[str] = set()
    for one in islice(chain.from_iterable(zip_longest(*made)), _MAX_LOOKED_AT):
        if one is None or one.key in known or one.key in seen:
            continue
        seen.add(one.key)
        if _is_inside(plan, one):
            yield one


def _is_inside(plan: Plan, one: Input) -> bool:
    return plan.locate(one).standing is Standing.INSIDE
