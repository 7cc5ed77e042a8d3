"""Two builds beside each other: the same measurement with another checkout's packages and these.

Each build takes its turn, again and again, in a process of its own, so that the load of the machine
falls on both. A script that is measured so prints one JSON object of figures as its last line, and
asks of the packages only what both builds have.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

_BENCH = Path(__file__).absolute().parent


@dataclass(frozen=True, slots=True)
class Side:
    """A build: its name here, and the interpreter of its environment."""

    name: str
    python: Path


def compare(checkout: Path, script: str, arguments: Sequence[str], rounds: int) -> None:
    """Run a script of this folder in both builds in turn, and print its figures side by side.

    `checkout` has its environment in `.venv`, where its packages are installed as a link.
    """
    sides = (Side("old", checkout.absolute() / ".venv/bin/python"), Side("new", _own_python()))
    runs: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="stepcheck-compare-") as folder:
        # Beside it lies nothing else that could be imported.
        (Path(folder) / "bench").symlink_to(_BENCH)
        for number in range(rounds):
            for side in sides:
                console.print(f"round {number + 1} of {rounds}, {side.name} …", style="dim")
                runs[side.name].append(_measure(side, Path(folder), script, arguments))
    print_comparison(runs["old"], runs["new"])


def _own_python() -> Path:
    return Path(sys.executable)


def _measure(side: Side, folder: Path, script: str, arguments: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        [str(side.python), "-m", f"bench.{script}", *arguments],
        stdout=subprocess.PIPE,
        check=True,
        cwd=folder,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def print_comparison(old: Sequence[dict[str, float]], new: Sequence[dict[str, float]]) -> None:
    """Print the median of each figure over the rounds, and that of the ratios of each round."""
    table = Table(
        "what", "old", "new", "new : old", title=f"{len(old)} rounds", title_justify="left"
    )
    for name in old[0]:
        before, after = ([run[name] for run in runs] for runs in (old, new))
        ratios = [one / other for one, other in zip(after, before, strict=True) if other]
        table.add_row(
            name,
            f"{statistics.median(before):.3g}",
            f"{statistics.median(after):.3g}",
            f"{statistics.median(ratios):.2f}" if ratios else "–",
        )
    Console().print(table)
