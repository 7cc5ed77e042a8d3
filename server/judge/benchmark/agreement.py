"""How well scores and verdicts agree with labels."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import combinations


def kendall_tau_b(left: Sequence[float], right: Sequence[float]) -> float:
    """Return Kendall's τ-b, NaN if either side is constant (Kendall 1945; ties are corrected for).

    Quadratic in the length, which must be the same for both (`ValueError`).
    """
    if len(left) != len(right):
        raise ValueError("the two sides differ in length")
    balance = tied_left = tied_right = pairs = 0
    for (x, u), (y, v) in combinations(zip(left, right, strict=True), 2):
        first, second = (x > y) - (x < y), (u > v) - (u < v)
        pairs += 1
        balance += first * second
        tied_left += first == 0
        tied_right += second == 0
    scale = math.sqrt((pairs - tied_left) * (pairs - tied_right))
    return balance / scale if scale else math.nan


def spearman_rho(left: Sequence[float], right: Sequence[float]) -> float:
    """Return Spearman's ρ, NaN if either side is constant; those that tie share their mean rank.

    Both must be of the same length (`ValueError`).
    """
    if len(left) != len(right):
        raise ValueError("the two sides differ in length")
    if len(set(left)) < 2 or len(set(right)) < 2:
        return math.nan
    return statistics.correlation(_ranks(left), _ranks(right))


def _ranks(values: Sequence[float]) -> list[float]:
    ranks: dict[float, float] = {}
    before = 0
    for value, count in sorted(Counter(values).items()):
        ranks[value] = before + (count + 1) / 2
        before += count
    return [ranks[value] for value in values]
