"""Theorems in lean-dojo: what is done with its answers.

lean-dojo needs the network and a repository that took hours to trace, so a module with its names
stands in for it here.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stepcheck.lean.errors import DocumentError, LeanSetupError
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestRequest, SuggestResponse, Timing
from stepcheck.use_cases.evaluation.dojo import (
    DojoEvaluator,
    DojoTheorem,
    load_dojo,
    read_dojo_theorems,
)
from stepcheck.use_cases.evaluation.results import EvaluationConditions, EvaluationMethod, Outcome
from stepcheck.use_cases.goal_files import GoalFileError

URL, COMMIT = "https://github.com/leanprover-community/mathlib4", "29dcec07"
ROW = {"url": URL, "commit": COMMIT, "file_path": "Mathlib/Order.lean", "full_name": "le_sup"}
CONDITIONS = EvaluationConditions(
    method=EvaluationMethod.DOJO, model="m", n=4, generation="beam", seconds=5.0
)
STEPS = ("hang", "crash", "wrong", "rfl", "later")


class InitError(Exception):
    pass


class CrashError(Exception):
    pass


class TimeOutError(Exception):
    pass


@dataclass(frozen=True)
class State:
    pp: str


@dataclass(frozen=True)
class Finished:
    tactic_state_id: int


@dataclass
class StandIn:
    """The names of `lean_dojo` that are used."""

    is_traced: bool = True
    is_online: bool = True
    proof: str = "rfl"
    opened: int = 0
    tried: list[str] = field(default_factory=list)

    DojoInitError = InitError
    DojoCrashError = CrashError
    DojoTacticTimeoutError = TimeOutError
    ProofFinished = Finished

    def LeanGitRepo(self, url: str, commit: str) -> tuple[str, str]:  # noqa: N802
        if not self.is_online:
            raise ConnectionError("api.github.com: name resolution failed")
        return url, commit

    def Theorem(self, repository: object, path: Path, name: str) -> tuple[object, ...]:  # noqa: N802
        return repository, path, name

    def is_available_in_cache(self, repository: object) -> bool:
        return self.is_traced

    @property
    def Dojo(self) -> Callable[..., object]:  # noqa: N802
        library = self

        class Dojo:
            def __init__(self, theorem: tuple[object, Path, str], timeout: float) -> None:
                assert timeout == 5.0
                self._name = theorem[2]

            def __enter__(self) -> tuple["Dojo", State]:
                if self._name == "missing":
                    raise InitError("Failed to locate the theorem")
                library.opened += 1
                self._is_usable = True
                return self, State("⊢ a ≤ a ⊔ b")

            def __exit__(self, *_: object) -> None:
                pass

            def run_tac(self, state: State, step: str) -> object:
                assert self._is_usable
                library.tried.append(step)
                if step in ("hang", "crash"):
                    self._is_usable = False
                    raise TimeOutError if step == "hang" else CrashError
                return Finished(1) if step == library.proof else State("⊢ False")

        return Dojo


class AnsweringClient:
    async def suggest(self, request: SuggestRequest) -> SuggestResponse:
        assert request.goal == "⊢ a ≤ a ⊔ b"
        suggestions = [Suggestion(text=text, score=0, log_probability=0) for text in STEPS]
        timing = Timing(queue=0, generation=0)
        return SuggestResponse(suggestions=suggestions, model="m", request_id="1", timing=timing)


async def test_steps_are_tried_in_order_and_the_theorem_is_opened_again_after_one_that_hangs():
    library = StandIn()
    measured = await DojoEvaluator(library, AnsweringClient(), CONDITIONS).evaluate(
        DojoTheorem.model_validate(ROW)
    )
    assert (measured.outcome, measured.rank, measured.solution) == (Outcome.SOLVED, 4, "rfl")
    assert library.tried == ["hang", "crash", "wrong", "rfl"]
    assert library.opened == 3


async def test_what_no_step_proves_is_not_solved():
    library = StandIn(proof="another")
    measured = await DojoEvaluator(library, AnsweringClient(), CONDITIONS).evaluate(
        DojoTheorem.model_validate(ROW)
    )
    assert measured.outcome is Outcome.UNSOLVED
    assert library.tried == list(STEPS)


async def test_a_theorem_that_cannot_be_opened_is_named_as_such():
    theorem = DojoTheorem.model_validate(ROW | {"full_name": "missing"})
    with pytest.raises(DocumentError, match="Failed to locate the theorem"):
        await DojoEvaluator(StandIn(), AnsweringClient(), CONDITIONS).evaluate(theorem)


@pytest.mark.parametrize(
    ("library", "problem"),
    [
        (StandIn(is_traced=False), r"(?s)not traced here.*hours, the network.*trace\(LeanGitRepo"),
        (StandIn(is_online=False), r"(?s)name resolution failed.*a network.*--method match"),
    ],
)
async def test_without_a_traced_repository_it_is_said_what_to_do(library: StandIn, problem: str):
    with pytest.raises(LeanSetupError, match=problem):
        await DojoEvaluator(library, AnsweringClient(), CONDITIONS).evaluate(
            DojoTheorem.model_validate(ROW)
        )


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lean_dojo", None)
    monkeypatch.setenv("DISABLE_REMOTE_CACHE", "")
    with pytest.raises(LeanSetupError, match=r"(?s)3\.12.*pip install 'stepcheck\[dojo\]'"):
        load_dojo()


def test_theorems_are_read_from_a_split(tmp_path: Path):
    path = tmp_path / "val.json"
    path.write_text(json.dumps([ROW | {"traced_tactics": [], "start": [1, 2]}]))
    (theorem,) = read_dojo_theorems(path)
    assert (theorem.name, theorem.commit) == ("le_sup", COMMIT)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("val.json", "[]", "no theorem in it"),
        ("val.json", '[{"full_name": "a"}]', r"0\.url"),
        ("val.json", "[{", "val.json"),
        ("val.jsonl", "{}", "does not end in .json"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str, problem: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(GoalFileError, match=problem):
        read_dojo_theorems(tmp_path / name)
