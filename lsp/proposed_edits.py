"""Proposed steps and fixes: what code actions and lenses refer to until the person chooses one."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import RankedStep, StepVerdict
from stepcheck.lsp.lean.document import InsertionPoint, LeanDocument
from stepcheck.lsp.python.document import PythonDocument
from stepcheck.use_cases.code_edits import CheckedFix, TextRange

MAX_PROPOSED_EDITS = 512


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """A checked step, proposed for a point of one version of a Lean document."""

    document: LeanDocument
    insertion_point: InsertionPoint
    ranked: RankedStep

    @property
    def step(self) -> str:
        """The text of the step."""
        return self.ranked.checked.step

    @property
    def is_proved(self) -> bool:
        """Whether it was shown as proving the goal."""
        return self.ranked.checked.verdict is StepVerdict.PROVED

    @property
    def position(self) -> ProofPosition:
        """Where the step is inserted: one that proves the goal also replaces what follows it."""
        position = self.insertion_point.position
        return position.closing if self.is_proved else position

    @property
    def replaces_block(self) -> bool:
        """Whether the step replaces existing tactics that follow it."""
        return self.position.replaced != self.insertion_point.position.replaced

    def edit(self) -> types.TextEdit:
        """Return the insertion, indented for its column."""
        position = self.position
        replaced = self.document.positions.range_of(position.start, position.end)
        return types.TextEdit(replaced, position.replacement(self.step))

    def edits(self) -> list[types.TextEdit]:
        """Return the insertion as the edits of a document."""
        return [self.edit()]


@dataclass(frozen=True, slots=True)
class ProposedFix:
    """A verified fix of one version of a Python file."""

    document: PythonDocument
    fix: CheckedFix

    def edits(self) -> list[types.TextEdit]:
        """Return the fix as the edits of a document."""
        positions = self.document.positions
        return [
            types.TextEdit(positions.range_of(*self.offsets(each.range)), each.text)
            for each in self.fix.edits
        ]

    def offsets(self, text_range: TextRange) -> tuple[int, int]:
        """Return the offsets at which a range of the fix begins and ends in the text."""
        first, _ = self.document.positions.bounds_of_line(text_range.first_line - 1)
        last, _ = self.document.positions.bounds_of_line(text_range.last_line - 1)
        return first + text_range.first_column, last + text_range.last_column


class ProposedEdits:
    """The last `MAX_PROPOSED_EDITS` proposed edits, by the identifiers that clients are given."""

    def __init__(self) -> None:
        self._edits: OrderedDict[str, ProposedStep | ProposedFix] = OrderedDict()

    def add(self, edit: ProposedStep | ProposedFix) -> str:
        """Keep an edit and return its identifier."""
        identifier = uuid.uuid4().hex
        self._edits[identifier] = edit
        while len(self._edits) > MAX_PROPOSED_EDITS:
            self._edits.popitem(last=False)
        return identifier

    def find(self, identifier: object) -> ProposedStep | ProposedFix | None:
        """Return the edit with this identifier, if it is still kept."""
        return self._edits.get(identifier) if isinstance(identifier, str) else None
