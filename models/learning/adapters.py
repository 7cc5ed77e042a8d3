"""LoRA adapters (Hu et al. 2021), kept with the hash of the model they belong to.

peft loads an adapter on any network with layers of the same names, and says nothing.
"""

import json
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model

from stepcheck.models.learning.errors import LearningError

_OF_BASE = "stepcheck-base.json"


def with_adapter(network: Any, rank: int) -> Any:
    """Return the network with a new adapter of a rank, alone to be trained; as it is for 0."""
    if rank == 0:
        return network
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return get_peft_model(network, config)


def merged(network: Any) -> Any:
    """Return a network without adapters that computes the same."""
    return network.merge_and_unload() if isinstance(network, PeftModel) else network


def save_adapter(network: Any, base_hash: str, folder: Path) -> None:
    """Write the adapter of a network, with the hash of its base."""
    network.save_pretrained(folder)
    (folder / _OF_BASE).write_text(json.dumps({"base": base_hash}) + "\n")


def merge_adapter(network: Any, base_hash: str, folder: Path) -> Any:
    """Return a network, whose weights have a hash, with an adapter merged into it.

    Raises LearningError for a folder without one, and for an adapter of another base.
    """
    try:
        known = json.loads((folder / _OF_BASE).read_text())["base"]
    except (OSError, ValueError, KeyError, TypeError):
        raise LearningError(
            f"{folder} is no adapter that `stepcheck learn` wrote: name the folder `adapter` of "
            "its output"
        ) from None
    if known != base_hash:
        raise LearningError(
            f"the adapter in {folder} was trained on another model: name that one with --model"
        )
    return PeftModel.from_pretrained(network, folder).merge_and_unload()
