import pytest

from bench.chat_preferences import Compared, choose_tasks, describe
from bench.datasets import alternate
from stepcheck.server.judge.benchmark.benchmark import Row
from stepcheck.server.judge.ranking.pairs import Preference

FIRST, SECOND = Preference(1, 0), Preference(0, 1)


class Liking:
    """Prefers what is shown first."""

    def compare(self, first, second):
        return FIRST


class Truth:
    def __init__(self, labels, *, worse=False):
        self.labels, self.worse = labels, worse

    def compare(self, first, second):
        left, right = self.labels[first], self.labels[second]
        if left == right:
            return Preference(0, 0, 1)
        return FIRST if left != self.worse else SECOND


class Silent:
    def compare(self, first, second):
        return None


def row(problem, candidate, *, label):
    return Row(
        id="",
        language="python",
        problem=problem,
        declaration="",
        reference="",
        candidate=candidate,
        label=label,
    )


def test_a_liking_for_a_place_shows_in_each_figure():
    found = describe([Compared.of([True, False, True], Liking(), Liking())])

    assert (found.comparisons, found.first_preferred) == (6, 1.0)
    assert (found.s_comm, found.s_neg, found.right_ordered) == (0.0, 0.0, 0.5)


def test_a_true_comparator_is_logical_and_right():
    labels = [True, False, False]
    found = describe([Compared.of(labels, Truth(labels), Truth(labels, worse=True))])

    assert (found.s_tran, found.s_comm, found.s_neg, found.right_ordered) == (1.0, 1.0, 1.0, 1.0)
    assert found.first_preferred == 0.5


def test_a_comparator_that_says_nothing_has_no_figures():
    found = describe([Compared.of([True, False, True], Silent())])

    assert (found.answered, found.first_preferred, found.s_comm, found.s_neg) == (
        0,
        None,
        None,
        None,
    )
    assert found.right_ordered == 0.5


def test_tasks_are_pooled_by_their_pairs():
    labels = [True, False]
    liking = Compared.of([True, False, True], Liking())
    found = describe([liking, Compared.of(labels, Truth(labels))])

    assert found.s_comm == pytest.approx(1 / 4)


def test_candidates_are_distinct_and_of_both_kinds():
    rows = [
        row("a", "x", label=True),
        row("a", "x", label=True),
        row("a", "y", label=True),
        row("a", "z", label=False),
        row("a", "w", label=True),
        row("b", "x", label=True),
        row("b", "y", label=True),
        row("b", "z", label=True),
        row("c", "x", label=True),
        row("c", "y", label=False),
    ]

    [task] = choose_tasks(rows, 9)

    assert [each.candidate for each in task] == ["x", "z", "y"]


@pytest.mark.parametrize(
    ("items", "ordered"),
    [([1, 2, 3, 4], [1, 2, 3, 4]), ([2, 4, 6, 1], [1, 2, 4, 6]), ([2, 4], [2, 4]), ([], [])],
)
def test_kinds_take_turns_while_there_are_both(items, ordered):
    assert alternate(items, lambda number: number % 2 == 1) == ordered
