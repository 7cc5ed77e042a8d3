"""Steps and fixes that were offered as code actions, kept until the person chooses one."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import RankedStep, StepVerdict
from stepcheck.lsp.lean.document import LeanDocument, StepPlace
from stepcheck.lsp.python.document import PythonDocument
from stepcheck.use_cases.code_edits import CheckedFix, TextRange

REMEMBERED_OFFERS = 512


@dataclass(frozen=True, slots=True)
class Offer:
    """A step offered for a place of one version of a document."""

    document: LeanDocument
    place: StepPlace
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
        """Where the step is inserted: one that leaves no goal also replaces what follows it."""
        position = self.place.position
        return position.replacing_block() if self.is_proved else position

    @property
    def replaces_block(self) -> bool:
        """Whether existing tactics behind the step give way to it."""
        return self.position.replaced != self.place.position.replaced

    def edit(self) -> types.TextEdit:
        """Return the insertion, indented for its column."""
        position = self.position
        replaced = self.document.positions.range_of(position.start, position.end)
        return types.TextEdit(replaced, position.replacement(self.step))

    def edits(self) -> list[types.TextEdit]:
        """Return the insertion as the edits of a document."""
        return [self.edit()]


@dataclass(frozen=True, slots=True)
class FixOffer:
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

    def offsets(self, place: TextRange) -> tuple[int, int]:
        """Return where a range of the fix begins and ends in the text."""
        first, _ = self.document.positions.bounds_of_line(place.first_line - 1)
        last, _ = self.document.positions.bounds_of_line(place.last_line - 1)
        return first + place.first_column, last + place.last_column


class OfferBook:
    """The last offers, by the names under which clients know them."""

    def __init__(self) -> None:
        self._offers: OrderedDict[str, Offer | FixOffer] = OrderedDict()

    def add(self, offer: Offer | FixOffer) -> str:
        """Keep an offer and return its name."""
        name = uuid.uuid4().hex
        self._offers[name] = offer
        while len(self._offers) > REMEMBERED_OFFERS:
            self._offers.popitem(last=False)
        return name

    def find(self, name: object) -> Offer | FixOffer | None:
        """Return the offer called `name`, unless it is forgotten or never was."""
        return self._offers.get(name) if isinstance(name, str) else None
