"""The trainer: one stage after another, resumable from a checkpoint, on CPU or GPU."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import LlamaForCausalLM

from stepcheck.models.training.examples import Batch, TokenSequence, batches

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a stage trains.

    `tokens` counts padding; the rate rises linearly over `warmup` (a share of the tokens), stays,
    and falls linearly to zero over the last `decay` (a share of the tokens).
    """

    tokens: int
    rate: float
    warmup: float
    decay: float
    tokens_per_batch: int
    batches_per_update: int

    def rate_at(self, tokens_seen: int) -> float:
        """Return the learning rate after `tokens_seen` tokens of the stage."""
        done = tokens_seen / self.tokens
        rise = (done + 1e-3) / self.warmup if self.warmup > 0 else 1.0
        fall = (1 - done) / self.decay if self.decay > 0 else 1.0
        return self.rate * max(0.0, min(1.0, rise, fall))


class Optimizers:
    """Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for everything else."""

    def __init__(self, network: LlamaForCausalLM, weight_decay: float = 0.05):
        matrices = [p for n, p in network.named_parameters() if p.ndim == 2 and "layers." in n]
        inside = {id(p) for p in matrices}
        others = [p for p in network.parameters() if id(p) not in inside]
        self._optimizers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(
                matrices, lr=0.0, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
        )

    def step(self, rate: float) -> None:
        """Apply the gradients at this learning rate and clear them."""
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, object]]:
        """Return what `restore` needs."""
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def restore(self, state: list[dict[str, object]]) -> None:
        """Continue from a `state`."""
        for optimizer, saved in zip(self._optimizers, state, strict=True):
            optimizer.load_state_dict(saved)


def weighted_loss(network: LlamaForCausalLM, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the sum of weighted next-token losses (nats) and the sum of the weights.

    Logits are computed only where a weight is positive: with a vocabulary of thousands they are a
    good part of a small model's cost.
    """
    device = next(network.parameters()).device
    tokens, weights = batch.tokens.to(device), batch.weights.to(device)
    with torch.autocast(device.type, torch.bfloat16):
        hidden = network.model(tokens).last_hidden_state[:, :-1]
        wanted = weights[:, 1:] > 0
        logits = network.lm_head(hidden[wanted])
    losses = functional.cross_entropy(logits.float(), tokens[:, 1:][wanted], reduction="none")
    chosen = weights[:, 1:][wanted]
    return (losses * chosen).sum(), chosen.sum()


@dataclass
class Progress:
    """Where training stands; saved with every checkpoint."""

    stage: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Checkpointing:
    """Where training is saved, every so many `seconds`, and after how many updates it stops.

    Without `stop_after_updates` it goes on to its end.
    """

    path: Path
    seconds: float = 180.0
    stop_after_updates: int | None = None


class Trainer:
    """Trains one network through its stages and keeps a checkpoint to resume from."""

    def __init__(
        self, network: LlamaForCausalLM, *, padding: int, seed: int, checkpointing: Checkpointing
    ):
        self.network = network
        self.optimizers = Optimizers(network)
        self.progress = Progress()
        self._padding = padding
        self._seed = seed
        self._checkpoint = checkpointing.path
        self._seconds_between_saves = checkpointing.seconds
        self._updates_left = checkpointing.stop_after_updates

    def resume(self) -> bool:
        """Load the checkpoint if there is one; say whether there was."""
        if not self._checkpoint.exists():
            return False
        saved = torch.load(self._checkpoint, weights_only=True, map_location="cpu")
        self.network.load_state_dict(saved["network"])
        self.optimizers.restore(saved["optimizers"])
        self.progress = Progress(**saved["progress"])
        return True

    def save(self) -> None:
        """Write the checkpoint; an interrupted write leaves the previous one."""
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizers": self.optimizers.state(),
                "progress": vars(self.progress),
            },
            partial,
        )
        partial.replace(self._checkpoint)

    def train_stage(
        self, stage: int, schedule: Schedule, epoch_data: Callable[[int], list[TokenSequence]]
    ) -> bool:
        """Train one stage to its end; return False if stopped before, with a checkpoint written.

        `epoch_data(epoch)` returns the sequences of an epoch; it must depend on its argument alone,
        for a resumed run asks again and skips what it has seen.
        """
        if self.progress.stage > stage:
            return True
        self.network.train()
        window: list[tuple[float, float]] = []
        started, saved_at = time.monotonic(), time.monotonic()
        tokens_at_start, updates = self.progress.tokens, 0
        stream = self._batches(stage, schedule, epoch_data)
        while self.progress.tokens < schedule.tokens:
            if self._updates_left is not None:
                if self._updates_left == 0:
                    self.save()
                    return False
                self._updates_left -= 1
            loss_sum = weight_sum = 0.0
            group = [next(stream) for _ in range(schedule.batches_per_update)]
            total = float(sum(batch.weights[:, 1:].sum() for batch in group))
            for batch in group:
                loss, weight = weighted_loss(self.network, batch)
                torch.autograd.backward(loss / total)
                loss_sum += float(loss.detach())
                weight_sum += float(weight)
                self.progress.tokens += batch.size
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizers.step(schedule.rate_at(self.progress.tokens))
            updates += 1
            window = [*window[-49:], (loss_sum, weight_sum)]
            if updates % 25 == 0:
                average = sum(a for a, _ in window) / sum(b for _, b in window)
                speed = (self.progress.tokens - tokens_at_start) / (time.monotonic() - started)
                logger.info(
                    "stage %d epoch %d: %.2f of %.2f M tokens, loss %.3f, %.0f tokens/s",
                    stage,
                    self.progress.epoch,
                    self.progress.tokens / 1e6,
                    schedule.tokens / 1e6,
                    average,
                    speed,
                )
            if time.monotonic() - saved_at > self._seconds_between_saves:
                self.save()
                saved_at = time.monotonic()
        self.progress = Progress(stage=stage + 1)
        self.save()
        return True

    def _batches(
        self, stage: int, schedule: Schedule, epoch_data: Callable[[int], list[TokenSequence]]
    ) -> Iterator[Batch]:
        while True:
            draw = random.Random(f"{self._seed} {stage} {self.progress.epoch}")  # noqa: S311
            epoch = batches(
                epoch_data(self.progress.epoch),
                tokens_per_batch=schedule.tokens_per_batch,
                padding=self._padding,
                draw=draw,
            )
            seen = self.progress.batch
            for number, batch in enumerate(epoch):
                if number >= seen:
                    self.progress.batch = number + 1
                    yield batch
            self.progress.epoch += 1
            self.progress.batch = 0
