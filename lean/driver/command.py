"""How a Lean process is started, native or embedded alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LeanCommand:
    """A process to start, complete: nothing is inherited from the caller.

    `arguments` starts with the executable; `environment` is the whole environment of the process.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    working_directory: Path
