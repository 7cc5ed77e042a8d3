"""Two versions of the same function, called with the same inputs.

The inputs are drawn by hypothesis, which also shrinks one on which the two differ. It runs here;
only the calls are made in the sandbox, in two processes that stay alive meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.candidate_session import CallOutcome, Session
from stepcheck.server.judge.evidence.input_search import StopSearchError, search
from stepcheck.server.judge.evidence.inputs import Values
from stepcheck.server.sandbox.child.matching import values_match
from stepcheck.server.sandbox.sandbox import CancelledError, Status

_MAX_SET_ASIDE = 240
_SECONDS = 2.0
_SHRINK_SECONDS = 1.0
_WALL_TIME_FACTOR = 6
_MAX_SHOWN = 120


class _Budget:
    """Processor time of this thread, and much more by the wall clock.

    A busy machine should not change the answer.
    """

    def __init__(self, seconds: float) -> None:
        self._computed = time.thread_time() + seconds
        self._waited = time.monotonic() + _WALL_TIME_FACTOR * seconds

    def is_spent(self) -> bool:
        """Tell whether either has passed."""
        return time.thread_time() > self._computed or time.monotonic() > self._waited


@dataclass(frozen=True, slots=True)
class ComparedInput:
    """An input, and what became of it in the version judged (`got`) and the other (`wanted`)."""

    values: Values
    got: CallOutcome
    wanted: CallOutcome

    @property
    def is_same(self) -> bool:
        """Whether both did the same."""
        if self.got.status is not self.wanted.status:
            return False
        if self.wanted.value is None and self.got.value is None:
            # What returns nothing prints, or changes its arguments.
            return self.got.printed == self.wanted.printed and _same(
                list(self.got.arguments), list(self.wanted.arguments)
            )
        return _same(self.got.value, self.wanted.value)


class VersionComparison:
    """Makes the same calls in two sessions, each input once.

    An input counts if both say something that can be compared: if the other version gives a result
    (or raises, where `may_raise`), and the one judged is no slower than a session allows.
    """

    def __init__(
        self,
        template: Template,
        judged: Session,
        other: Session,
        is_cancelled: Callable[[], bool],
        *,
        may_raise: bool = False,
    ) -> None:
        self._template = template
        self._judged = judged
        self._other = other
        self._is_cancelled = is_cancelled
        self._may_raise = may_raise
        self._known: dict[str, ComparedInput | None] = {}
        self.set_aside = 0
        self.unanswered = 0

    def draw(self, strategy: SearchStrategy[Values], count: int) -> list[ComparedInput]:
        """Return what became of up to `count` different inputs; raises `CancelledError`."""
        drawn: dict[str, ComparedInput] = {}
        budget = _Budget(_SECONDS)

        def evaluate(values: Values) -> bool:
            compared = self.compare(values)
            enough = len(drawn) == count or self.set_aside >= _MAX_SET_ASIDE
            if enough or budget.is_spent():
                raise StopSearchError
            assume(compared is not None)
            if compared is not None:
                drawn[repr(values)] = compared
            return False

        self._search(strategy, evaluate, 2 * count)
        return list(drawn.values())

    def shrink(
        self,
        strategy: SearchStrategy[Values],
        count: int,
        is_wanted: Callable[[ComparedInput], bool],
    ) -> ComparedInput | None:
        """Return the smallest of such cases that hypothesis finds; raises `CancelledError`.

        It draws the same inputs as `draw`, the outcomes of which are known.
        """
        budget = _Budget(_SHRINK_SECONDS)
        smallest: list[ComparedInput] = []

        def evaluate(values: Values) -> bool:
            if repr(values) not in self._known and budget.is_spent():
                return False
            compared = self.compare(values)
            if compared is None or not is_wanted(compared):
                return False
            smallest.append(compared)
            return True

        self._search(strategy, evaluate, 2 * count)
        return smallest[-1] if smallest else None

    def compare(self, values: Values) -> ComparedInput | None:
        """Return what became of an input, None if it does not count; raises `CancelledError`."""
        key = repr(values)
        if key not in self._known:
            self._known[key] = self._call_both(values)
        return self._known[key]

    def _call_both(self, values: Values) -> ComparedInput | None:
        if self._is_cancelled():
            raise CancelledError
        call = self._template.fill(values)
        wanted = self._other.evaluate(call)
        counts = (Status.PASSED, Status.RAISED) if self._may_raise else (Status.PASSED,)
        if wanted.status not in counts:
            self.set_aside += 1
            return None
        got = self._judged.evaluate(call)
        if got.status in (Status.TIMEOUT, Status.INCONCLUSIVE):
            self.unanswered += 1
            return None
        return ComparedInput(values, got, wanted)

    def _search(
        self, strategy: SearchStrategy[Values], evaluate: Callable[[Values], bool], most: int
    ) -> None:
        cancelled: list[CancelledError] = []

        def guarded(values: Values) -> bool:
            try:
                return evaluate(values)
            except CancelledError as error:
                cancelled.append(error)
                raise StopSearchError from error

        search(strategy, guarded, most)
        if cancelled:
            raise cancelled[0]


def show(outcome: CallOutcome) -> str:
    """Return an outcome in words."""
    if outcome.status is Status.RAISED:
        return str(outcome.value)
    if outcome.status is Status.CRASHED:
        return "a crash"
    shown: Any = outcome.value
    if shown is None and outcome.printed:
        return f"{outcome.printed!r:.{_MAX_SHOWN}} printed"
    if shown is None and outcome.arguments:
        return f"arguments {list(outcome.arguments)!r:.{_MAX_SHOWN}}"
    return f"{shown!r:.{_MAX_SHOWN}}"


def _same(got: Any, wanted: Any) -> bool:
    try:
        return values_match(got, wanted)
    except RecursionError:
        return False
