"""From a model's name or path to a generator."""

from pathlib import Path
from typing import Any

import torch

from stepcheck.models.generation.bundled_prompt import GOAL, PROOF_STEP
from stepcheck.models.generation.causal import CausalGenerator, CausalNetwork
from stepcheck.models.generation.decoding import IncrementalDecoder
from stepcheck.models.generation.device import Placement, choose_placement, choose_threads
from stepcheck.models.generation.llama import LlamaModel
from stepcheck.models.generation.loaded_model import LoadedModel
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
from stepcheck.models.generation.prompt_formats import FORMATS, PromptFormat
from stepcheck.models.generation.seq2seq import Seq2SeqGenerator, Seq2SeqNetwork
from stepcheck.models.generation.vocabulary import vocabulary_of
from stepcheck.models.interface import Generator, ModelError

BUNDLED = "bundled"
_BUNDLED_FOLDER = Path(__file__).parent.parent / "bundled"
CONTEXT_TOKENS = 2048
"""How many tokens a network reads whose configuration says none."""


def load_generator(
    path_or_name: str | Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    threads: int | None = None,
    prompt_format: str | None = None,
) -> Generator:
    """Load a model from a local folder, or "bundled", the model that comes with stepcheck.

    `device` and `dtype` as in `choose_placement`. `threads` is how many processors one product may
    use (for the whole process, as torch has it). `prompt_format` is a name of `FORMATS`; without
    it the file stepcheck.json beside the weights decides, then the kind of the model.
    Raises `ModelError`; nothing is ever fetched.
    """
    path = model_folder(path_or_name)
    placement = choose_placement(device, dtype)
    folder = open_folder(path)
    tokenizer = load_tokenizer(folder)
    form = choose_format(folder, tokenizer, prompt_format)
    torch.set_num_threads(choose_threads(threads))
    name = BUNDLED if str(path_or_name) == BUNDLED else path.resolve().name
    return _assemble(name, folder, tokenizer, form, placement)


def model_folder(path_or_name: str | Path) -> Path:
    """Return the folder a model is loaded from."""
    if str(path_or_name) == BUNDLED:
        return _BUNDLED_FOLDER
    return Path(path_or_name).expanduser()


def choose_format(folder: ModelFolder, tokenizer: Any, asked: str | None = None) -> PromptFormat:
    """Return how a model wants to be prompted, or as it is `asked` to be; raises `ModelError`."""
    name = asked or folder.prompt_format
    if name is None:
        vocabulary = tokenizer.get_vocab()
        if folder.is_encoder_decoder:
            name = "goal"
        elif GOAL in vocabulary and PROOF_STEP in vocabulary:
            name = "bundled"
        else:
            name = "proofstep" if "llmstep" in folder.path.name.lower() else "few-shot"
    if name not in FORMATS:
        raise ModelError(
            f'unknown prompt format "{name}" for {folder.path}; use one of: {", ".join(FORMATS)}'
        )
    return FORMATS[name]


def _assemble(
    name: str, folder: ModelFolder, tokenizer: Any, form: PromptFormat, placement: Placement
) -> Generator:
    weights = load_network(folder, placement.device, placement.dtype)
    require_fitting_tokenizer(folder, weights, tokenizer)
    ends = end_tokens(weights, tokenizer)
    vocabulary = vocabulary_of(tokenizer, weights.get_output_embeddings().weight.shape[0], ends)
    padding = choose_padding(tokenizer, ends)
    device = str(placement.device)
    if folder.is_encoder_decoder:
        network = Seq2SeqNetwork(weights, padding)
        return Seq2SeqGenerator(LoadedModel(name, device, network, tokenizer, vocabulary), form)
    fast: IncrementalDecoder | None = None
    if placement.device.type == "cpu":
        fast = LlamaModel.of(weights, placement.dtype)
    decoder = fast or CausalNetwork(weights, padding)
    return CausalGenerator(
        LoadedModel(name, device, decoder, tokenizer, vocabulary),
        form,
        context_tokens=context_length(weights, CONTEXT_TOKENS),
    )
