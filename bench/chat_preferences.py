"""How a chat model compares candidates of a task, alone and after facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.datasets import alternate
from stepcheck.models.chat.interface import ChatModel
from stepcheck.server.judge.benchmark.benchmark import Row, complete, judge_rows
from stepcheck.server.judge.benchmark.preludes import HUMANEVAL_X
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model.prompts import describe_task
from stepcheck.server.judge.ranking.comparators import (
    ChatComparator,
    EvidenceComparator,
    FactsFirst,
    PreferenceQuestion,
)
from stepcheck.server.judge.ranking.consistency import (
    ConsistencyReport,
    PairOutcome,
    Share,
    report,
)
from stepcheck.server.judge.ranking.pairs import Comparator, Comparisons, Preference
from stepcheck.server.judge.ranking.ranking import to_outcomes
from stepcheck.server.sandbox.sandbox import Sandbox

CANDIDATES = 3
"""Of a task; the fewest that can be in a circle."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What comparing showed; shares, None of nothing.

    `first_preferred`: of the answers to both orders that have a side. `right_ordered`: of pairs of
    a right and a wrong candidate, both orders averaged; a tie or no answer counts half.
    """

    comparisons: int
    answered: float | None
    first_preferred: float | None
    s_tran: float | None
    s_comm: float | None
    s_neg: float | None
    right_ordered: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A task's candidates compared pair by pair in both orders, and likewise as the worse."""

    labels: Sequence[bool]
    better: Comparisons
    worse: Comparisons | None

    @classmethod
    def of(
        cls, labels: Sequence[bool], better: Comparator, worse: Comparator | None = None
    ) -> "Compared":
        """Ask about every pair."""
        asked = cls(labels, Comparisons(better), Comparisons(worse) if worse else None)
        for first, second in combinations(range(len(labels)), 2):
            asked.better.prefer(first, second)
            if asked.worse:
                asked.worse.prefer(first, second)
        return asked

    def report(self) -> ConsistencyReport:
        """Return how logical the answers are."""
        worse = to_outcomes(self.worse.answers) if self.worse else None
        return report(len(self.labels), to_outcomes(self.better.answers), worse)


@dataclass(frozen=True, slots=True)
class Answered:
    """Says again what was answered before."""

    answers: Mapping[tuple[int, int], Preference | None]

    def compare(self, first: int, second: int) -> Preference | None:
        return self.answers[first, second]


def choose_tasks(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """Return different candidates of the first tasks that have right and wrong ones."""
    tasks: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        tasks[row.problem].setdefault(row.candidate, row)
    chosen = [
        alternate(list(task.values()), lambda row: row.label)[:CANDIDATES]
        for task in tasks.values()
        if len(task) >= CANDIDATES and len({row.label for row in task.values()}) == 2
    ]
    return chosen[:count]


def prefer(tasks: Sequence[Sequence[Row]], chat: ChatModel) -> dict[str, Preferences]:
    """Compare each task's candidates by facts, by the model, and by the model after facts."""
    found: dict[str, list[Compared]] = defaultdict(list)
    for task in tasks:
        judged = list(judge_rows(task, Judge(Sandbox()), use_reference=False))
        judgements = [one.judgement for one in judged]
        labels = [one.row.label if one.recomputed is None else one.recomputed for one in judged]
        codes = [complete(row.declaration, row.candidate).removeprefix(HUMANEVAL_X) for row in task]
        words = describe_task(task[0].problem, task[0].examples, "python", None)
        as_better, as_worse = (
            ChatComparator(chat, codes, PreferenceQuestion(words, Criterion.CORRECTNESS, worse))
            for worse in (False, True)
        )
        model = Compared.of(labels, as_better, as_worse)
        assert model.worse is not None
        found["the model"].append(model)
        found["the model after facts"].append(
            Compared.of(
                labels,
                FactsFirst(judgements, Answered(model.better.answers)),
                FactsFirst(judgements, Answered(model.worse.answers), worse=True),
            )
        )
        found["the facts"].append(Compared.of(labels, EvidenceComparator(judgements)))
    return {name: describe(compared) for name, compared in found.items()}


def describe(compared: Sequence[Compared]) -> Preferences:
    """Return the figures of all tasks together."""
    reports = [each.report() for each in compared]
    answers = [answer for each in compared for answer in each.better.answers.values()]
    outcomes = [
        outcome for each in compared for outcome in to_outcomes(each.better.answers).values()
    ]
    sides = [outcome for outcome in outcomes if outcome is not PairOutcome.TIE]
    ordered = [
        each.better.wins(right, wrong)
        for each in compared
        for right, is_right in enumerate(each.labels)
        for wrong, is_other_right in enumerate(each.labels)
        if is_right and not is_other_right
    ]
    return Preferences(
        len(answers),
        _share([answer is not None for answer in answers]),
        _share([side is PairOutcome.FIRST for side in sides]),
        _pool([each.transitivity for each in reports]),
        _pool([each.commutativity for each in reports]),
        _pool([each.negation for each in reports]),
        _share([(wins > 0.5) + (wins == 0.5) / 2 for wins in ordered]),
    )


def _share(cases: Sequence[float]) -> float | None:
    return sum(cases) / len(cases) if cases else None


def _pool(shares: Sequence[Share]) -> float | None:
    total = sum(share.total for share in shares)
    held = sum(share.value * share.total for share in shares if share.value is not None)
    return held / total if total else None
