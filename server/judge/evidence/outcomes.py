"""Whether two calls came to the same, and what came of one in words."""

import builtins
import re
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.candidate_session import CallOutcome
from stepcheck.server.judge.evidence.matching import Match, Matcher
from stepcheck.server.judge.evidence.rendering import render
from stepcheck.server.sandbox.sandbox import Status

_MAX_SHOWN = 120
_WRITES = re.compile(
    r"\b(?:writes?|saves?|saved|exports?|creates?\s+(?:an?\s+)?\w*\s*files?|files?)\b", re.I
)
_PRINTS = re.compile(r"\bprint(?:s|ed|ing)?\b", re.I)
_KEEPS_ARGUMENTS = re.compile(
    r"\bin[- ]place\b|\b(?:without|not|never)\s+(?:be\s+)?(?:modif|chang|mutat|alter)\w+|\bnew\s+"
    r"(?:list|dict|dictionary|array|copy)\b",
    re.I,
)
_APPROXIMATE = re.compile(
    r"\bapproximat|\btolerance\b|\bwithin\s+1?0?\.?\d*e?-?\d+\b|\bprecision\b", re.I
)


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares what came of calls, by what the text of the task asks for."""

    text: str = ""

    @property
    def _matcher(self) -> Matcher:
        return Matcher(self.text, is_approximate=bool(_APPROXIMATE.search(self.text)))

    def compare(self, got: CallOutcome, wanted: CallOutcome) -> Match:
        """Return how alike two outcomes are."""
        try:
            return self._compare(got, wanted)
        except RecursionError:
            return Match.DIFFERENT

    def _compare(self, got: CallOutcome, wanted: CallOutcome) -> Match:
        if Status.RAISED in (got.status, wanted.status):
            same = got.status is wanted.status and is_kind_of(str(got.value), str(wanted.value))
            return Match.SAME if same else Match.DIFFERENT
        if got.status is not wanted.status:
            return Match.DIFFERENT
        effects = self._effects(got, wanted)
        if wanted.value is None and got.value is None:
            printed = Match.SAME if got.printed == wanted.printed else Match.DIFFERENT
            arguments = self._matcher.match_all(got.arguments, wanted.arguments)
            return max(printed, arguments, *effects)
        if wanted.value is None and _is_effective(wanted):
            # It returns something as well.
            printed = Match.SAME if got.printed == wanted.printed else Match.DIFFERENT
            arguments = self._matcher.match_all(got.arguments, wanted.arguments)
            return max(Match.LOOSE, printed, arguments, *effects)
        return max(
            self._matcher.match(got.value, wanted.value),
            self._arguments(got, wanted),
            *(
                effect if _WRITES.search(self.text) else min(effect, Match.LOOSE)
                for effect in effects
            ),
            self._printed(got, wanted),
        )

    def _effects(self, got: CallOutcome, wanted: CallOutcome) -> tuple[Match, Match]:
        matcher = self._matcher
        files = matcher.match(["dict", list(got.files)], ["dict", list(wanted.files)])
        figures = matcher.match_all(got.figures, wanted.figures)
        return files, figures if wanted.value is None else min(figures, Match.LOOSE)

    def _arguments(self, got: CallOutcome, wanted: CallOutcome) -> Match:
        if not _KEEPS_ARGUMENTS.search(self.text):
            return Match.SAME
        return self._matcher.match_all(got.arguments, wanted.arguments)

    def _printed(self, got: CallOutcome, wanted: CallOutcome) -> Match:
        asked = _PRINTS.search(self.text) and wanted.printed
        return Match.LOOSE if asked and got.printed != wanted.printed else Match.SAME

    def changes_other_arguments(self, got: CallOutcome, wanted: CallOutcome) -> bool:
        """Tell whether a call leaves its arguments otherwise than the other does."""
        both_passed = got.status is wanted.status is Status.PASSED
        return (
            both_passed
            and self._matcher.match_all(got.arguments, wanted.arguments) is not Match.SAME
        )


def is_kind_of(name: str, other: str) -> bool:
    """Tell whether an exception is of the kind of another, as far as both are built in."""
    kinds = [getattr(builtins, each, None) for each in (name, other)]
    if all(isinstance(kind, type) for kind in kinds):
        return issubclass(kinds[0], kinds[1])  # type: ignore[arg-type]
    return name == other


def _is_effective(outcome: CallOutcome) -> bool:
    return bool(outcome.printed or outcome.files or outcome.figures or outcome.arguments)


def show(outcome: CallOutcome) -> str:
    """Return an outcome in words."""
    if outcome.status is Status.RAISED:
        return str(outcome.value)
    if outcome.status is Status.CRASHED:
        return "a crash"
    if outcome.value is not None:
        return f"{render(outcome.value):.{_MAX_SHOWN}}"
    if outcome.printed:
        return f"{outcome.printed!r:.{_MAX_SHOWN}} printed"
    if outcome.files:
        return f"files {render(['dict', list(outcome.files)]):.{_MAX_SHOWN}}"
    if outcome.figures:
        return f"{render(outcome.figures[0]):.{_MAX_SHOWN}}"
    if outcome.arguments:
        return f"arguments {render(['list', list(outcome.arguments)]):.{_MAX_SHOWN}}"
    return "None"


def show_both(got: CallOutcome, wanted: CallOutcome) -> tuple[str, str]:
    """Return two outcomes in words: what else came of the calls where the results look alike."""
    bare = show(got), show(wanted)
    if bare[0] != bare[1]:
        return bare
    without = (replace(one, value=None, printed="") for one in (got, wanted))
    effects = [show(one) for one in without]
    if got.printed != wanted.printed:
        effects = [f"{one.printed!r:.{_MAX_SHOWN}} printed" for one in (got, wanted)]
    if effects[0] == effects[1]:
        return bare
    return f"{bare[0]} and {effects[0]}", f"{bare[1]} and {effects[1]}"
