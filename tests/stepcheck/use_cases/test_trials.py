"""What is tried next, and what is shown in the end."""

from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.models.step_ranker.step_ranker import StepRanker
from stepcheck.use_cases.trials import ENOUGH_PROOFS, FIRST_MILLISECONDS, Batch, Trials, found_steps

GOAL = "a b : Nat\n⊢ a + b = b + a"
RANKER = StepRanker(
    proof={"k:omega": 2.0, "k:grind": 2.0, "k:simp": -2.0}, time={"": 2.0, "k:grind": 5.0}
)


def proposals(*steps: str, source: ProposalSource = ProposalSource.AUTOMATION) -> list[Proposal]:
    return [Proposal(step, source) for step in steps]


def checked(step: str, verdict: StepVerdict, message: str = "", *goals: str) -> CheckedStep:
    return CheckedStep(step, verdict, goals, message)


def test_what_proves_soonest_is_tried_first():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("simp", "grind", "omega"))
    assert trials.take().steps == ("omega", "simp")
    assert trials.take().steps == ("grind",)
    assert trials.take().steps == ()


def test_a_step_is_tried_once_whoever_proposes_it():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("omega"))
    trials.add([Proposal("omega", ProposalSource.MODEL, -0.5)])
    assert trials.take().steps == ("omega",)
    trials.record(checked("omega", StepVerdict.PROVED))
    trials.add(proposals("omega"))
    assert trials.take().steps == ()
    [ranked] = trials.steps
    assert (ranked.source, ranked.score) == (ProposalSource.MODEL, -0.5)


def test_one_source_may_be_asked_for():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("omega"))
    trials.add([Proposal("ring", ProposalSource.MODEL, -3.0)])
    assert trials.take(ProposalSource.MODEL).steps == ("ring",)
    assert trials.untried == 1


def test_a_step_that_had_no_time_waits_again():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("omega"))
    trials.put_back(trials.take().steps)
    assert trials.take().steps == ("omega",)


def test_a_step_that_is_slow_waits_until_nothing_quick_is_left():
    trials = Trials(GOAL, StepRanker(proof={"k:grind": 3.0}, time={"": 2.0}))
    trials.add(proposals("grind", "omega"))
    first = trials.take()
    assert first.steps[0] == "grind"
    assert first.milliseconds == FIRST_MILLISECONDS
    trials.record(checked("grind", StepVerdict.TIMEOUT))
    trials.record(checked("omega", StepVerdict.REJECTED))
    assert trials.untried == 1
    assert trials.steps[0].checked.step == "omega"
    assert trials.take() == Batch(("grind",), None)
    trials.record(checked("grind", StepVerdict.TIMEOUT))
    assert trials.take().steps == ()
    assert [ranked.checked.verdict for ranked in trials.steps].count(StepVerdict.TIMEOUT) == 1


def test_a_slow_step_is_tried_as_long_as_any_although_the_model_proposes_it_too():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("omega"))
    trials.take()
    trials.record(checked("omega", StepVerdict.TIMEOUT))
    trials.add([Proposal("omega", ProposalSource.MODEL, -0.5)])
    assert trials.take(ProposalSource.MODEL) == Batch(("omega",), None)


def test_failures_count_against_steps_like_them():
    trials = Trials(GOAL, StepRanker(proof={"k:cases _ <;> simp_all": 0.1}, time={"": 6.0}))
    trials.add(proposals("cases h <;> simp_all", "cases l <;> simp_all", "omega"))
    assert trials.take().steps[0].startswith("cases")
    trials.record(checked("cases h <;> simp_all", StepVerdict.REJECTED))
    assert trials.take().steps == ("omega",)


def test_what_a_search_finds_is_shown_in_its_place():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("exact?"))
    trials.take()
    found = "Try this:\n  [apply] exact Nat.add_comm a\n    b"
    trials.record(checked("exact?", StepVerdict.PROVED, found))
    assert trials.take(ProposalSource.MODEL).steps == ("exact Nat.add_comm a b",)
    trials.record(checked("exact Nat.add_comm a b", StepVerdict.PROVED))
    assert [ranked.checked.step for ranked in trials.steps] == ["exact Nat.add_comm a b"]


def test_a_search_is_shown_where_what_it_finds_does_not_work():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("exact?"))
    trials.take()
    trials.record(checked("exact?", StepVerdict.PROVED, "Try this:\n  [apply] exact foo"))
    trials.take()
    trials.record(checked("exact foo", StepVerdict.REJECTED))
    assert [ranked.checked.step for ranked in trials.steps] == ["exact?", "exact foo"]


def test_proofs_are_enough_only_when_nothing_that_was_found_waits():
    trials = Trials(GOAL, RANKER)
    trials.add(proposals("exact?", *(f"exact h{n}" for n in range(ENOUGH_PROOFS))))
    while steps := trials.take(ProposalSource.AUTOMATION).steps:
        for step in steps:
            trials.record(checked(step, StepVerdict.PROVED))
    assert trials.are_enough
    trials.add(proposals("apply?"))
    trials.take()
    trials.record(checked("apply?", StepVerdict.PROVED, "Try this:\n  [apply] exact h9"))
    assert not trials.are_enough


def test_several_findings_are_read_without_their_comments():
    message = (
        "Try these:\n  [apply] rw [a]\n  -- x = y\n  [apply] rw [← b]\n  -- no goals\n"
        "  [apply] refine c ?_"
    )
    step = checked("rw?", StepVerdict.PROGRESS, message.replace("Try these", "Try this"))
    assert found_steps(step) == ["rw [a]", "rw [← b]"]
    assert found_steps(checked("rw?", StepVerdict.REJECTED, message)) == []
    assert found_steps(checked("simp", StepVerdict.PROVED)) == []
