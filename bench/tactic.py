"""How fast the tactic tries suggestions: `python bench/tactic.py [--rounds N] [--json]`.

Runs one Lean file that calls `llmstep` at twelve small goals, with ten suggestions each. A fixed
list takes the place of the model and answers at once. Prints the time for a suggestion, as Lean
measures it, and for a call: from the moment when the answer lies there to the request of the next
call, so with ranking, display and the elaboration of what is between the two.

The calls are gone through several times in one Lean; the last round counts, when its code is warm.
"""

import asyncio
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.small_goals import SMALL_GOALS
from stepcheck.bridge.spool import Spool
from stepcheck.lean.checker import memory_limit_of
from stepcheck.lean.protocol import LeanMessage
from stepcheck.lean.toolchain import find_lean
from stepcheck.lean.whole_file import check_file

SUGGESTIONS = (
    *("simp", "omega", "constructor", "exact h", "simp_all"),
    *("rw [h]", "intro x", "cases h", "exact ⟨_, rfl⟩", "refine ⟨?_, ?_⟩"),
)
"""What a small model writes at goals like these: some prove them, most do not work."""

SECONDS = 600.0
_TRACE = re.compile(r"\[llmstep\] (\d+) µs, (\w+): (.*)")
console = Console()


@dataclass(frozen=True, slots=True)
class Report:
    """Times in milliseconds; those of the last round."""

    calls: int
    suggestions: int
    median_suggestion: float
    percentile_95_suggestion: float
    slowest_suggestion: float
    slowest_text: str
    median_call: float
    slowest_call: float
    verdicts: dict[str, int]


class FixedList:
    """Answers each request in a spool folder with the same list, at once."""

    def __init__(self, folder: Path) -> None:
        self._spool = Spool.open(folder)
        self._ended = threading.Event()
        self.asked: list[float] = []
        self.answered: list[float] = []

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer until the block is left."""
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _serve(self) -> None:
        suggestions = [
            {"text": text, "score": -float(rank), "log_probability": -float(rank)}
            for rank, text in enumerate(SUGGESTIONS)
        ]
        timing = {"queue": 0.0, "generation": 0.0}
        body = {"suggestions": suggestions, "model": "a fixed list", "request_id": ""}
        content = json.dumps({"status": 200, "body": body | {"timing": timing, "complete": True}})
        while not self._ended.is_set():
            for identifier in self._spool.list_waiting().requests:
                self.asked.append(time.monotonic())
                self._spool.take(identifier)
                self._spool.respond(identifier, content.encode())
                self.answered.append(time.monotonic())
            time.sleep(0.001)


def document(rounds: int) -> str:
    """A file with a call at each goal, so many times, one after the other."""
    parts = ["import LLMstep", "set_option trace.llmstep true", "set_option Elab.async false"]
    # Only what the fixed list suggests is tried.
    parts.append("set_option llmstep.proposalTimeout 0")
    for number in range(rounds):
        for goal in SMALL_GOALS:
            name = f"round{number}_{goal.name}"
            call = f"example {goal.signature} := by\n  llmstep"
            parts.append(f"namespace {name}\n{goal.header}\n{call}\nend {name}")
    parts.append("example (p : Prop) : p := by\n  llmstep")
    return "\n".join(parts)


def report(messages: Sequence[LeanMessage], model: FixedList) -> Report:
    """Sum up the last round. The one call after it only marks its end."""
    steps = [
        (int(found[1]) / 1000, found[2], found[3])
        for message in messages
        for found in _TRACE.finditer(message.text)
    ]
    calls = len(SMALL_GOALS)
    last = steps[-(calls + 1) * len(SUGGESTIONS) : -len(SUGGESTIONS)]
    pauses = [
        1000 * (asked - answered)
        for answered, asked in zip(model.answered, model.asked[1:], strict=False)
    ][-calls:]
    times = [milliseconds for milliseconds, _, _ in last]
    slowest, _, text = max(last)
    return Report(
        calls=calls,
        suggestions=len(last),
        median_suggestion=statistics.median(times),
        percentile_95_suggestion=statistics.quantiles(times, n=20)[-1],
        slowest_suggestion=slowest,
        slowest_text=text,
        median_call=statistics.median(pauses),
        slowest_call=max(pauses),
        verdicts=dict(Counter(verdict for _, verdict, _ in last).most_common()),
    )


async def measure(rounds: int) -> Report:
    """Run the file."""
    lean = find_lean()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = await asyncio.to_thread(lean.package_file_command, folder)
        model = FixedList(folder)
        with model.answering():
            messages = await check_file(command, memory_limit_of(lean), document(rounds), SECONDS)
    return report(messages, model)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often the goals are gone through.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how long the tactic takes to try suggestions."""
    found = asyncio.run(measure(rounds))
    if as_json:
        console.print_json(data=asdict(found))
        return
    console.print(f"{found.calls} calls with {found.suggestions // found.calls} suggestions each")
    console.print(
        f"a suggestion: median {found.median_suggestion:.1f} ms, "
        f"95 % within {found.percentile_95_suggestion:.1f} ms, "
        f"slowest {found.slowest_suggestion:.0f} ms ({found.slowest_text})"
    )
    console.print(f"a call: median {found.median_call:.0f} ms, slowest {found.slowest_call:.0f} ms")
    console.print(f"verdicts: {found.verdicts}")


if __name__ == "__main__":
    typer.run(main)
