"""The queue before the models: dynamic batching, cancellation, back-pressure.

One thread loads the models and runs every generation, so that no model is used by two threads.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from stepcheck.models.interface import (
    Encoder,
    GenerationRequest,
    Generator,
    ModelError,
    SuggestionPrompt,
)
from stepcheck.server.engine.batching import choose_batch, count_rows, due_time
from stepcheck.server.engine.errors import (
    ModelUnavailableError,
    NoEncoderError,
    NoModelError,
    NotReadyError,
    OutOfMemoryError,
    QueueFullError,
    StoppingError,
    UnknownModelError,
)
from stepcheck.server.engine.execution import give_up, run_batch
from stepcheck.server.engine.jobs import Admission, EncodingJob, GenerationJob, Job
from stepcheck.server.engine.metrics import EngineMetrics
from stepcheck.settings.schema import ServerSettings

logger = logging.getLogger(__name__)

_WARM_UP = GenerationRequest(SuggestionPrompt(goal="⊢ True"), n=1, max_tokens=1)
_CANCEL_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 60
_SMOOTHING = 0.3


class EngineState(StrEnum):
    """Where an engine is in its life."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    STOPPING = "stopping"


class Engine:
    """Answers requests in batches; the first model loaded is the default."""

    def __init__(
        self,
        load: Callable[[], Sequence[Generator]],
        settings: ServerSettings,
        metrics: EngineMetrics,
    ) -> None:
        self._load = load
        self._settings = settings
        self._metrics = metrics
        self._state = EngineState.LOADING
        self._failure = ""
        self._generators: Mapping[str, Generator] = {}
        self._pending: list[Job[Any]] = []
        self._running: list[Job[Any]] = []
        self._seconds_per_request = 0.0
        self._free_since = 0.0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="stepcheck-engine", daemon=True)
        metrics.queue_length.set_function(lambda: len(self._pending))

    @property
    def state(self) -> EngineState:
        """Where it is in its life."""
        return self._state

    @property
    def failure(self) -> str:
        """Why the models cannot be used."""
        return self._failure

    @property
    def generators(self) -> Sequence[Generator]:
        """The models that answer requests."""
        return tuple(self._generators.values())

    def start(self) -> None:
        """Begin to load the models, in the background."""
        self._thread.start()

    def wait_until_loaded(self, timeout_seconds: float | None = None) -> EngineState:
        """Wait for the end of loading, or the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._state is not EngineState.LOADING, timeout_seconds)
        return self._state

    def refuse_unless_ready(self) -> None:
        """Raise the `EngineError` that says why requests are not admitted, if they are not."""
        match self._state:
            case EngineState.LOADING:
                raise NotReadyError("The model is being loaded.")
            case EngineState.FAILED:
                raise ModelUnavailableError(f"The model cannot be used: {self._failure}")
            case EngineState.STOPPING:
                raise StoppingError("The server is being stopped.")

    def submit(
        self,
        request: GenerationRequest,
        *,
        model: str | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> GenerationJob:
        """Admit a request; `is_abandoned` is polled and true once nobody waits for the answer.

        Raises `EngineError`.
        """
        with self._changed:
            job = GenerationJob(request, self._admit(model, is_abandoned))
            self._enqueue(job)
        return job

    def submit_encoding(
        self,
        text: str,
        *,
        model: str | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> EncodingJob:
        """Admit a text to be embedded; as `submit`."""
        with self._changed:
            admission = self._admit(model, is_abandoned)
            if not isinstance(self._generators[admission.model], Encoder):
                raise NoEncoderError(f"The model {admission.model!r} does not embed texts.")
            job = EncodingJob(text, admission)
            self._enqueue(job)
        return job

    def serves(self, model: str) -> bool:
        """Whether a model of that name answers requests."""
        return model in self._generators

    def stop(self, drain_seconds: float) -> None:
        """Refuse new requests, finish the admitted ones within `drain_seconds`, cancel the rest."""
        with self._changed:
            was_loading = self._state is EngineState.LOADING
            self._state = EngineState.STOPPING
            self._changed.notify_all()
        if not self._thread.is_alive() or was_loading:
            return
        self._thread.join(drain_seconds)
        if self._thread.is_alive():
            with self._changed:
                for job in (*self._pending, *self._running):
                    job.cancel(StoppingError("The server was stopped before it could answer."))
            self._thread.join(_CANCEL_SECONDS)

    def _work(self) -> None:
        if not self._load_models():
            return
        try:
            while jobs := self._next_batch():
                self._run(jobs)
                self._free_since = time.monotonic()
        except Exception as error:
            # A mistake of the engine itself: nobody is to wait for a thread that is no more.
            logger.exception("The engine broke down.")
            self._break_down(f"{type(error).__name__}: {error}")

    def _admit(self, model: str | None, is_abandoned: Callable[[], bool]) -> Admission:
        self.refuse_unless_ready()
        name = self._choose(model)
        seconds = self._settings.request_timeout_seconds
        return Admission(name, seconds, is_abandoned, self._release)

    def _enqueue(self, job: Job[Any]) -> None:
        self._drop_stopped()
        admitted = len(self._pending) + len(self._running)
        if admitted >= self._settings.queue_size:
            raise QueueFullError(
                f"{admitted} requests are waiting or running.", self._estimate_seconds(admitted)
            )
        self._pending.append(job)
        self._changed.notify_all()

    def _break_down(self, failure: str) -> None:
        with self._changed:
            self._failure = failure
            self._state = EngineState.FAILED
            for job in (*self._running, *self._pending):
                reason = ModelUnavailableError(f"The engine broke down: {failure}")
                give_up(job, reason, self._metrics)
            self._pending = []

    def _load_models(self) -> bool:
        failure = ""
        generators: Mapping[str, Generator] = {}
        try:
            generators = {generator.name: generator for generator in self._load()}
            for generator in generators.values():
                generator.generate([_WARM_UP])
        except ModelError as error:
            failure = str(error)
        except Exception as error:
            logger.exception("The model cannot be loaded.")
            failure = f"{type(error).__name__}: {error}"
        with self._changed:
            if self._state is EngineState.LOADING:
                self._generators = generators
                self._failure = failure
                self._state = EngineState.FAILED if failure else EngineState.READY
            self._changed.notify_all()
        return not failure

    def _choose(self, model: str | None) -> str:
        if not self._generators:
            raise NoModelError("This server has no language model; it only judges code.")
        if model is None:
            return next(iter(self._generators))
        if model not in self._generators:
            served = ", ".join(self._generators)
            raise UnknownModelError(f"No model is called {model!r}; served are: {served}.")
        return model

    def _estimate_seconds(self, requests: int) -> int:
        seconds = math.ceil(requests * self._seconds_per_request)
        return max(1, min(seconds, _LONGEST_RETRY_SECONDS))

    def _next_batch(self) -> list[Job[Any]]:
        """Wait for requests; return those of one model that fit a batch, none when stopped."""
        with self._changed:
            while True:
                self._drop_stopped()
                if not self._pending:
                    if self._state is EngineState.STOPPING:
                        return []
                    self._changed.wait()
                    continue
                jobs = choose_batch(self._pending, self._settings.max_batch_rows)
                seconds = self._seconds_to_wait(jobs)
                if seconds <= 0:
                    for job in jobs:
                        self._pending.remove(job)
                    self._running = list(jobs)
                    return jobs
                self._changed.wait(seconds)

    def _seconds_to_wait(self, jobs: Sequence[Job[Any]]) -> float:
        """Return how many seconds `jobs` may wait for more to join them."""
        is_full = count_rows(jobs) >= self._settings.max_batch_rows
        if is_full or len(jobs) < len(self._pending) or self._state is EngineState.STOPPING:
            return 0.0
        quiet_seconds = self._settings.batch_wait_milliseconds / 1000
        return due_time(jobs, self._free_since, quiet_seconds) - time.monotonic()

    def _drop_stopped(self) -> None:
        for job in tuple(self._pending):
            if reason := job.reason_to_stop():
                self._pending.remove(job)
                give_up(job, reason, self._metrics)

    def _run(self, jobs: Sequence[Job[Any]], *, may_split: bool = True) -> None:
        result = run_batch(self._generators[jobs[0].model], jobs, self._metrics)
        if isinstance(result, float):
            per_request = result / len(jobs)
            self._seconds_per_request += _SMOOTHING * (per_request - self._seconds_per_request)
            return
        if isinstance(result, OutOfMemoryError) and may_split and len(jobs) > 1:
            half = len(jobs) // 2
            logger.warning("Out of memory with %d rows; trying two halves.", count_rows(jobs))
            self._run(jobs[:half], may_split=False)
            self._run(jobs[half:], may_split=False)
            return
        self._metrics.failed_batches.inc()
        for job in jobs:
            give_up(job, result, self._metrics)

    def _release(self, job: Job[Any]) -> None:
        """Free the job's place."""
        with self._changed:
            if job in self._running:
                self._running.remove(job)
