"""Learn the step ranker: `python -m stepcheck.models.step_ranker.train ROWS… --out FILE`.

Logistic regression on whether a step proves its goal, and least squares on the logarithm of the
time that it took, both on the same features, with weights that decay. ROWS are what
`stepcheck collect` writes.
"""

import json
import lzma
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer

from stepcheck.models.collected_steps import (
    FOUND,
    MODEL,
    PROVED,
    UNKNOWN,
    read_collected_steps,
)
from stepcheck.models.json_lines import BadRowsError
from stepcheck.models.step_ranker.features import features_of
from stepcheck.models.step_ranker.step_ranker import StepRanker

_LEAST_OCCURRENCES = 4
_PASSES = 12
_BATCH = 512
_RATE = 0.02
_DECAY = 2e-5
_TIME_SHARE = 0.2
_SMALLEST_WEIGHT = 0.02

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A step that was tried on a goal."""

    goal: str
    step: str
    source: str
    score: float | None
    proved: bool
    milliseconds: float

    def features(self) -> list[str]:
        """Return its features, without the constant."""
        return list(dict.fromkeys(features_of(self.goal, self.step, self.source, self.score)))


def read_tried_steps(path: Path) -> Iterator[TriedStep]:
    """Yield the steps of a file of rows that were proposed and have a verdict.

    Raises `BadRowsError`, and `OSError` where the file cannot be read.
    """
    for row in read_collected_steps(path):
        if row.verdict == UNKNOWN or row.source == FOUND:
            continue
        score = row.score if row.source == MODEL else None
        proved = row.verdict == PROVED
        yield TriedStep(row.goal, row.step, row.source, score, proved, row.milliseconds)


def train(steps: Sequence[TriedStep], seed: int = 0) -> StepRanker:
    """Fit both models."""
    torch.manual_seed(seed)
    listed = [step.features() for step in steps]
    counts = Counter(feature for features in listed for feature in features)
    vocabulary = [name for name, count in counts.items() if count >= _LEAST_OCCURRENCES]
    number = {name: index + 1 for index, name in enumerate(vocabulary)}
    rows = [
        torch.tensor([0, *(number[name] for name in features if name in number)])
        for features in listed
    ]
    targets = torch.tensor(
        [[float(step.proved), math.log(max(0.5, step.milliseconds))] for step in steps]
    )
    weights = torch.nn.EmbeddingBag(len(vocabulary) + 1, 2, mode="sum", sparse=False)
    torch.nn.init.zeros_(weights.weight)
    optimizer = torch.optim.AdamW(weights.parameters(), _RATE, weight_decay=0.0)
    draw = random.Random(seed)  # noqa: S311
    order = list(range(len(rows)))
    batches = math.ceil(len(order) / _BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, _PASSES * batches)
    for _ in range(_PASSES):
        draw.shuffle(order)
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            bags = [rows[index] for index in chosen]
            offsets = torch.tensor([0, *(len(bag) for bag in bags[:-1])]).cumsum(0)
            predicted = weights(torch.cat(bags), offsets)
            wanted = targets[chosen]
            proof = torch.nn.functional.binary_cross_entropy_with_logits(
                predicted[:, 0], wanted[:, 0]
            )
            time = torch.nn.functional.smooth_l1_loss(predicted[:, 1], wanted[:, 1])
            penalty = _DECAY * weights.weight[1:].square().sum()
            optimizer.zero_grad()
            (proof + _TIME_SHARE * time + penalty).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    values = weights.weight.detach().tolist()
    names = ["", *vocabulary]
    columns = [
        {
            name: round(value[column], 3)
            for name, value in zip(names, values, strict=True)
            if abs(value[column]) >= _SMALLEST_WEIGHT
        }
        for column in (0, 1)
    ]
    return StepRanker(*columns)


def save(ranker: StepRanker, path: Path) -> None:
    """Write the weights."""
    data = json.dumps({"proof": dict(ranker.proof), "time": dict(ranker.time)}, ensure_ascii=False)
    path.write_bytes(lzma.compress(data.encode()))


@app.command()
def main(
    rows: Annotated[list[Path], typer.Argument(help="Rows of `stepcheck collect`.")],
    out: Annotated[Path, typer.Option(help="The weights, xz-compressed JSON.")],
    seed: Annotated[int, typer.Option(help="Of the order of the rows.")] = 0,
) -> None:
    """Train the ranker."""
    try:
        steps = [step for path in rows for step in read_tried_steps(path)]
    except (BadRowsError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    if not steps:
        raise typer.BadParameter("there is no step in these files")
    ranker = train(steps, seed)
    save(ranker, out)
    proved = sum(step.proved for step in steps)
    typer.echo(f"{len(steps)} steps, {proved} of them proofs; {len(ranker.proof)} weights")


if __name__ == "__main__":
    app()
