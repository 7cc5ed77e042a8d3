"""Where the fault is: how suspicious each line is, from what ran for the checks that fail.

The similarity is Ochiai's (Abreu et al., "An evaluation of similarity coefficients for software
fault localization", 2006).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_RAISED_HERE = 1.0
_RAISED_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """A check: whether it passed, the lines that ran for it, and those of its traceback.

    Lines count from 1; `places` are outermost first.
    """

    passed: bool
    lines: frozenset[int]
    places: tuple[int, ...] = ()


def suspect(runs: Sequence[Run]) -> Mapping[int, float]:
    """Return how suspicious each line is that ran for a check that failed: from 0 to 2.

    To the similarity, from 0 to 1, comes that an error was raised there, or below.
    """
    failed = [run for run in runs if not run.passed]
    suspicion: dict[int, float] = {}
    for line in sorted(
        set().union(*(run.lines for run in failed), *(run.places for run in failed))
    ):
        among_failed = sum(line in run.lines for run in failed)
        among_all = sum(line in run.lines for run in runs)
        similarity = among_failed / math.sqrt(len(failed) * among_all) if among_all else 0.0
        raised = max((_blame(run, line) for run in failed), default=0.0)
        suspicion[line] = similarity + raised
    return suspicion


def _blame(run: Run, line: int) -> float:
    if run.places and run.places[-1] == line:
        return _RAISED_HERE
    return _RAISED_BELOW if line in run.places else 0.0
