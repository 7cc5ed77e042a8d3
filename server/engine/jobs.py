"""One admitted request on its way through the engine."""

import queue
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from stepcheck.models.interface import Completion, Embedding, GenerationRequest
from stepcheck.server.engine.errors import ClientLeftError, DeadlineExceededError, EngineError

GRACE_SECONDS = 5.0
"""How long after its deadline a request still waits for the model to notice."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What the model made of a request; `complete` is false when the deadline cut it short."""

    completions: tuple[Completion, ...]
    queue_seconds: float
    generation_seconds: float
    complete: bool


Outcome = TypeVar("Outcome", Generated, Embedding)


@dataclass(frozen=True, slots=True)
class Admission:
    """On what terms a request is in the engine.

    `is_abandoned` is polled and true once nobody waits for the answer. `release` is told of the
    job's end, before whoever waits for it, who may ask again at once.
    """

    model: str
    timeout_seconds: float
    is_abandoned: Callable[[], bool] = lambda: False
    release: Callable[["Job[Any]"], None] = lambda _job: None


@dataclass(frozen=True, slots=True)
class _End(Generic[Outcome]):
    outcome: Outcome


class Job(ABC, Generic[Outcome]):
    """A request in the engine: the engine's thread fills it, a request's thread reads it."""

    def __init__(self, admission: Admission) -> None:
        self.model = admission.model
        self.submitted = time.monotonic()
        self.deadline = self.submitted + admission.timeout_seconds
        self._admission = admission
        self._cancelled_by: EngineError | None = None
        self._cut_short = False
        self._started = self.submitted
        self._events: queue.SimpleQueue[Completion | _End[Outcome] | EngineError] = (
            queue.SimpleQueue()
        )

    @property
    @abstractmethod
    def rows(self) -> int:
        """How many sequences the model works on for it at once."""

    @property
    def queue_seconds(self) -> float:
        """How long it waited for its batch."""
        return self._started - self.submitted

    def cancel(self, reason: EngineError) -> None:
        """Ask the engine to give it up."""
        self._cancelled_by = self._cancelled_by or reason

    def reason_to_stop(self) -> EngineError | None:
        """Return why it need not be worked on any more, if so."""
        if self._cancelled_by is None and self._admission.is_abandoned():
            self._cancelled_by = ClientLeftError("The client closed the connection.")
        if self._cancelled_by is None and time.monotonic() > self.deadline:
            return DeadlineExceededError("The time limit passed before there was an answer.")
        return self._cancelled_by

    def must_stop(self) -> bool:
        """Tell the model, which polls this, whether to stop working on it."""
        self._cut_short = self.reason_to_stop() is not None
        return self._cut_short

    def start(self) -> None:
        """Note that its batch begins."""
        self._started = time.monotonic()

    def fail(self, error: EngineError) -> None:
        """End it with an error."""
        self._admission.release(self)
        self._events.put(error)

    def wait(self) -> Outcome:
        """Wait for its end. Raises `EngineError`."""
        while not isinstance(event := self._next_event(GRACE_SECONDS), _End):
            pass
        return event.outcome

    def _end(self, outcome: Outcome) -> None:
        self._admission.release(self)
        self._events.put(_End(outcome))

    def _next_event(self, seconds: float) -> Completion | _End[Outcome] | None:
        """Return the next event, or `None` if it does not come in time.

        Gives up some time after the deadline, even if the model hangs.
        """
        seconds_left = self.deadline + GRACE_SECONDS - time.monotonic()
        try:
            event = self._events.get(timeout=max(0.0, min(seconds, seconds_left)))
        except queue.Empty:
            if seconds_left > 0:
                return None
            event = DeadlineExceededError("The model did not answer in time.")
            self.cancel(event)
        if isinstance(event, EngineError):
            raise event
        return event


class GenerationJob(Job[Generated]):
    """A request for completions."""

    def __init__(self, request: GenerationRequest, admission: Admission) -> None:
        super().__init__(admission)
        self.request = request
        self._announced: set[str] = set()

    @property
    def rows(self) -> int:
        """As many as completions are asked for."""
        return self.request.n

    def announce(self, completion: Completion) -> None:
        """Pass a finished completion on, once."""
        if completion.text not in self._announced:
            self._announced.add(completion.text)
            self._events.put(completion)

    def finish(self, completions: Sequence[Completion]) -> None:
        """End it with what the model returned."""
        self._end(
            Generated(
                completions=tuple(completions),
                queue_seconds=self.queue_seconds,
                generation_seconds=time.monotonic() - self._started,
                complete=not self._cut_short,
            )
        )

    def events(self, *, tick_seconds: float) -> Iterator[Completion | Generated | None]:
        """Yield completions as they finish and `Generated` at the end; `None` after each silence.

        Raises `EngineError`.
        """
        while not isinstance(event := self._next_event(tick_seconds), _End):
            yield event
        yield event.outcome


class EncodingJob(Job[Embedding]):
    """A request for a text's embedding."""

    def __init__(self, text: str, admission: Admission) -> None:
        super().__init__(admission)
        self.text = text

    @property
    def rows(self) -> int:
        """One text."""
        return 1

    def finish(self, embedding: Embedding) -> None:
        """End it with what the model returned."""
        self._end(embedding)
