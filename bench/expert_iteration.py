"""Expert iteration against its control: `python bench/expert_iteration.py --data FOLDER --out OUT`.

FOLDER holds proofs-core, goals-dev and steps-dev. Goals are statements of proofs-core, none of
which the other two hold; each seed holds back half of them. `stepcheck iterate` learns on the
others, with verdicts and without; `stepcheck evaluate --method sample` measures what the last round
left on what was held back. Given again, the command goes on with what is not done.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.datasets import Goal, read_rows
from stepcheck.lean.errors import DocumentError
from stepcheck.models.training.corpus import Corpus, HeldOut
from stepcheck.models.training.proofs import holds_several_statements, parse_signature
from stepcheck.settings.schema import LeanSettings
from stepcheck.use_cases.goal_files import StatedGoal
from stepcheck.use_cases.lean_checker import start_checkers
from stepcheck.use_cases.open_goals import open_whole_goal

SEEDS = (0, 1, 2)
ROUNDS = 3
LONGEST = 300
LIMITS = {"STEPCHECK_LEAN_HEARTBEATS": "8000", "STEPCHECK_LEAN_MILLISECONDS_PER_CANDIDATE": "300"}


@dataclass(frozen=True, slots=True)
class Size:
    """How many goals there are in all, and draws for each: of a round, of a measurement."""

    goals: int
    draws: int
    measured: int


def candidates(folder: Path) -> Iterator[Goal]:
    """Yield the statements in the order in which they are tried."""
    dev = list(read_rows(folder / "goals-dev.jsonl.xz"))
    names = {row["name"].rpartition(".")[2] for row in dev}
    held_out = HeldOut.load(folder)
    seen: set[str] = set()
    proofs = [each for each in Corpus.load(folder).proofs if each.library == "Std"]
    random.Random(0).shuffle(proofs)
    for proof in proofs:
        signature = parse_signature(proof.statement)
        if signature is None or holds_several_statements(proof.statement):
            continue
        text = signature.text.strip()
        known = text in seen or proof.name.rpartition(".")[2] in names
        # The data has hundreds of statements about bit vectors that differ in a number only.
        if known or "BitVec" in text or len(text) > LONGEST or not text.startswith(tuple("({[⦃:")):
            continue
        assert not held_out.holds_statement(proof.statement, proof.name)
        seen.add(text)
        yield Goal(proof.name, dev[0]["header"], text)


async def openable(folder: Path, count: int) -> list[Goal]:
    """Return the first goals that Lean can open with Std alone."""
    found: list[Goal] = []
    async with start_checkers(LeanSettings(), None, 1) as (checker,):
        for goal in candidates(folder):
            try:
                stated = StatedGoal(goal.name, goal.header, goal.signature)
                await open_whole_goal(checker, stated.open_goal)
            except DocumentError:
                continue
            found.append(goal)
            if len(found) == count:
                break
    return found


def write(path: Path, goals: Sequence[Goal]) -> None:
    """Write goals as rows."""
    lines = [
        json.dumps({"name": each.name, "header": each.header, "signature": each.signature})
        for each in goals
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(*arguments: str) -> str:
    """Run a command of stepcheck; what it says of itself goes to stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "stepcheck", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | LIMITS,
        timeout=3600,
    )
    return done.stdout


def measure(held_back: Path, model: str, out: Path, size: Size) -> list[float]:
    """Return pass@1 and pass@8 of a model on the goals held back."""
    told = run(
        *("evaluate", str(held_back), "--method", "sample", "--model", model, "--out", str(out)),
        *("--n", str(size.measured), "--k", "1,8", "--json"),
    )
    return [each["share"] for each in json.loads(told)["at"]]


def iterate(goals: Path, out: Path, seed: int, size: Size, *control: str) -> list[dict[str, int]]:
    """Do the rounds of an arm; return what came of them."""
    run(
        *("iterate", str(goals), "--out", str(out), "--rounds", str(ROUNDS), "--seed", str(seed)),
        *("--n", str(size.draws), "--heartbeats", "8000", "--milliseconds", "300", *control),
    )
    paths = [out / f"round-{number}" / "round.json" for number in range(1, ROUNDS + 1)]
    return [json.loads(path.read_text()) for path in paths]


def main(
    data: Annotated[Path, typer.Option(help="The folder of proofs-core and the two dev sets.")],
    out: Annotated[Path, typer.Option(help="The folder of all that is written.")],
    goals: Annotated[int, typer.Option(help="Goals in all.")] = 80,
    draws: Annotated[int, typer.Option(help="Draws for each goal of a round.")] = 32,
    measured: Annotated[int, typer.Option(help="Draws for each goal that is measured.")] = 16,
) -> None:
    """Run all, and print a Markdown table."""
    size = Size(goals, draws, measured)
    out.mkdir(parents=True, exist_ok=True)
    known = out / "goals.jsonl"
    if not known.exists():
        write(known, asyncio.run(openable(data, size.goals)))
    lines = known.read_text(encoding="utf-8").splitlines()
    figures: dict[str, list[list[float]]] = {}
    for seed in SEEDS:
        folder = out / f"seed-{seed}"
        folder.mkdir(exist_ok=True)
        shuffled = random.Random(seed).sample(lines, len(lines))
        half = len(lines) // 2
        taught, held_back = folder / "taught.jsonl", folder / "held-back.jsonl"
        taught.write_text("\n".join(shuffled[:half]) + "\n", encoding="utf-8")
        held_back.write_text("\n".join(shuffled[half:]) + "\n", encoding="utf-8")
        checked, control = folder / "checked", folder / "control"
        arms = {
            "with verdicts": (checked, iterate(taught, checked, seed, size)),
            "without": (
                control,
                iterate(taught, control, seed, size, "--without-verdicts", str(checked)),
            ),
        }
        models = {"untuned": ("bundled", folder / "untuned.jsonl")}
        for name, (arm, rounds) in arms.items():
            for each in rounds:
                print(f"seed {seed}, {name}: {each}", flush=True)
            last = arm / f"round-{ROUNDS}"
            models[name] = (str(last / "model"), last / "measured.jsonl")
        for name, (model, results) in models.items():
            figures.setdefault(name, []).append(measure(held_back, model, results, size))
            print(f"seed {seed}, {name}: {figures[name][-1]}", flush=True)
    print(*table(figures), sep="\n")


def table(figures: dict[str, list[list[float]]]) -> Iterator[str]:
    """Yield the lines of a table: percent, mean ± standard deviation over the seeds."""
    yield "| | pass@1 | pass@8 | against untuned: pass@1 | pass@8 |"
    yield "|---|---|---|---|---|"
    for name, seeds in figures.items():
        cells = [told([each[column] for each in seeds], "") for column in (0, 1)]
        for column in (0, 1):
            pairs = zip(seeds, figures["untuned"], strict=True)
            gained = [each[column] - zero[column] for each, zero in pairs]
            cells.append(told(gained, "+") if any(gained) else "–")
        yield f"| {name} | " + " | ".join(cells) + " |"


def told(shares: Sequence[float], sign: str) -> str:
    """Return a mean and its deviation in percent."""
    mean, spread = 100 * fmean(shares), 100 * stdev(shares)
    return f"{mean:{sign}.1f} ± {spread:.1f}".replace("-", "−")


if __name__ == "__main__":
    typer.run(main)
