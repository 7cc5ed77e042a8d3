"""Weights from a local folder, or a clear reason why not. Nothing here touches the network."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from stepcheck.models.interface import ModelError

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "tokenizer_config.json",
    "vocab.json",
)
_DESCRIPTION = "stepcheck.json"
_SHAPES_DIFFER = "ignore_mismatched_sizes"
"""What transformers names in its error about them."""

LEAST_EMBEDDED = 0.75
"""What share of the rows of an embedding belongs to tokens, at least; the others fill it up."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A checked folder with a model: its configuration and, if given, how it wants to be asked.

    `prompt_format` is read from the file stepcheck.json beside the weights,
    `{"prompt_format": "proofstep"}`.
    """

    path: Path
    config: Any
    prompt_format: str | None

    @property
    def is_encoder_decoder(self) -> bool:
        """Whether the goal is read by an encoder of its own."""
        return bool(self.config.is_encoder_decoder)


def open_folder(path: Path) -> ModelFolder:
    """Check that a folder holds a model of a known architecture; raises `ModelError`."""
    try:
        if not path.exists():
            raise ModelError(
                f"no model at {path}: give the folder that holds config.json and the weights, "
                'or "bundled" for the built-in model'
            )
        if not path.is_dir():
            raise ModelError(f"{path} is not a folder: give the folder that holds config.json")
        if not (path / "config.json").is_file():
            raise ModelError(
                f"no config.json in {path}: it must be a folder as transformers saves it "
                "(config.json, tokenizer files and *.safetensors)"
            )
        if not _read_json(path / "config.json").get("model_type"):
            raise ModelError(
                f"{path / 'config.json'} names no model_type: it is not the configuration of a "
                "transformers model"
            )
        description = path / _DESCRIPTION
        hints = _read_json(description) if description.is_file() else {}
        prompt_format = hints.get("prompt_format")
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except PermissionError as error:
        raise _not_readable(path, error) from error
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"cannot use the configuration in {path} ({_reason(error)}); the architecture may be "
            "unknown to the installed transformers: upgrade it, or use another model"
        ) from error
    return ModelFolder(path, config, prompt_format)


def load_tokenizer(folder: ModelFolder) -> Any:
    """Load the tokenizer of a folder; raises `ModelError`."""
    if not any((folder.path / name).is_file() for name in _TOKENIZER_FILES):
        raise ModelError(
            f"no tokenizer in {folder.path}: copy the model's tokenizer files "
            "(tokenizer.json, tokenizer_config.json) beside its weights"
        )
    try:
        bare = folder.path / "tokenizer.json"
        if bare.is_file() and not (folder.path / "tokenizer_config.json").is_file():
            return PreTrainedTokenizerFast(tokenizer_file=str(bare))
        return AutoTokenizer.from_pretrained(
            folder.path, local_files_only=True, trust_remote_code=False
        )
    except PermissionError as error:
        raise _not_readable(folder.path, error) from error
    except Exception as error:
        raise ModelError(
            f"cannot read the tokenizer in {folder.path} ({_reason(error)}); "
            "its files may be damaged or incomplete: copy them again"
        ) from error


def load_network(folder: ModelFolder, device: torch.device, dtype: torch.dtype) -> Any:
    """Load the weights of a folder, ready to compute; raises `ModelError`."""
    weights = [*folder.path.glob("*.safetensors"), *folder.path.glob("pytorch_model*.bin")]
    if not weights:
        raise ModelError(f"no weights (*.safetensors) in {folder.path}: copy them there")
    for file in weights:
        try:
            with file.open("rb") as stream:
                stream.read(1)
        except OSError as error:
            raise _not_readable(file, error) from error
    kind = AutoModelForSeq2SeqLM if folder.is_encoder_decoder else AutoModelForCausalLM
    try:
        with _quietly():
            network, report = kind.from_pretrained(
                folder.path,
                config=folder.config,
                local_files_only=True,
                trust_remote_code=False,
                dtype=dtype,
                output_loading_info=True,
            )
        if report["missing_keys"]:
            missing = sorted(report["missing_keys"])
            raise ModelError(
                f"the weights in {folder.path} lack {len(missing)} tensors of the model "
                f"(first: {missing[0]}): the file is incomplete or belongs to another "
                "configuration; copy the model again"
            )
        # Some checkpoints hold masks, named "bias", that networks compute today.
        foreign = sorted(each for each in report["unexpected_keys"] if each.endswith(".weight"))
        if foreign:
            raise ModelError(
                f"the weights in {folder.path} hold {len(foreign)} tensors that a "
                f'"{folder.config.model_type}" of its config.json does not have (first: '
                f"{foreign[0]}): they belong to another architecture or configuration; copy both "
                "from one model"
            )
        return network.eval().requires_grad_(False).to(device)
    except ModelError:
        raise
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"{folder.path} does not fit into the memory of {device}: "
            'use a smaller model or device "cpu"'
        ) from error
    except json.JSONDecodeError as error:
        raise _damaged_weights(folder, error) from error
    except ValueError as error:
        raise ModelError(
            f'{folder.path} holds a "{folder.config.model_type}", which is neither a causal nor a '
            f"sequence-to-sequence language model ({_reason(error)}); use another model"
        ) from error
    except Exception as error:
        if _SHAPES_DIFFER in str(error):
            raise ModelError(
                f"the weights in {folder.path} have other shapes than its config.json says: they "
                "belong to another configuration; copy both from one model"
            ) from error
        raise _damaged_weights(folder, error) from error


def require_fitting_tokenizer(folder: ModelFolder, network: Any, tokenizer: Any) -> None:
    """Raise `ModelError` if a tokenizer is not the one that a network was trained with.

    It has no token beyond the embedding, which may be padded to a round size, but not by much.
    """
    rows = network.get_input_embeddings().num_embeddings
    tokens = max(tokenizer.get_vocab().values(), default=-1) + 1
    if not LEAST_EMBEDDED * rows <= tokens <= rows:
        raise ModelError(
            f"the tokenizer in {folder.path} has {tokens} tokens and the embedding of its weights "
            f"{rows}: they belong to different models; copy the tokenizer files of this model"
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep transformers off the terminal of whoever loads a model: what is wrong is an error."""
    were_shown = transformers_logging.is_progress_bar_enabled()
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if were_shown:
            transformers_logging.enable_progress_bar()


def _damaged_weights(folder: ModelFolder, error: Exception) -> ModelError:
    return ModelError(
        f"cannot read the weights in {folder.path} ({_reason(error)}); "
        "the file is damaged or incomplete: copy or download it again"
    )


def end_tokens(network: Any, tokenizer: Any) -> set[int]:
    """Collect the ids of the tokens with which a model ends a text."""
    ends: set[int] = set()
    for value in (
        tokenizer.eos_token_id,
        network.config.eos_token_id,
        getattr(network.generation_config, "eos_token_id", None),
    ):
        if isinstance(value, int):
            ends.add(value)
        elif value is not None:
            ends.update(value)
    return ends


def choose_padding(tokenizer: Any, ends: Collection[int]) -> int:
    """Return the token that fills up a batch: the tokenizer's or, if it has none, an end token."""
    padding: int | None = tokenizer.pad_token_id
    return next(iter(ends), 0) if padding is None else padding


def context_length(network: Any, default: int) -> int:
    """Return how many tokens a network reads at most; `default` if its configuration says none."""
    return getattr(network.config, "max_position_embeddings", None) or default


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON ({_reason(error)}): copy it again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not hold a JSON object: copy it again")
    return content


def _not_readable(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"cannot read {error.filename or path} ({error.strerror}): "
        "make it readable for the user who runs stepcheck"
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
