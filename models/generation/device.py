"""Where a model runs, in which number format, and on how many threads."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch

from stepcheck.models.interface import ModelError


@dataclass(frozen=True, slots=True)
class Placement:
    """A torch device and the format of the weights there."""

    device: torch.device
    dtype: torch.dtype


def choose_placement(device: str = "auto", dtype: str = "auto") -> Placement:
    """Resolve "auto", "cpu", "cuda", "cuda:1", "mps" and "auto", "float32", "bfloat16", "float16".

    Automatic is CUDA where there is a GPU, and bfloat16 where the hardware multiplies it natively.
    Raises `ModelError` for names torch does not know and devices this machine does not have.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f'cannot run on device "{device}" ({reason}); '
            'use "auto", "cpu" or, with a GPU and a CUDA build of torch, "cuda"'
        ) from error
    formats = {
        "auto": torch.bfloat16 if _multiplies_bfloat16(chosen) else torch.float32,
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
    }
    if dtype not in formats:
        raise ModelError(f'unknown dtype "{dtype}"; use one of {", ".join(formats)}')
    return Placement(chosen, formats[dtype])


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and _has_processor_feature("avx512_bf16", "amx_bf16")


def _has_processor_feature(*names: str) -> bool:
    # Since torch 2.11; before, no public call tells.
    ask: Callable[[], dict[str, object]] = getattr(torch.cpu, "get_capabilities", dict)
    capabilities = ask()
    return any(bool(capabilities.get(name)) for name in names)


def choose_threads(threads: int | None = None) -> int:
    """Return how many threads one product may use: as set, else half the processors, at most 8.

    The other half is for the Lean that checks meanwhile. Threads of a product wait for one another
    by spinning, so that on a machine without a free processor two are many times slower than one.
    """
    if threads is not None:
        if threads < 1:
            raise ModelError(f"cannot compute with {threads} threads; set at least 1")
        return threads
    return max(1, min(8, (os.cpu_count() or 1) // 2))
