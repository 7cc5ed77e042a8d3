"""How fast Lean checks: `python bench/check.py [--goals FILE] [--workers N] [--rounds N] [--json]`.
`python bench/check.py --compare CHECKOUT [--goals FILE] [--rounds N] [--limit N]` has another
checkout take turns with this one, and prints both side by side.

Prints what it takes to start Lean, to open a goal and to check a fixed list of candidates in each
of the goals of a file, or in twelve small ones, the memory of a worker and how often one was lost.
The goals are gone through several times; the last round counts, when Lean's code is warm.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.datasets import Goal, read_goals
from bench.small_goals import SMALL_GOALS
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import Toolchain, find_lean
from stepcheck.lean.verdict import CheckedStep

CANDIDATES = (
    *("rfl", "simp", "omega", "decide", "grind", "intro x", "intros", "constructor", "ext"),
    *("assumption", "contradiction", "exact h", "simp_all", "cases h", "induction n", "rintro h"),
    *("rw [Nat.add_comm]", "simp [Nat.add_comm]", "simp [List.length_append]", "exact rfl"),
    *("apply Iff.intro", "refine ⟨?_, ?_⟩", "exact ⟨_, rfl⟩", "exact Nat.le_refl _", "split"),
    *("funext x", "simp only [foo]", "exact (", "have h : 1 = 1 := rfl\nskip", "unfold id"),
)
"""What a small model writes: quick and slow tactics, many that fail, some that do not parse."""

SEARCH = "grind"
"""The one candidate that searches; it takes longer than all the others together."""

LIMITS = CheckLimits(heartbeats=40_000, milliseconds=5_000)
SINGLE_CHECKS = 200
console = Console()


@dataclass(frozen=True, slots=True)
class GoalTimes:
    """One goal: what its opening and the check of all candidates took, in milliseconds."""

    opened: float
    checked: float
    steps: tuple[CheckedStep, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the slow end of some times, in milliseconds."""

    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise at least one value."""
        ordered = sorted(values)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95)]
        return cls(at[0], at[1], ordered[-1])


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure; times in milliseconds, memory in MiB."""

    lean: str
    workers: int
    processors: int
    load_average: float
    goals: int
    unopened: int
    candidates: int
    first_start: float
    second_start: float
    first_goal: float
    open: Spread
    candidate: Spread
    round_trip_of_list: Spread
    round_trip_of_one: Spread
    candidates_per_second: float
    candidates_per_second_and_worker: float
    candidates_per_second_without_search: float
    processor_milliseconds_per_candidate: float | None
    peak_memory: int
    restarts: int
    verdicts: dict[str, int]


async def time_start(toolchain: Toolchain) -> tuple[float, float]:
    """Return the time until a new process is ready, and until it holds its first goal."""
    async with StepChecker(toolchain) as checker:
        start = time.perf_counter()
        position = ProofPosition("example : True := by\n  ", "\n")
        await checker.open(position)
        opened = time.perf_counter()
        await checker.check(position, ["trivial"])
        return 1000 * (opened - start), 1000 * (time.perf_counter() - start)


async def check_goals(
    checker: StepChecker, goals: Sequence[Goal], workers: int
) -> list[GoalTimes | None]:
    """Open each goal and check every candidate in it, as many goals at a time as workers."""
    waiting = iter(enumerate(goals))
    times: list[GoalTimes | None] = [None] * len(goals)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("goals", total=len(goals))

        async def work() -> None:
            for number, goal in waiting:
                position = ProofPosition(goal.before, "\n")
                start = time.perf_counter()
                try:
                    await checker.open(position)
                    opened = time.perf_counter()
                    steps = await checker.check(position, CANDIDATES, LIMITS)
                except LeanError:
                    continue
                finally:
                    progress.advance(task)
                checked = time.perf_counter() - opened
                times[number] = GoalTimes(1000 * (opened - start), 1000 * checked, tuple(steps))

        await asyncio.gather(*(work() for _ in range(workers)))
    return times


async def time_single_checks(checker: StepChecker, goal: Goal) -> list[float]:
    """Return the round trips of one quick candidate at a time in an open goal."""
    position = ProofPosition(goal.before, "\n")
    await checker.open(position)
    times = []
    for _ in range(SINGLE_CHECKS):
        start = time.perf_counter()
        await checker.check(position, ["intros"])
        times.append(1000 * (time.perf_counter() - start))
    return times


def processor_seconds(checker: StepChecker) -> dict[int, float]:
    """Return what each worker has used of the processors; a busy machine changes it little."""
    return {pid: sum(psutil.Process(pid).cpu_times()[:2]) for pid in checker.statistics.process_ids}


async def start_workers(checker: StepChecker, workers: int) -> None:
    """Have every worker of a checker running, and through with a first goal."""
    await checker.start()
    position = ProofPosition(SMALL_GOALS[0].before, "\n")
    await asyncio.gather(*(checker.check(position, CANDIDATES, LIMITS) for _ in range(workers)))


async def measure(goals: Sequence[Goal], workers: int, rounds: int) -> Report:
    """Take every figure."""
    toolchain = find_lean()
    await asyncio.to_thread(toolchain.checker_command)
    console.print("starting Lean twice …", style="dim")
    first_start, first_goal = await time_start(toolchain)
    second_start, _ = await time_start(toolchain)
    async with StepChecker(toolchain, workers=workers) as checker:
        await start_workers(checker, workers)
        for _ in range(rounds - 1):
            await check_goals(checker, goals, workers)
        used_before = processor_seconds(checker)
        start = time.perf_counter()
        times = [row for row in await check_goals(checker, goals, workers) if row is not None]
        seconds = time.perf_counter() - start
        used = processor_seconds(checker)
        single = await time_single_checks(checker, goals[0])
        statistics = checker.statistics
    steps = [step for row in times for step in row.steps]
    quick = [step.milliseconds for step in steps if step.step != SEARCH]
    is_whole = used.keys() == used_before.keys()
    used_in_all = sum(used.values()) - sum(used_before.values())
    return Report(
        lean=f"{toolchain.kind} {toolchain.version}",
        workers=workers,
        processors=os.cpu_count() or 1,
        load_average=os.getloadavg()[0],
        goals=len(goals),
        unopened=len(goals) - len(times),
        candidates=len(steps),
        first_start=first_start,
        second_start=second_start,
        first_goal=first_goal,
        open=Spread.of([row.opened for row in times]),
        candidate=Spread.of([step.milliseconds for step in steps]),
        round_trip_of_list=Spread.of([row.checked for row in times]),
        round_trip_of_one=Spread.of(single),
        candidates_per_second=len(steps) / seconds,
        candidates_per_second_and_worker=1000 * len(steps) / sum(row.checked for row in times),
        candidates_per_second_without_search=1000 * len(quick) / sum(quick),
        processor_milliseconds_per_candidate=(
            1000 * used_in_all / len(steps) if is_whole else None
        ),
        peak_memory=statistics.peak_memory >> 20,
        restarts=statistics.restarts,
        verdicts=dict(Counter(step.verdict.value for step in steps).most_common()),
    )


def print_report(report: Report) -> None:
    """Print one table."""
    table = Table(title=f"{report.lean}, {report.workers} worker(s)", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    whole, spread = "{:,.0f} ms".format, "p50 {0.p50:,.1f} · p95 {0.p95:,.1f} ms".format
    rows = {
        "cold start: a process until its first goal is open": whole(report.first_start),
        "warm start: the same again": whole(report.second_start),
        "cold start and first verdict": whole(report.first_goal),
        "opening a goal": spread(report.open),
        "one candidate, in Lean": spread(report.candidate),
        f"round trip of {len(CANDIDATES)} candidates": spread(report.round_trip_of_list),
        "round trip of one candidate": spread(report.round_trip_of_one),
        "candidates/s, opening included": f"{report.candidates_per_second:,.0f}",
        "candidates/s and worker, in open goals": (
            f"{report.candidates_per_second_and_worker:,.0f}"
        ),
        f"candidates/s and worker in Lean, without {SEARCH}": (
            f"{report.candidates_per_second_without_search:,.0f}"
        ),
        "processor time a candidate, opening included": (
            "a worker was lost"
            if report.processor_milliseconds_per_candidate is None
            else f"{report.processor_milliseconds_per_candidate:.1f} ms"
        ),
        "peak memory of a worker": f"{report.peak_memory:,} MiB",
        "workers lost": str(report.restarts),
        "goals": f"{report.goals} ({report.unopened} not opened)",
        "verdicts": " · ".join(f"{name} {count}" for name, count in report.verdicts.items()),
        "machine": f"{report.processors} CPUs, load {report.load_average:.1f}",
    }
    for name, figure in rows.items():
        table.add_row(name, figure)
    console.print(table)


def main(
    goals: Annotated[
        Path | None, typer.Option(help="goals-dev.jsonl.xz; without it, twelve small goals.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1)] = 1,
    rounds: Annotated[int | None, typer.Option(min=1, help="1, or 6 for the small goals.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first goals.")] = None,
    old: Annotated[
        Path | None, typer.Option("--compare", help="A checkout to compare this one with.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the checker."""
    if old is not None:
        from bench.compare_check import compare

        compare(old, goals, limit, rounds or 2)
        return
    console.stderr = as_json
    chosen = (read_goals(goals) if goals else SMALL_GOALS)[:limit]
    report = asyncio.run(measure(chosen, workers, rounds or (1 if goals else 6)))
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        print_report(report)


if __name__ == "__main__":
    typer.run(main)
