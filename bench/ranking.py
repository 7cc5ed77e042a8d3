"""Rank correlation against comparisons, for a noisy comparator whose truth is known.

python bench/ranking.py [--candidates 32] [--repeats 40]

Each candidate has a strength; asked about a pair, the comparator prefers the first with the
probability of Bradley and Terry, its logit disturbed by noise of that question alone and by a
liking for the first place. Every method sees the same answers. PairS asks each pair in both orders,
which counts as two comparisons; the others draw their pairs at random, in a random order.

python bench/ranking.py --judged FILE: of real candidates for one task, one right and one wrong,
how many pairs evidence orders rightly. FILE is what `stepcheck judge --benchmark … --json` printed.
"""

import argparse
import heapq
import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from stepcheck.server.judge.benchmark.benchmark import Record
from stepcheck.server.judge.ranking.comparators import EvidenceComparator
from stepcheck.server.judge.ranking.consistency import (
    Aggregation,
    Comparison,
    PairOutcome,
    bradley_terry_strengths,
    elo_ratings,
    report,
    win_loss_rates,
)
from stepcheck.server.judge.ranking.pairs import (
    Anchored,
    Beam,
    Comparisons,
    Preference,
    Search,
    rank,
    sort_greedily,
)
from stepcheck.server.judge.ranking.ranking import to_outcomes
from stepcheck.server.judge.verdict import Judgement

SHARPNESS = 0.25
LIKING = 0.5
NOISES = (0.5, 1.5)
BUDGETS = (0.3, 0.6, 1.0, 2.0)


class Noisy:
    """The comparator; the same question has the same answer."""

    def __init__(self, count: int, noise: float, seed: int) -> None:
        chance = random.Random(seed)
        self.strengths = chance.sample(range(count), count)
        self._noise = {(i, j): chance.gauss(0, noise) for i in range(count) for j in range(count)}

    def compare(self, first: int, second: int) -> Preference:
        gap = self.strengths[first] - self.strengths[second]
        logit = SHARPNESS * gap + self._noise[first, second] + LIKING
        return Preference(1 / (1 + math.exp(-logit)), 1 / (1 + math.exp(logit)))

    def decide(self, first: int, second: int) -> Comparison:
        wins = self.compare(first, second).wins
        return Comparison(first, second, PairOutcome.FIRST if wins > 0.5 else PairOutcome.SECOND)


@dataclass(frozen=True)
class OwnQuestionsBeam(Beam):
    """A beam that counts, for each interleaving, the comparisons made on its own way alone."""

    def merge(
        self, left: Sequence[int], right: Sequence[int], comparisons: Comparisons
    ) -> list[int]:
        beam: list[tuple[float, tuple[int, ...], int, int]] = [(0.0, (), 0, 0)]
        for _ in range(len(left) + len(right)):
            grown = []
            for sum_, order, i, j in beam:
                if i == len(left) or j == len(right):
                    wins = 1.0 if j == len(right) else 0.0
                else:
                    wins = comparisons.wins(left[i], right[j])
                open_ = i < len(left) and j < len(right) and abs(wins - 0.5) <= self.gap
                if i < len(left) and (wins >= 0.5 or open_):
                    grown.append((sum_ + math.log(max(wins, 1e-12)), (*order, left[i]), i + 1, j))
                if j < len(right) and (wins < 0.5 or open_):
                    lost = math.log(max(1 - wins, 1e-12))
                    grown.append((sum_ + lost, (*order, right[j]), i, j + 1))
            beam = heapq.nlargest(self.width, grown, key=lambda state: state[0])
        return list(beam[0][1])


def by_search(search: Search) -> Callable[[Noisy, int], tuple[list[float], int]]:
    def run(comparator: Noisy, _seed: int) -> tuple[list[float], int]:
        count = len(comparator.strengths)
        ranking = rank(count, Comparisons(comparator), search)
        return [-ranking.order.index(each) for each in range(count)], ranking.comparisons

    return run


def by_aggregation(
    aggregate: Aggregation, share: float
) -> Callable[[Noisy, int], tuple[list[float], int]]:
    def run(comparator: Noisy, seed: int) -> tuple[list[float], int]:
        count = len(comparator.strengths)
        chance = random.Random(seed)
        pairs = [tuple(chance.sample((i, j), 2)) for i in range(count) for j in range(i)]
        chance.shuffle(pairs)
        pairs += [(second, first) for first, second in pairs]
        asked = [
            comparator.decide(*pair) for pair in pairs[: round(share * count * (count - 1) / 2)]
        ]
        return aggregate(count, asked), len(asked)

    return run


def order_judged(file: Path) -> None:
    """Compare all right with all wrong candidates of each task, by recomputed labels."""
    tasks: dict[str, list[Record]] = defaultdict(list)
    for line in file.read_text().splitlines():
        record = Record.model_validate_json(line)
        if record.recomputed is not None:
            tasks[f"{record.language} {record.id.rpartition('/')[0]}"].append(record)
    outcomes: dict[str, list[float | None]] = defaultdict(list)
    for task, records in tasks.items():
        comparator = EvidenceComparator(
            [
                Judgement(
                    each.verdict,
                    each.score,
                    each.confidence,
                    (),
                    tuple(kind.to_evidence() for kind in each.evidence),
                )
                for each in records
            ]
        )
        for i, right in enumerate(records):
            for j, wrong in enumerate(records):
                if right.recomputed and not wrong.recomputed:
                    preference = comparator.compare(i, j)
                    outcomes[task.split()[0]].append(preference and preference.wins)
    for language, found in outcomes.items():
        decided = [wins for wins in found if wins is not None]
        right = sum(wins > 0.5 for wins in decided)
        wrong = sum(wins < 0.5 for wins in decided)
        print(
            f"{language}: {len(found)} pairs; {right / len(found):.3f} ordered rightly, "
            f"{wrong / len(found):.3f} wrongly, {(len(decided) - right - wrong) / len(found):.3f} "
            f"tied, {1 - len(decided) / len(found):.3f} not compared"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--judged", type=Path)
    given = parser.parse_args()
    if given.judged is not None:
        order_judged(given.judged)
        return
    methods = {
        "PairS greedy": by_search(sort_greedily),
        "PairS beam": by_search(Beam()),
        "  counting own questions only": by_search(OwnQuestionsBeam()),
        "PairS with 8 anchors": by_search(Anchored(8)),
    }
    for name, aggregate in (
        ("Elo", elo_ratings),
        ("win-loss", win_loss_rates),
        ("Bradley-Terry", bradley_terry_strengths),
    ):
        for share in BUDGETS:
            methods[f"{name}, {share:.0%} of the pairs"] = by_aggregation(aggregate, share)
    table = Table("method", *(f"comparisons, ρ at noise {noise}" for noise in NOISES))
    for name, run in methods.items():
        cells = []
        for noise in NOISES:
            correlations, counts = [], []
            for seed in range(given.repeats):
                comparator = Noisy(given.candidates, noise, seed)
                found, asked = run(comparator, seed)
                correlations.append(spearmanr(found, comparator.strengths).statistic)
                counts.append(asked)
            spread = statistics.stdev(correlations) / math.sqrt(given.repeats)
            cells.append(
                f"{statistics.mean(counts):.0f}, {statistics.mean(correlations):.3f} ±{spread:.3f}"
            )
        table.add_row(name, *cells)
    console = Console()
    console.print(table)
    for noise in NOISES:
        reports = []
        for seed in range(given.repeats):
            comparisons = Comparisons(Noisy(given.candidates, noise, seed))
            for i in range(given.candidates):
                for j in range(i):
                    comparisons.prefer(i, j)
            reports.append(report(given.candidates, to_outcomes(comparisons.answers)))
        transitive = statistics.mean(each.transitivity.value or 0 for each in reports)
        alike = statistics.mean(each.commutativity.value or 0 for each in reports)
        console.print(
            f"noise {noise}: s_tran(3) {transitive:.3f} (chance 0.750), s_comm {alike:.3f}"
        )


if __name__ == "__main__":
    main()
