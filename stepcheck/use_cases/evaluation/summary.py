"""What results say together: shares with their uncertainty, pass@k, and times."""

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    EvaluationResult,
)

NORMAL_QUANTILE = 1.959963984540054
"""Of 0.975: two-sided intervals with 95 % confidence."""


class ShareAtK(BaseModel):
    """The share of goals solved by k steps: by the first k, or (pass@k) by k draws."""

    model_config = ConfigDict(frozen=True)

    k: int
    share: float


class Interval(BaseModel):
    """An interval of a share, with 95 % confidence."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float


class NamedProblem(BaseModel):
    """A goal, and what was wrong with it or with its proof."""

    model_config = ConfigDict(frozen=True)

    name: str
    problem: str


class EvaluationSummary(BaseModel):
    """The figures of an evaluation; shares are of the `goals` that could be opened.

    A figure is `None` where there is no goal to measure it on. `p50` and `p95` are milliseconds a
    goal. `unopened` goals are not among `goals`; `hindered` ones are, as not solved: Lean broke
    down over them, or the whole file does not accept the proof that a search has found.
    """

    model_config = ConfigDict(frozen=True)

    conditions: EvaluationConditions
    goals: int
    solved: int
    share: float | None
    interval: Interval | None
    at: tuple[ShareAtK, ...]
    p50: float | None
    p95: float | None
    unopened: tuple[NamedProblem, ...]
    hindered: tuple[NamedProblem, ...]


def summarise(
    results: Sequence[EvaluationResult], conditions: EvaluationConditions, ks: Sequence[int]
) -> EvaluationSummary:
    """Return the figures of results that were measured under the same conditions."""
    opened = [result for result in results if result.is_opened]
    solved = sum(result.is_solved for result in opened)
    has_ranks = conditions.method is not EvaluationMethod.SEARCH
    times = [result.milliseconds for result in opened]
    return EvaluationSummary(
        conditions=conditions,
        goals=len(opened),
        solved=solved,
        share=solved / len(opened) if opened else None,
        interval=wilson_interval(solved, len(opened)) if opened else None,
        at=tuple(ShareAtK(k=k, share=_share_at(k, opened)) for k in ks)
        if opened and has_ranks
        else (),
        p50=quantile(times, 0.5) if times else None,
        p95=quantile(times, 0.95) if times else None,
        unopened=_named([result for result in results if not result.is_opened]),
        hindered=_named([result for result in opened if result.problem]),
    )


def wilson_interval(successes: int, total: int) -> Interval:
    """Return the score interval of a share (Wilson 1927, JASA 22:209) with 95 % confidence."""
    square = NORMAL_QUANTILE**2
    share = successes / total
    centre = (share + square / (2 * total)) / (1 + square / total)
    spread = NORMAL_QUANTILE * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    half = spread / (1 + square / total)
    # Rounding must not leave the range of shares.
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


def pass_at_k(draws: int, correct: int, k: int) -> float:
    """Estimate without bias how likely one of k independent draws is correct.

    From `correct` ones of so many `draws` (Chen et al. 2021, arXiv:2107.03374): one minus the share
    of the subsets of k draws in which none is. Raises `ValueError` unless 1 ≤ k ≤ draws.
    """
    if not 1 <= k <= draws:
        raise ValueError(f"k is {k}: not between 1 and the {draws} draws")
    return 1 - math.comb(draws - correct, k) / math.comb(draws, k)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least of the values that at least this `share` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _share_at(k: int, opened: Sequence[EvaluationResult]) -> float:
    return statistics.fmean(_solved_by(k, result) for result in opened)


def _solved_by(k: int, result: EvaluationResult) -> float:
    if result.correct is not None:
        return pass_at_k(result.conditions.n, result.correct, k)
    return float(result.rank is not None and result.rank <= k)


def _named(results: Sequence[EvaluationResult]) -> tuple[NamedProblem, ...]:
    return tuple(NamedProblem(name=each.name, problem=each.problem) for each in results)
