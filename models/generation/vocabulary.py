"""What each token of a tokenizer writes, as bytes, and which tokens may continue a given text."""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

_SENTENCEPIECE_SPACE = "\u2581"
_BYTE_FALLBACK_LENGTH = len("<0x00>")


class Vocabulary:
    """The bytes of every token, searchable by prefix.

    `pieces[token]` is what the token writes, or None for tokens that write nothing (special tokens,
    ids without a token). `ends` are the tokens that end a completion. Tokens that neither write nor
    end are never generated. `opening` is what the tokenizer itself writes before a text that starts
    a sequence: a space for SentencePiece models with a dummy prefix, nothing otherwise.
    """

    def __init__(
        self, pieces: Sequence[bytes | None], ends: Iterable[int], opening: bytes = b""
    ) -> None:
        self.ends = frozenset(ends)
        self.pieces = tuple(
            None if token in self.ends else piece for token, piece in enumerate(pieces)
        )
        self.opening = opening
        ordered = sorted(
            (piece, token) for token, piece in enumerate(self.pieces) if piece is not None
        )
        self._sorted_pieces = [piece for piece, _ in ordered]
        self._sorted_tokens = torch.tensor([token for _, token in ordered], dtype=torch.long)
        self._longest = max((len(piece) for piece in self._sorted_pieces), default=0)

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def never_generated(self) -> Tensor:
        """Tokens that neither write text nor end a completion (1-d, long)."""
        return torch.tensor(
            [t for t, piece in enumerate(self.pieces) if piece is None and t not in self.ends],
            dtype=torch.long,
        )

    @cached_property
    def end_tokens(self) -> Tensor:
        """The tokens that end a completion (1-d, long)."""
        return torch.tensor(sorted(self.ends), dtype=torch.long)

    def text_of(self, tokens: Iterable[int]) -> bytes:
        """Return what the tokens write."""
        return b"".join(self.pieces[token] or b"" for token in tokens)

    def tokens_towards(self, required: bytes) -> Tensor:
        """Return the tokens that can begin a text which begins with `required` (1-d, long).

        Those are the tokens that begin with it, and those with which it begins.
        """
        start, stop = self._range(required)
        shorter = [
            index
            for length in range(1, min(len(required), self._longest + 1))
            for index in range(*self._range_exactly(required[:length]))
        ]
        return torch.cat((self._sorted_tokens[start:stop], self._sorted_tokens[shorter]))

    def open_suffix(self, text: bytes) -> int:
        """Return the length of the longest end of `text` that a longer token begins with.

        A text cut there and continued may be tokenized with a token across the cut.
        """
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            suffix = text[-length:]
            start, stop = self._range(suffix)
            if start < stop and len(self._sorted_pieces[stop - 1]) > length:
                return length
        return 0

    def _range(self, prefix: bytes) -> tuple[int, int]:
        start = bisect_left(self._sorted_pieces, prefix)
        above = prefix.rstrip(b"\xff")
        if not above:
            return start, len(self._sorted_pieces)
        successor = above[:-1] + bytes([above[-1] + 1])
        return start, bisect_left(self._sorted_pieces, successor)

    def _range_exactly(self, piece: bytes) -> tuple[int, int]:
        start = bisect_left(self._sorted_pieces, piece)
        return start, bisect_left(self._sorted_pieces, piece + b"\0", lo=start)


def vocabulary_of(tokenizer: Any, size: int, ends: Iterable[int]) -> Vocabulary:
    """Read the vocabulary of a transformers tokenizer, for a model with `size` outputs.

    Knows byte-level BPE, SentencePiece with or without byte fallback, and byte tokenizers (ByT5).
    """
    added = {
        int(token): str(entry.content) for token, entry in tokenizer.added_tokens_decoder.items()
    }
    special = set(tokenizer.all_special_ids) | {
        token for token, entry in tokenizer.added_tokens_decoder.items() if entry.special
    }
    backend = getattr(tokenizer, "backend_tokenizer", None)
    spell, opening = _spelling(json.loads(backend.to_str()) if backend is not None else None)
    pieces: list[bytes | None] = [None] * size
    for written, token in tokenizer.get_vocab().items():
        if token < size and token not in special:
            piece = added[token].encode() if token in added else spell(written)
            pieces[token] = piece or None
    return Vocabulary(pieces, (end for end in ends if end < size), opening)


def _spelling(description: dict[str, Any] | None) -> tuple[Any, bytes]:
    """Return how token names spell bytes, and what the tokenizer writes before a text."""
    if description is None:
        return (lambda written: written.encode("latin-1", errors="ignore")), b""
    kinds = set(_kinds(description.get("decoder"))) | set(_kinds(description.get("pre_tokenizer")))
    if "ByteLevel" in kinds:
        adds_space = _adds_space(description.get("pre_tokenizer"))
        return _spell_byte_level, b" " if adds_space else b""
    adds_space = _adds_space(description.get("pre_tokenizer")) or (
        "Prepend" in _kinds(description.get("normalizer"))
    )
    return _spell_sentencepiece, b" " if adds_space else b""


def _kinds(component: dict[str, Any] | None) -> list[str]:
    """List the types of a tokenizer.json component and of the components in it."""
    if component is None:
        return []
    inner = [*component.get("decoders", ()), *component.get("pretokenizers", ())]
    inner += component.get("normalizers", ())
    return [component["type"], *(kind for part in inner for kind in _kinds(part))]


def _adds_space(component: dict[str, Any] | None) -> bool:
    if component is None:
        return False
    if component.get("add_prefix_space") or component.get("prepend_scheme", "never") != "never":
        return True
    return any(_adds_space(part) for part in component.get("pretokenizers", ()))


def _byte_alphabet() -> dict[str, int]:
    """Map the characters of GPT-2's byte alphabet (Radford et al. 2019) to their bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(0x100 + position): byte for position, byte in enumerate(others)
    }


_BYTE_ALPHABET = _byte_alphabet()


def _spell_byte_level(written: str) -> bytes:
    if all(character in _BYTE_ALPHABET for character in written):
        return bytes(_BYTE_ALPHABET[character] for character in written)
    return written.encode()


def _spell_sentencepiece(written: str) -> bytes:
    if len(written) == _BYTE_FALLBACK_LENGTH and written.startswith("<0x") and written[-1] == ">":
        return bytes([int(written[3:5], 16)])
    return written.replace(_SENTENCEPIECE_SPACE, " ").encode()
