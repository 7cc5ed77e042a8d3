"""The checker of another checkout beside this one: `python bench/check.py --compare CHECKOUT`.

Each side takes its turn, again and again, in a process of its own, so that the load of the machine
falls on both. This file is also what runs there (`measure_side`), with the packages of one side; it
asks of them only what both have.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.check import CANDIDATES, LIMITS, Spread, processor_seconds, start_workers
from bench.datasets import Goal, read_goals
from bench.small_goals import SMALL_GOALS
from stepcheck.lean import checker as checker_module
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import find_lean
from stepcheck.settings.schema import LeanSettings

SHOWN = (
    *("simp", "omega", "exact h", "constructor", "intro x", "rfl", "simp_all"),
    *("rw [Nat.add_comm]", "decide", "grind"),
)
"""Ten candidates as a model would propose them, the slow ones among them."""

EXAMPLES = 5
Verdicts = dict[str, str]


@dataclass(frozen=True, slots=True)
class PassTimes:
    """One pass through the goals: milliseconds by goal, and the seconds of it all."""

    opened: list[float]
    whole: list[float]
    candidates: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SideRun:
    """What one process measured; milliseconds and bytes. `verdicts` are by goal and step."""

    package: str
    workers: int
    unopened: int
    cold: PassTimes
    warm: PassTimes
    hover: PassTimes
    processor_milliseconds: float
    peak_memory: int
    memory_of_all: int
    restarts: int
    verdicts: Verdicts


async def measure_side(goals: Sequence[Goal]) -> SideRun:
    """Check every candidate in every goal twice, and the ten of a hover once, one goal at a time.

    The first pass is cold: what Lean does for the first time is in it.
    """
    toolchain = find_lean()
    await asyncio.to_thread(toolchain.checker_command)
    workers = LeanSettings().workers
    async with StepChecker(toolchain, workers=workers) as checker:
        await start_workers(checker, workers)
        cold, _ = await _pass(checker, goals, CANDIDATES)
        before = processor_seconds(checker)
        warm, verdicts = await _pass(checker, goals, CANDIDATES)
        after = processor_seconds(checker)
        hover, _ = await _pass(checker, goals, SHOWN)
        statistics = checker.statistics
        resident = [psutil.Process(pid).memory_info().rss for pid in statistics.process_ids]
    used = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
    return SideRun(
        package=str(Path(checker_module.__file__).resolve().parent),
        workers=workers,
        unopened=len(goals) - len(warm.opened),
        cold=cold,
        warm=warm,
        hover=hover,
        processor_milliseconds=1000 * used / max(1, warm.candidates),
        peak_memory=statistics.peak_memory,
        memory_of_all=sum(resident),
        restarts=statistics.restarts,
        verdicts=verdicts,
    )


async def _pass(
    checker: StepChecker, goals: Sequence[Goal], candidates: Sequence[str]
) -> tuple[PassTimes, Verdicts]:
    opened, whole, verdicts = [], [], {}
    begin = time.perf_counter()
    for goal in goals:
        position = ProofPosition(goal.before, "\n")
        start = time.perf_counter()
        try:
            await checker.open(position)
            opening = 1000 * (time.perf_counter() - start)
            steps = await checker.check(position, candidates, LIMITS)
        except LeanError:
            continue
        opened.append(opening)
        whole.append(1000 * (time.perf_counter() - start))
        verdicts |= {f"{goal.name}: {step.step}": step.verdict.value for step in steps}
    seconds = time.perf_counter() - begin
    return PassTimes(opened, whole, len(opened) * len(candidates), seconds), verdicts


def build_layout(checkout: Path, layout: Path) -> None:
    """Fill the folder `layout` with links, so that the packages of a checkout can be imported.

    `bench` there is this one.
    """
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    folders: Mapping[str, str] = project["tool"]["setuptools"]["package-dir"]
    for package, folder in sorted(folders.items()):
        place = layout / package.replace(".", "/")
        if not any(other.startswith(f"{package}.") for other in folders):
            place.symlink_to(checkout / folder)
            continue
        place.mkdir()
        for entry in (checkout / folder).iterdir():
            (place / entry.name).symlink_to(entry)
    (layout / "bench").symlink_to(Path(__file__).absolute().parent)


def compare(old: Path, goals: Path | None, limit: int | None, rounds: int) -> None:
    """Measure another checkout and this one in turn, and print both."""
    console = Console(stderr=True)
    this = Path(__file__).absolute().parent.parent
    checkouts = {"old": old.absolute(), "new": this}
    runs: dict[str, list[SideRun]] = {"old": [], "new": []}
    with tempfile.TemporaryDirectory(prefix="stepcheck-compare-") as folder:
        for side, checkout in checkouts.items():
            layout = Path(folder, side)
            layout.mkdir()
            build_layout(checkout, layout)
        for number in range(rounds):
            for side, checkout in checkouts.items():
                console.print(f"round {number + 1} of {rounds}, {side}: {checkout} …", style="dim")
                runs[side].append(_run_side(Path(folder, side), checkout, goals, limit))
    print_comparison(runs["old"], runs["new"])


def _run_side(layout: Path, checkout: Path, goals: Path | None, limit: int | None) -> SideRun:
    script = layout / "bench" / Path(__file__).name
    arguments = [str(goals.absolute()) if goals else "", str(limit or "")]
    done = subprocess.run(
        [sys.executable, str(script), *arguments], stdout=subprocess.PIPE, check=True, cwd=layout
    )
    run = _read_run(json.loads(done.stdout))
    if not Path(run.package).is_relative_to(checkout.resolve()):
        raise SystemExit(f"{run.package} was measured instead of {checkout}")
    return run


def _read_run(raw: dict[str, Any]) -> SideRun:
    passes = {name: PassTimes(**raw[name]) for name in ("cold", "warm", "hover")}
    return SideRun(**{**raw, **passes})


def print_comparison(old: Sequence[SideRun], new: Sequence[SideRun]) -> None:
    """Print one table, the verdicts that changed, and some of these."""
    console = Console()
    title = f"{len(old[0].warm.opened)} goals, {len(old)} rounds"
    table = Table(title=title, title_justify="left")
    for name in ("what", "old", "new", "new : old"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for (name, before, unit), (_, after, _) in zip(_figures(old), _figures(new), strict=True):
        digits = 0 if before >= 100 else 1
        ratio = f"{after / before:.2f}" if before else "–"
        figures = [f"{figure:,.{digits}f} {unit}".strip() for figure in (before, after)]
        table.add_row(name, *figures, ratio)
    counts = [Counter(runs[0].verdicts.values()) for runs in (old, new)]
    for verdict in sorted(counts[0] | counts[1]):
        numbers = [count[verdict] for count in counts]
        table.add_row(f"verdict {verdict}", *(f"{number:,}" for number in numbers), "")
    console.print(table)
    changed = {
        place: (verdict, new[0].verdicts[place])
        for place, verdict in old[0].verdicts.items()
        if new[0].verdicts.get(place, verdict) != verdict
    }
    console.print(f"verdicts that changed: {len(changed)} of {len(old[0].verdicts)}")
    for (before, after), count in Counter(changed.values()).most_common():
        console.print(f"  {before} → {after}: {count}")
    for place, (before, after) in islice(changed.items(), EXAMPLES):
        console.print(f"  {place!r}: {before} → {after}", markup=False)


def _figures(runs: Sequence[SideRun]) -> Iterator[tuple[str, float, str]]:
    """Yield name, figure and unit of each row; times of all rounds together."""
    for name, times in (
        ("hover: open, then ten candidates", [t for run in runs for t in run.hover.whole]),
        ("opening a goal", [t for run in runs for t in run.warm.opened]),
    ):
        spread = Spread.of(times)
        yield f"{name}, p50", spread.p50, "ms"
        yield f"{name}, p95", spread.p95, "ms"
    for name, passes in (
        ("cold", [run.cold for run in runs]),
        ("warm", [run.warm for run in runs]),
    ):
        count = sum(each.candidates for each in passes)
        yield f"candidates/s, {name}", count / sum(each.seconds for each in passes), ""
    milliseconds = sum(run.processor_milliseconds for run in runs) / len(runs)
    yield "processor time a candidate", milliseconds, "ms"
    yield "peak memory of a worker", max(run.peak_memory for run in runs) / 2**20, "MiB"
    yield "memory of all workers at the end", max(run.memory_of_all for run in runs) / 2**20, "MiB"
    yield "workers", runs[0].workers, ""
    yield "workers lost", sum(run.restarts for run in runs), ""
    yield "goals not opened", runs[0].unopened, ""


def main() -> None:
    """Measure the packages beside this folder, for `compare`; print one JSON object."""
    goals, limit = sys.argv[1:]
    chosen = (read_goals(Path(goals)) if goals else SMALL_GOALS)[: int(limit) if limit else None]
    print(json.dumps(asdict(asyncio.run(measure_side(chosen)))))


if __name__ == "__main__":
    main()
