"""Loading a model, and the messages when it cannot be."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    AutoTokenizer,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
)

from stepcheck.models.generation.device import choose_placement, choose_threads
from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import GenerationRequest, ModelError, SuggestionPrompt


@pytest.fixture
def folder(random_llama: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_llama, tmp_path / "model"))


def remove_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def break_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "lla')


def forget_type(folder: Path) -> None:
    (folder / "config.json").write_text('{"hidden_size": 3}')


def unknown_type(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "abacus"}')


def not_generative(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "vit"}')


def list_config(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def remove_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def break_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{")


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def truncate_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def overwrite_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"<!DOCTYPE html>" * 100)


def weights_of_another_shape(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 64}))


def weights_of_fewer_layers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"num_hidden_layers": 3, "layer_types": None}
    (folder / "config.json").write_text(json.dumps(config))


def weights_of_more_layers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"num_hidden_layers": 1, "layer_types": None}
    (folder / "config.json").write_text(json.dumps(config))


def weights_of_another_architecture(folder: Path) -> None:
    config = GPTNeoXConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4)
    GPTNeoXForCausalLM(config).save_pretrained(folder / "other")
    (folder / "other" / "model.safetensors").replace(folder / "model.safetensors")


def weights_of_a_classifier(folder: Path) -> None:
    LlamaForSequenceClassification.from_pretrained(folder).save_pretrained(folder)


def embedding_of_another_size(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"vocab_size": 500}))


def tokenizer_of_more_tokens(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["ℕℕ"])
    tokenizer.save_pretrained(folder)


def tokenizer_of_far_fewer_tokens(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[END]": 1, "simp": 2}, "[PAD]"))
    tokenizer.save(str(folder / "tokenizer.json"))


def split_weights(folder: Path) -> list[Path]:
    network = LlamaForCausalLM.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="20KB")
    return sorted(folder.glob("model-*.safetensors"))


def remove_part_of_the_weights(folder: Path) -> None:
    split_weights(folder)[1].unlink()


def break_index_of_the_weights(folder: Path) -> None:
    split_weights(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {')


def folder_for_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()


def unknown_format(folder: Path) -> None:
    (folder / "stepcheck.json").write_text('{"prompt_format": "haiku"}')


def broken_hint(folder: Path) -> None:
    (folder / "stepcheck.json").write_text("prompt_format: few-shot")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "no model at .*give the folder"),
        (remove_config, "no config.json"),
        (break_config, "config.json is not valid JSON"),
        (list_config, "config.json does not hold a JSON object"),
        (forget_type, "names no model_type"),
        (unknown_type, "abacus.*another model|another model"),
        (not_generative, "vit.*neither a causal nor"),
        (remove_tokenizer, "no tokenizer .*copy"),
        (break_tokenizer, "cannot read the tokenizer"),
        (remove_weights, "no weights"),
        (truncate_weights, "damaged or incomplete"),
        (empty_weights, "damaged or incomplete"),
        (overwrite_weights, "damaged or incomplete"),
        (weights_of_another_shape, "other shapes than its config.json.*copy both"),
        (weights_of_fewer_layers, "lack .* tensors"),
        (weights_of_more_layers, r"does not have .*layers\.1\..*copy both"),
        (weights_of_another_architecture, "lack .* tensors.*copy the model again"),
        (weights_of_a_classifier, r"does not have .*score\.weight.*copy both"),
        (embedding_of_another_size, "other shapes than its config.json.*copy both"),
        (tokenizer_of_more_tokens, r"has (\d+) tokens and the embedding .*copy the tokenizer"),
        (tokenizer_of_far_fewer_tokens, "has 3 tokens and the embedding .*copy the tokenizer"),
        (remove_part_of_the_weights, "00002-of-.*damaged or incomplete"),
        (break_index_of_the_weights, "damaged or incomplete"),
        (folder_for_weights, "cannot read .*model.safetensors"),
        (unknown_format, "haiku.*use one of: bundled"),
        (broken_hint, "stepcheck.json is not valid JSON"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_model_that_cannot_be_loaded_says_why_and_what_to_do(
    folder: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=message) as raised:
        load_generator(folder, device="cpu", threads=1)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_files_that_may_not_be_read_are_named(folder: Path, name: str) -> None:
    (folder / name).chmod(0)
    with pytest.raises(ModelError, match=f"{name}.*readable"):
        load_generator(folder, device="cpu", threads=1)


def test_a_file_is_not_a_model(folder: Path) -> None:
    with pytest.raises(ModelError, match="is not a folder"):
        load_generator(folder / "config.json", device="cpu", threads=1)


def test_weights_that_are_not_numbers_are_refused_when_used(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], torch.nan)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    generator = load_generator(folder, device="cpu", threads=1)
    with pytest.raises(ModelError, match="not numbers"):
        generator.generate([GenerationRequest(SuggestionPrompt("⊢ True"))])


def test_names_and_devices_are_reported(random_llama: Path, byt5: Path) -> None:
    for path in (random_llama, byt5):
        generator = load_generator(str(path), device="cpu", threads=1)
        assert (generator.name, generator.device) == (path.name, "cpu")


def test_a_tokenizer_without_its_configuration_is_enough(folder: Path) -> None:
    (folder / "tokenizer_config.json").unlink()
    generator = load_generator(folder, device="cpu", threads=1)
    (found,) = generator.generate([GenerationRequest(SuggestionPrompt("⊢ True"), max_tokens=4)])
    assert found


def test_unknown_devices_and_formats_name_what_can_be_used() -> None:
    with pytest.raises(ModelError, match='"auto", "cpu"'):
        choose_placement("quantum")
    with pytest.raises(ModelError, match="float32, bfloat16"):
        choose_placement("cpu", "int3")
    with pytest.raises(ModelError, match="at least 1"):
        choose_threads(0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(ModelError, match='cannot run on device "cuda"'):
        choose_placement("cuda")
    assert choose_placement("auto").device.type == "cpu"


def test_some_processors_are_left_to_lean() -> None:
    assert choose_threads(3) == 3
    assert 1 <= choose_threads() <= max(1, (os.cpu_count() or 1) // 2)
