"""The search over real proof states; what the model proposes is a table."""

import asyncio

from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import LeanProposals, Proposal
from stepcheck.lean.search import SearchBudget, SearchEnd, StepSources, search_proof
from stepcheck.lean.search_node import FINISHERS
from stepcheck.lean.verdict import StepVerdict
from stepcheck.models.step_ranker.step_ranker import bundled_ranker
from stepcheck.use_cases.proof_search import RankerEstimator

CONJUNCTION = ProofPosition.from_line_column(
    "theorem both (p q r : Prop) (hp : p) (hq : q) (hr : r) : (p ∧ q) ∧ r := by\n  sorry\n", 2
)
ESTIMATOR = RankerEstimator(bundled_ranker())


class SilentLean(CheckerEnvironment):
    """A real Lean that proposes nothing, and checks what the model does."""

    async def propose(self, state, wait_milliseconds):
        return LeanProposals()

    async def try_steps(self, state, steps, milliseconds):
        known = {finisher.step for finisher in FINISHERS}
        async for checked in super().try_steps(
            state, [step for step in steps if step not in known], milliseconds
        ):
            yield checked


def proposing(*steps, asked=None):
    """Propose the same steps, likeliest first, in every state."""

    async def propose(goals, before, count):
        if asked is not None:
            asked.append((goals, before, count))
        return [Proposal(step, score=-float(rank)) for rank, step in enumerate(steps)]

    return StepSources(ESTIMATOR, propose)


async def test_it_finds_a_proof_of_several_steps_that_the_whole_file_accepts(checker):
    space = SilentLean(checker, CONJUNCTION)
    propose = proposing("exact hp", "constructor", "exact hq", "exact hr")

    found = await search_proof(space, propose)

    assert found.end is SearchEnd.PROVED
    assert found.steps[:2] == ("constructor", "constructor")
    assert len(found.steps) == 5
    verified = await checker.verify(CONJUNCTION.closing, "\n".join(found.steps))
    assert verified.verdict is StepVerdict.PROVED


async def test_steps_of_several_lines_and_files_with_crlf_are_gone_on_from(checker):
    text = CONJUNCTION.original.replace("\n", "\r\n")
    position = ProofPosition.from_line_column(text, 2)
    propose = proposing("refine ⟨?_, hr⟩\nconstructor", "exact hp", "exact hq")

    found = await search_proof(SilentLean(checker, position), propose)

    assert found.end is SearchEnd.PROVED
    edited = position.insert("\n".join(found.steps))
    assert edited.count("\r\n") == edited.count("\n")
    assert (await checker.verify(position, "\n".join(found.steps))).verdict is StepVerdict.PROVED


async def test_states_with_the_same_goals_are_one_and_what_was_tried_is_not_tried_again(checker):
    asked = []
    propose = proposing("constructor", "refine ⟨?_, ?_⟩", "nonsense", asked=asked)

    found = await search_proof(SilentLean(checker, CONJUNCTION), propose)

    assert (found.end, found.steps) == (SearchEnd.EXHAUSTED, ())
    assert {len(goals) for goals, _, _ in asked} == {1, 2, 3}
    assert {count for _, _, count in asked} == {10, 20, 40, 64}
    assert len(asked) == 3 * 4
    assert found.states == 3
    assert found.tried == 3 * 3


async def test_a_budget_ends_it(checker):
    space = SilentLean(checker, CONJUNCTION)

    few = await search_proof(space, proposing("constructor"), SearchBudget(requests=1))
    short = await search_proof(space, proposing("constructor"), SearchBudget(seconds=0))

    assert (few.end, few.states) == (SearchEnd.REQUESTS, 2)
    assert (short.end, short.tried) == (SearchEnd.TIME, 0)


async def test_lean_proposes_without_a_model_and_once_the_model_has_failed(checker):
    async def fail(goals, before, count):
        return None

    for model in (None, fail):
        space = CheckerEnvironment(checker, CONJUNCTION)
        found = await search_proof(space, StepSources(ESTIMATOR, model))
        assert found.end is SearchEnd.PROVED
        verified = await checker.verify(CONJUNCTION.closing, "\n".join(found.steps))
        assert verified.verdict is StepVerdict.PROVED


async def test_a_model_that_never_answers_holds_nothing_up(checker):
    cancelled = asyncio.Event()

    async def hang(goals, before, count):
        try:
            await asyncio.sleep(3_600)
        finally:
            cancelled.set()

    space = CheckerEnvironment(checker, CONJUNCTION)
    found = await search_proof(space, StepSources(ESTIMATOR, hang), SearchBudget(seconds=60))

    assert found.end is SearchEnd.PROVED
    assert cancelled.is_set()


async def test_a_goal_that_is_proved_among_others_is_settled(checker):
    text = "theorem t (p q : Prop) (hp : p) : p ∧ q := by\n  constructor\n  sorry\n"
    position = ProofPosition.from_line_column(text, 3)
    asked = []
    propose = proposing("exact hp", "assumption", "exact id hp", asked=asked)

    found = await search_proof(SilentLean(checker, position), propose)

    assert (found.end, found.states) == (SearchEnd.EXHAUSTED, 2)
    assert [count for _, before, count in asked if not before] == [10]
    assert [count for _, before, count in asked if before] == [10, 20, 40, 64]
