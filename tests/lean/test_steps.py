"""Many steps at many places, as data: what must be `proved`, and what must never be.

The rows are in `steps/attacks.toml` and `steps/valid.toml`. In their documents the character ‸
stands directly before the `sorry` or the tactic that the place is at. The last test asks Lean
itself, in a process of its own, about the files with the steps in them.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stepcheck.lean.checker import StepChecker, memory_limit_of
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.whole_file import check_file

FOLDER = Path(__file__).with_name("steps")
MARK = "‸"
BATCH = 140
SECONDS = 120.0


@dataclass(frozen=True)
class Row:
    """A step at a place. Without a `verdict`, any but `proved` is right."""

    kind: str
    name: str
    document: str
    step: str
    verdict: StepVerdict | None
    alone: bool

    @property
    def position(self) -> ProofPosition:
        """The marked place. Raises `DocumentError` where the document has none."""
        before, after = self.document.split(MARK)
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1)
        return ProofPosition.from_line_column(before + after, line, column)

    @property
    def written(self) -> str:
        """The file with the step in it."""
        return self.position.closing.insert(self.step)


def read_rows(file: str, table: str, verdict: str | None) -> list[Row]:
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))[table]
    return [
        Row(
            kind=row["kind"],
            name=row["name"],
            document=row["document"],
            step=row["step"].removesuffix("\n"),
            verdict=StepVerdict(told) if (told := row.get("verdict", verdict)) else None,
            alone=row.get("alone", False),
        )
        for row in rows
    ]


ATTACKS = read_rows("attacks.toml", "attack", None)
VALID = read_rows("valid.toml", "valid", "proved")


def names(rows: list[Row]) -> list[str]:
    return [f"{row.kind}: {row.name}" for row in rows]


Verdicts = dict[Row, CheckedStep]


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """What the checker has said, so that nothing is checked twice."""
    return {}


async def check(checker: StepChecker, row: Row, verdicts: Verdicts) -> CheckedStep:
    if row not in verdicts:
        try:
            [verdicts[row]] = await checker.check(row.position, [row.step])
        except DocumentError as error:
            verdicts[row] = CheckedStep(row.step, StepVerdict.REJECTED, message=str(error))
    return verdicts[row]


@pytest.mark.parametrize("row", ATTACKS, ids=names(ATTACKS))
async def test_what_lean_refuses_or_only_assumes_is_not_proved(
    checker: StepChecker, verdicts: Verdicts, row: Row
) -> None:
    checked = await check(checker, row, verdicts)
    assert checked.verdict is not StepVerdict.PROVED, checked


@pytest.mark.parametrize("row", VALID, ids=names(VALID))
async def test_a_step_that_lean_accepts_has_its_verdict(
    checker: StepChecker, verdicts: Verdicts, row: Row
) -> None:
    checked = await check(checker, row, verdicts)
    assert checked.verdict is row.verdict, checked


def in_one_file(rows: tuple[Row, ...]) -> tuple[str, list[tuple[Row, range]]]:
    """Return a file with the documents of all rows, each in a namespace, and the lines of each."""
    text = ""
    lines = []
    for number, row in enumerate(rows):
        start = text.count("\n") + 1
        if row.alone:
            text += row.written
        else:
            text += f"namespace Case{number}\nsection\n{row.written}\nend\nend Case{number}\n"
        lines.append((row, range(start, text.count("\n") + 2)))
    return text, lines


def batches(rows: list[Row]) -> Iterator[tuple[Row, ...]]:
    """Divide the rows among files. What cannot stand in a file with others has one of its own."""
    yield from ((row,) for row in rows if row.alone)
    together = [row for row in rows if not row.alone]
    for start in range(0, len(together), BATCH):
        yield tuple(together[start : start + BATCH])


async def read_errors(
    toolchain: Toolchain, rows: tuple[Row, ...]
) -> Iterator[tuple[Row, LeanMessage]]:
    """Let Lean read the rows' files. Yield the errors, each with the row that it is about."""
    text, lines = in_one_file(rows)
    memory = memory_limit_of(toolchain)
    messages = await check_file(toolchain.file_command(), memory, text, SECONDS)
    return (
        (row, message)
        for message in messages
        if message.severity is MessageSeverity.ERROR
        for row, own in lines
        if message.line in own
    )


async def test_lean_accepts_every_file_with_a_step_that_is_or_should_be_proved(
    checker: StepChecker, toolchain: Toolchain, verdicts: Verdicts
) -> None:
    rows = [
        row
        for row in ATTACKS + VALID
        if row.verdict is StepVerdict.PROVED
        or (await check(checker, row, verdicts)).verdict is StepVerdict.PROVED
    ]
    refused: dict[str, str] = {}
    for batch in batches(rows):
        for row, message in await read_errors(toolchain, batch):
            refused.setdefault(f"{row.kind}: {row.name}", message.text)
    assert refused == {}
