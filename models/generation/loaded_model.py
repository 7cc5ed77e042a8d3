"""A model in memory: its network, its tokenizer, and the vocabulary that decoding needs."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from stepcheck.models.generation.decoding import IncrementalDecoder
from stepcheck.models.generation.vocabulary import Vocabulary

Network = TypeVar("Network", bound=IncrementalDecoder)


@dataclass(frozen=True, slots=True)
class LoadedModel(Generic[Network]):
    """A network with its tokenizer; `device` is the torch device it runs on."""

    name: str
    device: str
    network: Network
    tokenizer: Any
    vocabulary: Vocabulary
