"""What a run will cost, measured on one batch of its own data: nothing is written."""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import Tensor

from stepcheck.models.learning.base import Base
from stepcheck.models.learning.tokens import TokenizedPair
from stepcheck.models.learning.trainer_run import Task

_ADAM_MOMENTS = 2
_BYTES = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows, steps and tokens of a run, the memory at its peak (bytes) and the seconds it takes."""

    rows: int
    steps: int
    tokens: int
    memory: int
    seconds: float


def estimate(base: Base, task: Task) -> Estimate:
    """Run one step on the batch of median length, and one on the longest for the memory."""
    recipe = task.recipe
    batches = [
        task.rows[start : start + recipe.batch] for start in range(0, len(task.rows), recipe.batch)
    ]
    batches.sort(key=lambda rows: max(row.longest for row in rows) * len(rows))
    base.network.train()
    _step(base, batches[-1])
    memory = _peak_memory() + _ADAM_MOMENTS * _BYTES * base.parameters
    began = time.monotonic()
    padded = _step(base, batches[len(batches) // 2])
    seconds_per_token = (time.monotonic() - began) / padded
    every = sum(_sequences(rows).numel() for rows in batches)
    steps = ceil(len(batches) * recipe.epochs)
    # The reference reads everything once; going forward is a third of a step.
    passes = recipe.epochs + (1 / 3 if isinstance(task.rows[0], TokenizedPair) else 0)
    return Estimate(
        len(task.rows),
        steps,
        int(task.tokens * recipe.epochs),
        memory,
        every * seconds_per_token * passes,
    )


def _step(base: Base, rows: Sequence[Any]) -> int:
    """Go forward and back over a batch; return how many tokens it has, padding included."""
    tokens = _sequences(rows).to(base.network.device)
    hidden = base.network.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    longest_step = max(row.longest - len(row.prompt) for row in rows)
    logits = base.network.get_output_embeddings()(hidden[:, -longest_step:])
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), tokens[:, -longest_step:].flatten()
    )
    loss.backward()  # type: ignore[no-untyped-call]
    base.network.zero_grad(set_to_none=True)
    return tokens.numel()


def _sequences(rows: Sequence[Any]) -> Tensor:
    sides: list[tuple[int, ...]] = []
    for row in rows:
        if isinstance(row, TokenizedPair):
            sides += [row.prompt + row.chosen, row.prompt + row.rejected]
        else:
            sides.append(row.prompt + row.step)
    longest = max(map(len, sides))
    return torch.tensor([[*side, *[0] * (longest - len(side))] for side in sides])


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
