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
        with _without_progress_bars():
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
        return network.eval().requires_grad_(False).to(device)
    except ModelError:
        raise
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"{folder.path} does not fit into the memory of {device}: "
            'use a smaller model or device "cpu"'
        ) from error
    except ValueError as error:
        raise ModelError(
            f'{folder.path} holds a "{folder.config.model_type}", which is neither a causal nor a '
            f"sequence-to-sequence language model ({_reason(error)}); use another model"
        ) from error
    except Exception as error:
        raise ModelError(
            f"cannot read the weights in {folder.path} ({_reason(error)}); "
            "the file is damaged or incomplete: copy or download it again"
        ) from error


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on the terminal of whoever loads a model."""
    were_shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if were_shown:
            transformers_logging.enable_progress_bar()


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
