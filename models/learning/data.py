"""The rows that are learned from, and the readers of the files that hold them.

A file is JSON lines, plain or `.xz`, or Parquet. Which kind a row is shows in its fields: a step
with Lean's verdict, as `stepcheck collect` writes it; `after` with the judge's verdict, a request
to `/v1/judge` together with its answer; `dismissed`, a person's own step; or `chosen` and
`rejected`.
"""

import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from stepcheck.models.collected_steps import CollectedStep
from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.json_lines import BadRowsError
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.own_steps import OwnStep
from stepcheck.models.parquet_rows import PARQUET_SUFFIX, read_parquet_fields


class Outcome(StrEnum):
    """What a verdict teaches: the step is right, it is wrong, or nothing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDECIDED = "undecided"


_LEAN_OUTCOMES = {
    "proved": Outcome.ACCEPTED,
    "progress": Outcome.ACCEPTED,
    "no_progress": Outcome.REFUSED,
    "rejected": Outcome.REFUSED,
    "unsound": Outcome.REFUSED,
    # How long Lean was given decides these two, or that it died: no fact about the step.
    "timeout": Outcome.UNDECIDED,
    "unknown": Outcome.UNDECIDED,
}
_JUDGE_OUTCOMES = {
    "correct": Outcome.ACCEPTED,
    "incorrect": Outcome.REFUSED,
    "unknown": Outcome.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A step that was tried for a prompt, who proposed it, and what its verdict teaches."""

    prompt: SuggestionPrompt
    step: str
    outcome: Outcome
    source: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A row for SFT: what to write for a prompt."""

    prompt: SuggestionPrompt
    step: str


@dataclass(frozen=True, slots=True)
class Preference:
    """A row for DPO: of two steps for a prompt the better and the worse.

    Raises ValueError where they differ in blanks at most.
    """

    prompt: SuggestionPrompt
    chosen: str
    rejected: str

    def __post_init__(self) -> None:
        if normalize(self.chosen) == normalize(self.rejected):
            raise ValueError(f"both sides of the pair are {self.chosen!r}")


@dataclass(frozen=True, slots=True)
class LearningRows:
    """What the files hold, in their order."""

    checked: tuple[CheckedRow, ...] = ()
    preferences: tuple[Preference, ...] = ()


def rows_of_own_step(step: OwnStep) -> LearningRows:
    """Return what a person's step teaches: to prefer it to what they left, else to write it."""
    prompt = prompt_of(step)
    if step.dismissed:
        return LearningRows(
            preferences=tuple(Preference(prompt, step.step, other) for other in step.dismissed)
        )
    return LearningRows((CheckedRow(prompt, step.step, Outcome.ACCEPTED, step.source),))


class _Row(BaseModel):
    # Who collects may tell more than is learned from.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _CodeRow(_Row):
    intent: str
    after: str
    verdict: Literal["correct", "incorrect", "unknown"]
    source: str = "judge"


class _PreferenceRow(_Row):
    goal: str
    chosen: str
    rejected: str
    context: str = ""


def read_rows(paths: Sequence[Path]) -> LearningRows:
    """Read files of rows.

    Raises LearningError, with the file and the line, for what is missing, damaged, empty or of
    another schema.
    """
    checked: list[CheckedRow] = []
    preferences: list[Preference] = []
    for path in paths:
        for place, fields in _fields(path):
            rows = _typed(place, fields)
            checked += rows.checked
            preferences += rows.preferences
    if not checked and not preferences:
        names = ", ".join(map(str, paths)) or "no file"
        raise LearningError(f"no rows in {names}: collect some with `stepcheck collect`")
    return LearningRows(tuple(checked), tuple(preferences))


def prompt_of(step: CollectedStep | OwnStep) -> SuggestionPrompt:
    """Return what the step was, or may be, an answer to."""
    return SuggestionPrompt(step.goal, context=step.context)


def examples_of(rows: Iterable[CheckedRow]) -> list[Example]:
    """Return what was accepted, each prompt and step once."""
    examples = {
        (row.prompt, normalize(row.step)): Example(row.prompt, row.step)
        for row in rows
        if row.outcome is Outcome.ACCEPTED
    }
    return list(examples.values())


def _fields(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a file as they are, each with its place for messages."""
    try:
        if path.suffix == PARQUET_SUFFIX:
            yield from read_parquet_fields(path)
            return
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    place = f"{path}:{number}"
                    fields = json.loads(line)
                    if not isinstance(fields, dict):
                        raise LearningError(f"{place}: a row must be a JSON object")
                    yield place, fields
    except FileNotFoundError:
        raise LearningError(f"no file {path}: name the rows with --data") from None
    except OSError as error:
        raise LearningError(f"cannot read {path}: {error.strerror or error}") from error
    except BadRowsError as error:
        raise LearningError(str(error)) from error
    except (lzma.LZMAError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise LearningError(f"{path} is damaged ({error}): it must hold JSON lines") from error


def _typed(place: str, fields: dict[str, Any]) -> LearningRows:
    try:
        if "chosen" in fields:
            pair = _PreferenceRow.model_validate(fields)
            prompt = SuggestionPrompt(pair.goal, context=pair.context)
            return LearningRows(preferences=(Preference(prompt, pair.chosen, pair.rejected),))
        if "dismissed" in fields:
            return rows_of_own_step(OwnStep.model_validate(fields))
        if "after" in fields:
            code = _CodeRow.model_validate(fields)
            outcome = _JUDGE_OUTCOMES[code.verdict]
            prompt = SuggestionPrompt(code.intent)
            return LearningRows((CheckedRow(prompt, code.after, outcome, code.source),))
        step = CollectedStep.model_validate(fields)
        if step.verdict not in _LEAN_OUTCOMES:
            raise LearningError(f"{place}: verdict: Lean never says {step.verdict!r}")
        outcome = _LEAN_OUTCOMES[step.verdict]
        return LearningRows((CheckedRow(prompt_of(step), step.step, outcome, step.source),))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise LearningError(
            f"{place}: {name}: {first['msg']}; rows are those of `stepcheck collect`, or have "
            "goal, chosen and rejected"
        ) from None
    except ValueError as error:
        raise LearningError(f"{place}: {error}; the two sides must differ") from None
