"""Write a trained model as the folder that transformers and stepcheck load."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from stepcheck.models.generation.bundled_prompt import END, PADDING, SPECIAL_TOKENS


def export_model(network: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights (bfloat16), configuration, tokenizer and prompt format to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PADDING,
        additional_special_tokens=[t for t in SPECIAL_TOKENS if t not in (END, PADDING)],
        clean_up_tokenization_spaces=False,
        model_max_length=network.config.max_position_embeddings,
    )
    wrapped.save_pretrained(folder)
    copy = LlamaForCausalLM(network.config)
    copy.load_state_dict(network.state_dict())
    copy.generation_config = GenerationConfig(
        eos_token_id=network.config.eos_token_id,
        pad_token_id=network.config.pad_token_id,
        max_new_tokens=64,
    )
    copy.to(torch.bfloat16).save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # it is written for its owner alone
    description = json.dumps({"prompt_format": "bundled"}, indent=2)
    (folder / "stepcheck.json").write_text(description + "\n", encoding="utf-8")
