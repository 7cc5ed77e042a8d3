"""What waits in a state of a search, and in which order; needs no Lean."""

from dataclasses import dataclass

from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.search_node import (
    FINISHERS,
    FIRST_VISIT_OF_SLOW,
    SearchNode,
    log_probability_of,
    provability,
)

EASY, HARD = "⊢ easy", "⊢ hard"


@dataclass(frozen=True)
class Expected:
    probability: float
    milliseconds: float


class TableEstimator:
    """Knows some steps; of others it expects little."""

    def __init__(self, **known: tuple[float, float]) -> None:
        self._known = known

    def estimate(self, goal: str, proposal: Proposal) -> Expected:
        probability, milliseconds = self._known.get(proposal.step, (0.001, 1.0))
        return Expected(probability if goal == EASY else probability / 10, milliseconds)


def make_node(estimator: TableEstimator, *proposals: Proposal, **fields: float) -> SearchNode[str]:
    node = SearchNode("state", (EASY,), (), fields.get("log_probability", 0.0), 0.0)
    node.add(proposals, estimator)
    return node


def automation(*steps: str) -> list[Proposal]:
    return [Proposal(step, ProposalSource.AUTOMATION) for step in steps]


def test_what_gains_most_for_its_time_is_taken_first_and_the_rest_waits():
    estimator = TableEstimator(simp=(0.5, 10.0), omega=(0.4, 1.0), grind=(0.9, 100.0))
    node = make_node(estimator, *automation("grind", "simp", "omega"))
    assert list(node.take(12.0)) == ["omega", "simp"]
    assert node.has_waiting
    assert list(node.take(12.0)) == ["grind"], "one is taken however long it takes"
    assert not node.has_waiting


def test_a_step_waits_once_and_again_only_if_it_is_put_back():
    estimator = TableEstimator()
    node = make_node(estimator, *automation("simp"))
    taken = node.take(100.0)
    node.add(automation("simp"), estimator)
    assert not node.has_waiting
    node.put_back(taken["simp"], estimator)
    assert node.has_waiting
    assert node.take(100.0) == {}, "what is slow waits for a later visit"
    node.visits = FIRST_VISIT_OF_SLOW
    assert list(node.take(100.0)) == ["simp"]


def test_steps_that_may_make_progress_come_before_what_only_proves_or_fails():
    names = (ProposalSource.AUTOMATION, ProposalSource.GOAL, ProposalSource.MODEL)
    proposals = [Proposal(f"step of {source}", source) for source in names]
    split = Proposal("constructor <;> simp", ProposalSource.MODEL)
    node = make_node(TableEstimator(), split, *proposals)
    assert list(node.take(100.0)) == [
        "step of model",
        "step of goal",
        "step of automation",
        "constructor <;> simp",
    ]


def test_searches_of_the_library_wait_for_a_later_visit():
    estimator = TableEstimator(**{"exact?": (0.9, 1.0)})
    node = make_node(estimator, *automation("exact?"), Proposal("refine ⟨?_, ?_⟩"))
    node.visits = 1
    assert list(node.take(100.0)) == ["refine ⟨?_, ?_⟩"]
    assert node.take(100.0) == {}
    node.visits = FIRST_VISIT_OF_SLOW
    assert list(node.take(100.0)) == ["exact?"]


def test_a_state_is_as_promising_as_its_goals_and_less_with_each_visit():
    finisher = FINISHERS[0].step
    estimator = TableEstimator(**{finisher: (0.5, 1.0)})
    assert provability([EASY], estimator) > provability([EASY, EASY], estimator)
    assert provability([EASY, EASY], estimator) > provability([EASY, HARD], estimator)
    likely, unlikely = (make_node(estimator, log_probability=value) for value in (-0.1, -5.0))
    assert likely.priority > unlikely.priority
    before = likely.priority
    likely.visits += 1
    assert likely.priority < before


def test_a_closed_state_has_nothing_left():
    node = make_node(TableEstimator(), *automation("simp"))
    node.close()
    assert node.is_closed
    assert node.is_complete
    assert not node.has_waiting


def test_only_the_models_score_counts_as_a_probability():
    certain = Proposal("simp", ProposalSource.AUTOMATION, 0.0)
    assert log_probability_of(certain) < log_probability_of(Proposal("simp", score=-0.5))
