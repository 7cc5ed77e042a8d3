"""Theorems of LeanDojo Benchmark 4, tried in lean-dojo; needs the extra stepcheck[dojo].

lean-dojo (Yang et al. 2023, arXiv:2306.15626) opens a theorem in a repository that it has traced,
with the Lean of that time. It asks GitHub about the repository whenever it opens one.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.errors import DocumentError, LeanSetupError
from stepcheck.models.json_lines import BadRowsError, explain
from stepcheck.use_cases.evaluation.evaluators import Measured, best_steps
from stepcheck.use_cases.evaluation.recorded_steps import LEANDOJO_SUFFIX
from stepcheck.use_cases.evaluation.results import EvaluationConditions, Outcome
from stepcheck.use_cases.goal_files import GoalFileError, explain_unreadable, key_of

_EXPECTED = "Theorems are the .json of a split of LeanDojo Benchmark 4."


class DojoTheorem(BaseModel):
    """A theorem of a split: where it is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    full_name: str = Field(min_length=1)
    url: str = Field(min_length=1)
    commit: str = Field(min_length=1)
    file_path: str = Field(min_length=1)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.full_name

    @property
    def key(self) -> str:
        """What it is recognised by."""
        return key_of(self.url, self.commit, self.file_path, self.full_name)


_THEOREMS = TypeAdapter(tuple[DojoTheorem, ...])


def read_dojo_theorems(path: Path) -> Sequence[DojoTheorem]:
    """Return the theorems of a split. Raises `GoalFileError` if there are none."""
    with explain_unreadable(path, _EXPECTED):
        if path.suffix != LEANDOJO_SUFFIX:
            raise GoalFileError(f"{path} does not end in {LEANDOJO_SUFFIX}. {_EXPECTED}")
        try:
            theorems = _THEOREMS.validate_json(path.read_bytes())
        except ValidationError as error:
            raise BadRowsError(f"{path}: {explain(error)}") from error
    if not theorems:
        raise GoalFileError(f"{path}: there is no theorem in it.")
    return theorems


class DojoLibrary(Protocol):
    """What is used of the module `lean_dojo`."""

    Dojo: Any
    LeanGitRepo: Any
    Theorem: Any
    ProofFinished: Any
    DojoInitError: Any
    DojoCrashError: Any
    DojoTacticTimeoutError: Any
    is_available_in_cache: Any


def load_dojo() -> DojoLibrary:
    """Import lean-dojo. Raises `LeanSetupError` where it is not installed, or cannot start."""
    # It would download what others have traced.
    os.environ["DISABLE_REMOTE_CACHE"] = "1"
    try:
        import lean_dojo
    except ImportError as error:
        raise LeanSetupError(
            f"{error.name} is not installed.",
            "Install it, for Python 3.12 at most: pip install 'stepcheck[dojo]'",
        ) from error
    except Exception as error:
        raise LeanSetupError(
            f"lean-dojo cannot start: {error}", "It needs git, and a home that can be written."
        ) from error
    library: DojoLibrary = lean_dojo
    return library


class DojoEvaluator:
    """Tries the model's n best steps at the beginning of a theorem, one after the other.

    One at a time: lean-dojo changes the folder that the process works in.
    """

    def __init__(
        self, library: DojoLibrary, client: ServerClient, conditions: EvaluationConditions
    ) -> None:
        self._library = library
        self._client = client
        self._conditions = conditions
        self._repository = lru_cache(self._open_repository)

    async def evaluate(self, item: DojoTheorem) -> Measured:
        """Find the first step that proves a theorem.

        Raises `DocumentError` if lean-dojo cannot open it, `LeanSetupError` if its repository
        cannot be had, and `ClientError`.
        """
        loop = asyncio.get_running_loop()

        def propose(state: str) -> list[str]:
            steps = best_steps(self._client, state, self._conditions)
            return asyncio.run_coroutine_threadsafe(steps, loop).result()

        return await asyncio.to_thread(self._prove, item, propose)

    def _prove(self, item: DojoTheorem, propose: Callable[[str], list[str]]) -> Measured:
        library = self._library
        repository = self._repository(item.url, item.commit)
        theorem = library.Theorem(repository, Path(item.file_path), item.full_name)
        steps: Iterator[tuple[int, str]] | None = None
        try:
            while True:
                with library.Dojo(theorem, timeout=self._conditions.seconds) as (dojo, state):
                    if steps is None:
                        steps = iter(list(enumerate(propose(state.pp), 1)))
                    for rank, step in steps:
                        try:
                            result = dojo.run_tac(state, step)
                        except (library.DojoTacticTimeoutError, library.DojoCrashError):
                            # It cannot go on: open the theorem again for the steps that are left.
                            break
                        if isinstance(result, library.ProofFinished):
                            return Measured(Outcome.SOLVED, rank=rank, solution=step)
                    else:
                        return Measured(Outcome.UNSOLVED)
        except (library.DojoInitError, library.DojoCrashError, AssertionError) as error:
            raise DocumentError(
                f"lean-dojo cannot open it: {str(error) or type(error).__name__}",
                "Trace its repository again with this lean-dojo.",
            ) from error

    def _open_repository(self, url: str, commit: str) -> Any:
        try:
            repository = self._library.LeanGitRepo(url, commit)
            is_traced = self._library.is_available_in_cache(repository)
        except Exception as error:
            raise LeanSetupError(
                f"lean-dojo cannot look at {url} at {commit}: {error}",
                "It asks GitHub about the repository: there must be a network, and for many "
                "questions GITHUB_ACCESS_TOKEN. Without one, --method match needs only the file.",
            ) from error
        if not is_traced:
            raise LeanSetupError(
                f"{url} at {commit} is not traced here.",
                "Trace it once, which takes hours, the network, elan and the Lean of that time: "
                f'python -c \'from lean_dojo import *; trace(LeanGitRepo("{url}", "{commit}"))\'',
            )
        return repository
