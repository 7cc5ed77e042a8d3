"""A person's own steps, kept on this machine once they have agreed to it.

The folder holds a file that says so, and the rows; nothing else reads or sends them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lean.written_tactics import WrittenTactic
from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.json_lines import read_rows
from stepcheck.models.own_steps import OwnStep
from stepcheck.use_cases.goal_files import key_of
from stepcheck.use_cases.row_file import RowFile
from stepcheck.use_cases.suggestion_query import ROW_CONTEXT_CHARACTERS, shorten_context

LONGEST_STEP = 400
"""In characters; what is longer is a whole proof rather than a step."""


def own_folder() -> Path:
    """Return where a person's own steps are kept."""
    return platformdirs.user_data_path("stepcheck", appauthor=False) / "own"


def own_models_folder() -> Path:
    """Return where the models tuned on a person's own steps are."""
    return own_folder() / "models"


@dataclass(frozen=True, slots=True)
class OwnSteps:
    """The rows in a folder, and whether more may be kept there."""

    folder: Path

    @property
    def file(self) -> Path:
        """The rows, as JSON lines."""
        return self.folder / "steps.jsonl"

    @property
    def is_enabled(self) -> bool:
        """Whether the person has agreed that steps are kept."""
        return self._consent.is_file()

    def enable(self) -> None:
        """Keep steps from now on. Raises OSError if the folder cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._consent.touch(mode=0o600)

    def disable(self) -> None:
        """Keep no more steps; those that were kept stay."""
        self._consent.unlink(missing_ok=True)

    def add(self, steps: Sequence[OwnStep]) -> int:
        """Keep steps that are not kept yet; return how many.

        Raises `stepcheck.use_cases.row_file.RowFileError`.
        """
        with RowFile.open(self.file, OwnStep) as rows:
            new = {step.key: step for step in steps if step.key not in rows.done}
            rows.append(list(new.values()))
        self.file.chmod(0o600)
        return len(new)

    def read(self) -> list[OwnStep]:
        """Return the steps in the order they were kept.

        Raises `stepcheck.use_cases.row_file.RowFileError`.
        """
        if not self.file.is_file():
            return []
        with RowFile.open(self.file, OwnStep):
            return list(read_rows(self.file, OwnStep))

    def forget(self) -> None:
        """Delete every step."""
        self.file.unlink(missing_ok=True)
        self._learned.unlink(missing_ok=True)

    @property
    def unlearned(self) -> int:
        """How many steps have come since a model was last tuned on them."""
        try:
            learned = int(self._learned.read_text())
        except (OSError, ValueError):
            learned = 0
        return max(0, len(self.read()) - learned)

    def mark_learned(self, count: int) -> None:
        """Note that a model was tuned on so many steps, whatever came of it."""
        self._learned.write_text(f"{count}\n")

    @property
    def _consent(self) -> Path:
        return self.folder / "enabled"

    @property
    def _learned(self) -> Path:
        return self.folder / "learned"


async def check_own_step(
    checker: StepChecker, tactic: WrittenTactic, file: Path | None, shown: Collection[str] = ()
) -> OwnStep | None:
    """Have Lean check a tactic where it stands; `shown` are the steps that were shown there.

    `None`: there is no goal, Lean does not accept it, or it is longer than a step. Raises
    `stepcheck.lean.errors.LeanError`.
    """
    step = tactic.text
    if len(step) > LONGEST_STEP:
        return None
    position = tactic.position
    try:
        state = await checker.open(position)
    except DocumentError:
        return None
    (checked,) = await checker.check(position, [step])
    if not state.goals or not checked.verdict.is_shown:
        return None
    goal = "\n\n".join(state.goals)
    taken = normalize(step)
    others = tuple(each for each in shown if normalize(each) != taken)
    return OwnStep(
        key=key_of(goal, taken),
        written=datetime.now(UTC),
        place=f"{file or 'untitled'}:{tactic.line}",
        goal=goal,
        context=shorten_context(position.before, ROW_CONTEXT_CHARACTERS),
        step=step,
        verdict="proved" if checked.verdict is StepVerdict.PROVED else "progress",
        source="typed" if len(others) == len(shown) else "suggested",
        dismissed=others,
    )
