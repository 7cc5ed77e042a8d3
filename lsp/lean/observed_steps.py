"""What a person does with suggestions: which were shown where, and what is written there later."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from stepcheck.lean.written_tactics import WrittenTactic, proof_before, written_tactics
from stepcheck.use_cases.checked_suggestions import SuggestionReport

REMEMBERED_PLACES = 256


@dataclass(frozen=True, slots=True)
class NewStep:
    """A tactic that was not there before, and the steps that were shown at its place."""

    tactic: WrittenTactic
    shown: tuple[str, ...]


@dataclass
class _Observed:
    known: set[int] = field(default_factory=set)
    """Hashes of the tactics that were seen, each with the proof before it."""
    shown: OrderedDict[str, tuple[str, ...]] = field(default_factory=OrderedDict)
    """By the text before the place: what was shown last."""


class ObservedSteps:
    """Compares the texts of documents; what was there when one was opened is not news.

    A place is recognised by its declaration up to it, whatever changes elsewhere.
    """

    def __init__(self) -> None:
        self._documents: dict[str, _Observed] = {}

    def open(self, uri: str, text: str) -> None:
        """Begin to observe a document."""
        self._documents[uri] = _Observed({_key(each) for each in written_tactics(text)})

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._documents.pop(uri, None)

    def show(self, uri: str, before: str, report: SuggestionReport) -> None:
        """Remember what is shown behind a text."""
        if (observed := self._documents.get(uri)) is None or not report.shown:
            return
        observed.shown[before] = tuple(ranked.checked.step for ranked in report.shown)
        observed.shown.move_to_end(before)
        while len(observed.shown) > REMEMBERED_PLACES:
            observed.shown.popitem(last=False)

    def new_steps(self, uri: str, text: str) -> Sequence[NewStep]:
        """Return the tactics that were not there before, each once."""
        if (observed := self._documents.get(uri)) is None:
            return []
        shown = {proof_before(before).rstrip(): steps for before, steps in observed.shown.items()}
        return [
            NewStep(tactic, shown.get(tactic.proof.rstrip(), ()))
            for tactic in written_tactics(text)
            if _key(tactic) not in observed.known
        ]

    def know(self, uri: str, tactic: WrittenTactic) -> None:
        """Take a tactic for seen."""
        if (observed := self._documents.get(uri)) is not None:
            observed.known.add(_key(tactic))


def _key(tactic: WrittenTactic) -> int:
    return hash((tactic.proof, tactic.text))
