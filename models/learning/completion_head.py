"""A language model's head that scores completions only, for TRL's trainers on a CPU.

TRL's own computes the whole vocabulary at every position of the prompt, too, unless it runs on
Triton (trl 1.16): for a small network with a vocabulary of thousands that is half of the work.
"""

import types
from typing import Any

import torch
from peft import PeftModel
from trl.trainer.utils import FusedCausalLMOutput

_SCALED = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")


def score_completions_only(network: Any) -> None:
    """Replace the head that TRL put on a network; leave it where logits are rescaled."""
    network = network.get_base_model() if isinstance(network, PeftModel) else network
    config = network.config.get_text_config()
    if network.device.type != "cpu" or any(getattr(config, name, None) for name in _SCALED):
        return
    with_logits = network.forward

    def forward(
        self: Any, *inputs: Any, fused_lm_head: bool = False, labels: Any = None, **options: Any
    ) -> Any:
        if not fused_lm_head:
            return with_logits(*inputs, labels=labels, **options)
        options.pop("num_items_in_batch", None)
        hidden = self.base_model(*inputs, **{**options, "use_cache": False}).last_hidden_state
        return _score(hidden[:, :-1], labels[:, 1:], self.get_output_embeddings())

    network.forward = types.MethodType(forward, network)


def _score(hidden: torch.Tensor, labels: torch.Tensor, head: Any) -> FusedCausalLMOutput:
    wanted = labels != -100
    logits = head(hidden[wanted]).float()
    every = logits.log_softmax(dim=-1)
    chosen = labels[wanted]
    log_probs = every.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)

    def placed(values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros(wanted.shape).masked_scatter(wanted, values)

    with torch.no_grad():
        entropy = -(every.exp() * every).sum(dim=-1)
        mean_logits = logits.mean(dim=-1)
        is_top1 = logits.argmax(dim=-1) == chosen
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / wanted.sum().clamp(min=1),
        log_probs=placed(log_probs),
        entropy=placed(entropy),
        mean_logits=placed(mean_logits),
        is_top1=placed(is_top1),
        label_mask=wanted,
    )
