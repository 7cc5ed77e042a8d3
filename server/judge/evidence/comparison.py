"""Two versions of the same function, called with the same inputs.

The inputs are drawn by hypothesis, which also shrinks one on which the two differ. It runs here;
only the calls are made in the sandbox, in two processes that stay alive meanwhile.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.candidate_session import CallOutcome, Session
from stepcheck.server.judge.evidence.input_search import StopSearchError, search
from stepcheck.server.judge.evidence.inputs import Values
from stepcheck.server.judge.evidence.matching import Match
from stepcheck.server.judge.evidence.outcomes import Comparer
from stepcheck.server.sandbox.sandbox import CancelledError, Status

_MAX_SET_ASIDE = 240
_MAX_SEARCHES = 3
_SHRINK_SECONDS = 1.0
_WALL_TIME_FACTOR = 6
_MAX_PORTION = 32
_PORTION_SECONDS = 0.1


class Budget:
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
class Input:
    """An input: which of the templates is filled, and with what."""

    template: Template
    values: Values

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.template.setup}\n{self.template.call}\n{self.values!r}"

    @property
    def call(self) -> str:
        """The call as Python text."""
        return self.template.show(self.values)


@dataclass(frozen=True, slots=True)
class ComparedInput:
    """An input, and what became of it in the version judged (`got`) and the other (`wanted`)."""

    input: Input
    got: CallOutcome
    wanted: CallOutcome
    match: Match

    @property
    def is_same(self) -> bool:
        """Whether both did the same."""
        return self.match is Match.SAME


@dataclass(frozen=True, slots=True)
class Versions:
    """A session with the version judged, one with the other, and how their outcomes compare.

    An exception of the other version counts where its kind is in `raises`; None stands for all.
    """

    judged: Session
    other: Session
    comparer: Comparer
    raises: frozenset[str] | None = frozenset()


class VersionComparison:
    """Makes the same calls in two sessions, each input once; `raised` is what the other raised.

    An input counts if both say something that can be compared: if the other version gives a result
    (or an exception that counts), and the one judged is no slower than a session allows.
    """

    def __init__(self, versions: Versions, is_cancelled: Callable[[], bool]) -> None:
        self._versions = versions
        self._is_cancelled = is_cancelled
        self._known: dict[str, ComparedInput | None] = {}
        self._portion = 1
        self.set_aside = 0
        self.unanswered = 0
        self.reasons: list[str] = []
        self.raised: list[str] = []

    def draw(
        self, strategy: SearchStrategy[Input], count: int, seconds: float, seed: int = 0
    ) -> list[ComparedInput]:
        """Return what became of up to `count` different inputs; raises `CancelledError`."""
        drawn: dict[str, ComparedInput] = {}
        waiting: dict[str, Input] = {}
        budget = Budget(seconds)

        def compare_waiting() -> None:
            drawn.update(self._compare_portion(list(waiting.values())))
            waiting.clear()

        def is_enough() -> bool:
            return len(drawn) == count or self.set_aside >= _MAX_SET_ASIDE or budget.is_spent()

        def evaluate(one: Input) -> bool:
            if one.key not in drawn:
                waiting[one.key] = one
            if len(waiting) >= min(self._portion, count - len(drawn)):
                compare_waiting()
            if is_enough():
                raise StopSearchError
            return False

        # Where the other version refuses most inputs, more are drawn.
        for further in range(_MAX_SEARCHES):
            if not is_enough():
                self._search(strategy, evaluate, 2 * count, seed + further)
                compare_waiting()
            if len(drawn) + self.set_aside < count:
                break
        return list(drawn.values())

    def try_all(self, inputs: Sequence[Input], seconds: float) -> list[ComparedInput]:
        """Return what became of those of some inputs that count; raises `CancelledError`."""
        budget = Budget(seconds)
        tried: dict[str, ComparedInput] = {}
        waiting = list({one.key: one for one in inputs}.values())
        while waiting and not budget.is_spent():
            portion, waiting = waiting[: self._portion], waiting[self._portion :]
            tried.update(self._compare_portion(portion))
        return list(tried.values())

    def shrink(
        self,
        strategy: SearchStrategy[Input],
        count: int,
        is_wanted: Callable[[ComparedInput], bool],
    ) -> ComparedInput | None:
        """Return the smallest of such cases that hypothesis finds; raises `CancelledError`.

        It draws the same inputs as `draw`, the outcomes of which are known.
        """
        budget = Budget(_SHRINK_SECONDS)
        smallest: list[ComparedInput] = []

        def evaluate(one: Input) -> bool:
            if one.key not in self._known and budget.is_spent():
                return False
            compared = self.compare(one)
            if compared is None or not is_wanted(compared):
                return False
            smallest.append(compared)
            return True

        self._search(strategy, evaluate, 2 * count, 0)
        return smallest[-1] if smallest else None

    def compare(self, one: Input) -> ComparedInput | None:
        """Return what became of an input, None if it does not count; raises `CancelledError`."""
        return self._compare_portion([one]).get(one.key)

    def _compare_portion(self, inputs: Sequence[Input]) -> dict[str, ComparedInput]:
        """Return what became of those inputs that count, which are called at once if unknown.

        Portions grow as long as they take little time: nobody is asked whether to go on meanwhile.
        """
        if self._is_cancelled():
            raise CancelledError
        unknown = [one for one in inputs if one.key not in self._known]
        if unknown:
            began = time.monotonic()
            self._known.update((one.key, None) for one in unknown)
            self._known.update((one.input.key, one) for one in self._call_both(unknown))
            is_quick = time.monotonic() - began < _PORTION_SECONDS
            self._portion = min(2 * self._portion, _MAX_PORTION) if is_quick else 1
        found = ((one.key, self._known[one.key]) for one in inputs)
        return {key: compared for key, compared in found if compared is not None}

    def _call_both(self, inputs: Sequence[Input]) -> Iterator[ComparedInput]:
        """Yield what became of the inputs that count; the version judged is given no others."""
        versions = self._versions
        answers = versions.other.evaluate_all([(one.template, one.values) for one in inputs])
        counted = [pair for pair in zip(inputs, answers, strict=True) if self._counts(pair[1])]
        for wanted in answers:
            if not self._counts(wanted):
                self.set_aside += 1
                if wanted.status is Status.RAISED:
                    self.raised.append(f"{wanted.value}: {wanted.reason}".strip(": "))
                elif wanted.reason:
                    self.reasons.append(wanted.reason)
        results = versions.judged.evaluate_all([(one.template, one.values) for one, _ in counted])
        for (one, wanted), got in zip(counted, results, strict=True):
            if got.status in (Status.TIMEOUT, Status.INCONCLUSIVE):
                self.unanswered += 1
                self.reasons.append(got.reason)
            else:
                yield ComparedInput(one, got, wanted, versions.comparer.compare(got, wanted))

    def _counts(self, wanted: CallOutcome) -> bool:
        if wanted.status is Status.RAISED:
            raises = self._versions.raises
            return raises is None or wanted.value in raises
        return wanted.status is Status.PASSED

    def _search(
        self,
        strategy: SearchStrategy[Input],
        evaluate: Callable[[Input], bool],
        most: int,
        seed: int,
    ) -> None:
        cancelled: list[CancelledError] = []

        def guarded(one: Input) -> bool:
            try:
                return evaluate(one)
            except CancelledError as error:
                cancelled.append(error)
                raise StopSearchError from error

        search(strategy, guarded, most, seed)
        if cancelled:
            raise cancelled[0]
