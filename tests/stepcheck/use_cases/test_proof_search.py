"""Whole proofs with a real Lean; the model server is one that nobody runs, or a script."""

import pytest

from stepcheck.client.errors import ServerUnreachableError
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.embedded.install import install
from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.search import SearchBudget, SearchEnd, SearchResult
from stepcheck.lean.toolchain import EMBEDDED_SETTING, find_lean
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.models.step_ranker.step_ranker import bundled_ranker
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestResponse, Timing
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.proof_minimization import ProofMinimizer
from stepcheck.use_cases.proof_search import Prover, RankerEstimator

BOTH = ProofPosition.from_line_column(
    "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  sorry\n", 2
)
WITNESS = ProofPosition.from_line_column("theorem t : ∃ n : Nat, n * n = 1681 := by\n  sorry\n", 2)
BUDGET = SearchBudget(seconds=60)


class NoProgress:
    def begin(self, step, total=None): ...

    def advance(self, position): ...

    def say(self, message): ...


@pytest.fixture(scope="module")
async def checker():
    install(NoProgress())
    async with StepChecker(find_lean(setting=EMBEDDED_SETTING)) as checker:
        await checker.start()
        yield checker


class ScriptedClient:
    """Suggests the same steps for every goal, or fails."""

    def __init__(self, *steps, error=None):
        self._steps = steps
        self._error = error
        self.requests = []

    async def suggest(self, request):
        self.requests.append(request)
        if self._error is not None:
            raise self._error
        suggestions = [
            Suggestion(text=step, score=-0.1, log_probability=-0.1) for step in self._steps
        ]
        timing = Timing(queue=0.0, generation=0.0, total=0.0)
        return SuggestResponse(
            suggestions=suggestions, model="scripted", request_id="1", timing=timing
        )


async def prove(checker, client, position):
    return await Prover(checker, client, SuggestionSettings()).prove(position, BUDGET)


async def minimize(checker, position, *steps):
    """Minimize a proof of these steps, with the goals that they leave."""
    space = CheckerEnvironment(checker, position)
    state, goals = await space.start()
    proof = []
    for step in steps:
        (checked,) = [each async for each in space.try_steps(state, [step], 10_000)]
        proof.append(checked)
        state = space.advance(state, step)
    assert proof[-1].verdict is StepVerdict.PROVED
    found = SearchResult(SearchEnd.PROVED, goals, tuple(proof))
    minimizer = ProofMinimizer(space, position, RankerEstimator(bundled_ranker()))
    return await minimizer.minimize(found, 60.0)


async def test_without_a_model_server_lean_proposes_alone_and_a_note_says_so(checker):
    error = ServerUnreachableError("Nobody answers.", "Start it.")
    client = ScriptedClient(error=error)

    report = await prove(checker, client, BOTH)

    assert report.verified is not None
    assert report.verified.verdict is StepVerdict.PROVED
    assert [(note.problem, note.remedy) for note in report.notes] in (
        [],
        [("Nobody answers.", "Start it.")],
    )
    assert len(client.requests) <= 1


async def test_what_only_the_model_knows_is_gone_on_from(checker):
    client = ScriptedClient("refine ⟨41, ?_⟩")

    report = await prove(checker, client, WITNESS)

    assert report.search.end is SearchEnd.PROVED
    assert report.steps[0] == "refine ⟨41, ?_⟩"
    assert report.verified is not None
    assert report.verified.verdict is StepVerdict.PROVED
    assert report.notes == ()


async def test_a_step_that_is_not_needed_is_left_out(checker):
    steps = ("have h := hp", "constructor", "exact hp", "exact hq")
    shorter = await minimize(checker, BOTH, *steps)
    assert "have h := hp" not in shorter
    assert (await checker.verify(BOTH, "\n".join(shorter))).verdict is StepVerdict.PROVED


async def test_one_tactic_takes_the_place_of_the_steps_that_it_spares(checker):
    shorter = await minimize(checker, BOTH, "constructor", "exact hp", "exact hq")
    assert len(shorter) == 1
    assert (await checker.verify(BOTH, shorter[0])).verdict is StepVerdict.PROVED


async def test_a_search_gives_way_to_what_it_found(checker):
    text = "theorem t (a b c : Nat) : a + b + c = a + (b + c) := by\n  sorry\n"
    position = ProofPosition.from_line_column(text, 2)
    (step,) = await minimize(checker, position, "exact?")
    assert step.startswith("exact ")
    assert (await checker.verify(position, step)).verdict is StepVerdict.PROVED


async def test_what_does_not_stand_as_one_text_is_left_as_it_is(checker):
    found = SearchResult(SearchEnd.PROVED, ("⊢ p",), (CheckedStep("nonsense", StepVerdict.PROVED),))
    space = CheckerEnvironment(checker, BOTH)
    minimizer = ProofMinimizer(space, BOTH, RankerEstimator(bundled_ranker()))
    assert await minimizer.minimize(found, 60.0) == ("nonsense",)
