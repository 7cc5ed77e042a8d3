"""A generator without a model, which does as a test tells it."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stepcheck.models.interface import Completion, GenerationRequest


@dataclass
class FakeGenerator:
    """The tests' fake of a model: takes as long as told, and tells what it was asked.

    It lets the behaviour of the queue be observed exactly; tests of what is generated use real
    weights.
    """

    name: str = "fake"
    device: str = "cpu"
    seconds_per_completion: float = 0.0
    failure: Callable[[Sequence[GenerationRequest]], Exception | None] = lambda _requests: None
    batches: list[list[GenerationRequest]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        is_cancelled: Callable[[int], bool] = lambda _: False,
        on_completion: Callable[[int, Completion], None] = lambda _index, _completion: None,
    ) -> list[list[Completion]]:
        if requests[0].max_tokens == 1:
            return [[] for _ in requests]  # the engine's warm-up
        self.batches.append(list(requests))
        self.began.set()
        self._wait_for_gate(requests, is_cancelled)
        if (error := self.failure(requests)) is not None:
            raise error
        results: list[list[Completion]] = [[] for _ in requests]
        stopped: set[int] = set()
        for rank in range(max(request.n for request in requests)):
            if len(stopped) == len(requests):
                break
            time.sleep(self.seconds_per_completion)
            for index, request in enumerate(requests):
                if index in stopped or rank >= request.n:
                    continue
                if is_cancelled(index):
                    stopped.add(index)
                    self.cancelled.append(request.prompt.goal)
                    continue
                text = f"{request.prompt.prefix}step {rank} of {request.prompt.goal}"
                completion = Completion(text, score=-float(rank + 1), tokens=3)
                results[index].append(completion)
                on_completion(index, completion)
        return results

    def _wait_for_gate(
        self, requests: Sequence[GenerationRequest], is_cancelled: Callable[[int], bool]
    ) -> None:
        while not self.gate.wait(0.01):
            if all(is_cancelled(index) for index in range(len(requests))):
                return
