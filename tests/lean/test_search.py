"""The search over real proof states; what proposes the steps is a table."""

from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import Proposal
from stepcheck.lean.search import SearchBudget, SearchEnd, search_proof
from stepcheck.lean.verdict import StepVerdict

CONJUNCTION = ProofPosition.from_line_column(
    "theorem both (p q r : Prop) (hp : p) (hq : q) (hr : r) : (p ∧ q) ∧ r := by\n  sorry\n", 2
)


def proposing(*steps, asked=None):
    """Propose the same steps, likeliest first, in every state."""

    async def propose(goals, before, count):
        if asked is not None:
            asked.append((goals, before, count))
        return [Proposal(step, score=-float(rank)) for rank, step in enumerate(steps)]

    return propose


async def test_it_finds_a_proof_of_several_steps_that_the_whole_file_accepts(checker):
    space = CheckerEnvironment(checker, CONJUNCTION)
    propose = proposing("exact hp", "constructor", "exact hq", "exact hr")

    found = await search_proof(space, propose)

    assert found.end is SearchEnd.PROVED
    assert found.steps[:2] == ("constructor", "constructor")
    assert len(found.steps) == 5
    verified = await checker.verify(CONJUNCTION.closing, found.script)
    assert verified.verdict is StepVerdict.PROVED


async def test_steps_of_several_lines_and_files_with_crlf_are_gone_on_from(checker):
    text = CONJUNCTION.original.replace("\n", "\r\n")
    position = ProofPosition.from_line_column(text, 2)
    propose = proposing("refine ⟨?_, hr⟩\nconstructor", "exact hp", "exact hq")

    found = await search_proof(CheckerEnvironment(checker, position), propose)

    assert found.end is SearchEnd.PROVED
    edited = position.insert(found.script)
    assert edited.count("\r\n") == edited.count("\n")
    assert (await checker.verify(position, found.script)).verdict is StepVerdict.PROVED


async def test_states_with_the_same_goals_are_one_and_what_was_tried_is_not_tried_again(checker):
    asked = []
    propose = proposing("constructor", "refine ⟨?_, ?_⟩", "nonsense", asked=asked)

    found = await search_proof(CheckerEnvironment(checker, CONJUNCTION), propose)

    assert (found.end, found.steps) == (SearchEnd.EXHAUSTED, ())
    assert {len(goals) for goals, _, _ in asked} == {1, 2, 3}
    assert {count for _, _, count in asked} == {10, 20, 40, 64}
    assert found.states == len(asked) == 3 * 4
    assert found.tried == 3 * 3


async def test_a_budget_ends_it(checker):
    space = CheckerEnvironment(checker, CONJUNCTION)

    few = await search_proof(space, proposing("constructor"), SearchBudget(requests=1))
    short = await search_proof(space, proposing("constructor"), SearchBudget(seconds=0))

    assert (few.end, few.states) == (SearchEnd.REQUESTS, 1)
    assert (short.end, short.states) == (SearchEnd.TIME, 0)


async def test_likelier_steps_are_gone_on_from_first(checker):
    asked = []

    async def propose(goals, before, count):
        asked.append(before)
        return [
            Proposal("skip; constructor", score=-9.0),
            Proposal("have h := hp", score=-0.5),
        ]

    await search_proof(CheckerEnvironment(checker, CONJUNCTION), propose, SearchBudget(requests=2))

    assert asked == [(), ("have h := hp",)]
