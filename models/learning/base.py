"""The model that learning starts from, and the folder that it ends in."""

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from stepcheck.models.generation.loading import (
    ModelFolder,
    choose_padding,
    context_length,
    end_tokens,
    load_network,
    load_tokenizer,
    open_folder,
    require_fitting_tokenizer,
)
from stepcheck.models.generation.prompt_encoding import PromptEncoder
from stepcheck.models.generation.registry import CONTEXT_TOKENS, choose_format, model_folder
from stepcheck.models.generation.vocabulary import vocabulary_of
from stepcheck.models.learning.errors import LearningError

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
)


@dataclass(frozen=True, slots=True)
class Base:
    """A model in float32 with its tokenizer, and how it is prompted when it serves.

    `hash` tells its weights from any others.
    """

    folder: ModelFolder
    network: Any
    tokenizer: Any
    prompts: PromptEncoder
    hash: str

    @property
    def parameters(self) -> int:
        """How many numbers the network consists of."""
        return sum(parameter.numel() for parameter in self.network.parameters())


def load_base(path_or_name: str | Path, adapter: Path | None = None) -> Base:
    """Load a decoder for training, with an adapter merged into it if one is named.

    Raises ModelError as serving does, LearningError for a model that is not a decoder or an adapter
    of another model.
    """
    folder = open_folder(model_folder(path_or_name))
    if folder.is_encoder_decoder:
        raise LearningError(
            f"{folder.path} holds an encoder and a decoder; only decoders are tuned here: "
            'name another model with --model, such as "bundled"'
        )
    tokenizer = load_tokenizer(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = load_network(folder, device, torch.float32).requires_grad_(True)
    require_fitting_tokenizer(folder, network, tokenizer)
    ends = end_tokens(network, tokenizer)
    if tokenizer.eos_token_id is None:
        raise LearningError(f"the tokenizer in {folder.path} names no eos_token: set one")
    tokenizer.pad_token_id = choose_padding(tokenizer, ends)
    size = network.get_output_embeddings().weight.shape[0]
    prompts = PromptEncoder(
        tokenizer,
        vocabulary_of(tokenizer, size, ends),
        choose_format(folder, tokenizer),
        context_length(network, CONTEXT_TOKENS),
    )
    base = Base(folder, network, tokenizer, prompts, weights_hash(network))
    if adapter is None:
        return base
    from stepcheck.models.learning.adapters import merge_adapter

    network = merge_adapter(network, base.hash, adapter).requires_grad_(True)
    return replace(base, network=network, hash=weights_hash(network))


def weights_hash(network: Any) -> str:
    """Return a hash of a network's weights: equal for equal numbers, in whatever file."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def export_model(base: Base, network: Any, out: Path, report: dict[str, Any]) -> None:
    """Write the tuned network as a folder that `--model` takes, with a report of the run.

    The weights come last: a folder with weights is whole.
    """
    partial = out / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    network.save_pretrained(partial)
    for name in _TOKENIZER_FILES:
        if (base.folder.path / name).is_file():
            shutil.copyfile(base.folder.path / name, partial / name)
    description = {"prompt_format": base.prompts.form.name}
    (partial / "stepcheck.json").write_text(json.dumps(description, indent=2) + "\n")
    (partial / "learning.json").write_text(json.dumps(report, indent=2) + "\n")
    for file in sorted(partial.iterdir(), key=lambda file: "safetensors" in file.name):
        file.chmod(0o644)  # Weights are written for their owner alone.
        file.replace(out / file.name)
    partial.rmdir()
