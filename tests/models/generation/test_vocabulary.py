"""What tokens write, and which of them lead towards a text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, ByT5Tokenizer

from stepcheck.models.generation.vocabulary import Vocabulary, vocabulary_of

TEXTS = ["simp_all [h₁, foo.bar]", "exact ⟨hp, hq⟩\n  · omega", "α ⊢ 😀\t x", "a  b\n\n\n c", ""]


def vocabulary_from(folder: Path) -> tuple[Vocabulary, Callable[[str], list[int]]]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    vocabulary = vocabulary_of(tokenizer, len(tokenizer), [tokenizer.eos_token_id])
    return vocabulary, lambda text: list(tokenizer(text, add_special_tokens=False).input_ids)


@pytest.mark.parametrize("family", ["random_llama", "sentencepiece_llama", "neox", "byt5"])
@pytest.mark.parametrize("text", TEXTS)
def test_tokens_write_the_text_they_encode(
    request: pytest.FixtureRequest, family: str, text: str
) -> None:
    vocabulary, encode = vocabulary_from(request.getfixturevalue(family))
    opening = vocabulary.opening if text else b""
    assert vocabulary.text_of(encode(text)) == opening + text.encode()


def test_a_dummy_space_is_an_opening(sentencepiece_llama: Path, random_llama: Path) -> None:
    assert vocabulary_from(sentencepiece_llama)[0].opening == b" "
    assert vocabulary_from(random_llama)[0].opening == b""


def test_special_tokens_write_nothing_and_only_ends_end(random_llama: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(random_llama)
    vocabulary = vocabulary_of(tokenizer, len(tokenizer) + 5, [1])
    assert vocabulary.pieces[:2] == (None, None)
    silent = set(vocabulary.never_generated.tolist())
    assert 0 in silent
    assert 1 not in silent
    assert silent >= set(range(len(tokenizer), len(tokenizer) + 5))
    assert vocabulary.end_tokens.tolist() == [1]


def test_byt5_writes_one_byte_a_token() -> None:
    vocabulary = vocabulary_of(ByT5Tokenizer(), 384, [1])
    assert [vocabulary.pieces[byte + 3] for byte in range(256)] == [bytes([b]) for b in range(256)]
    assert all(piece is None for piece in vocabulary.pieces[259:])


pieces = st.lists(
    st.one_of(
        st.none(), st.binary(min_size=1, max_size=3), st.text("ab", min_size=1).map(str.encode)
    ),
    min_size=1,
    max_size=30,
)
texts = st.one_of(st.binary(min_size=1, max_size=4), st.text("ab", min_size=1).map(str.encode))


@given(pieces=pieces, required=texts)
def test_tokens_towards_are_those_that_agree_with_the_text(
    pieces: list[bytes | None], required: bytes
) -> None:
    vocabulary = Vocabulary(pieces, ends=[])
    expected = {
        token
        for token, piece in enumerate(pieces)
        if piece and (piece.startswith(required) or required.startswith(piece))
    }
    found = vocabulary.tokens_towards(required).tolist()
    assert set(found) == expected
    assert len(found) == len(expected)


@given(pieces=pieces, text=texts)
def test_the_open_suffix_is_the_longest_a_longer_token_begins_with(
    pieces: list[bytes | None], text: bytes
) -> None:
    lengths = [
        length
        for length in range(1, len(text) + 1)
        if any(
            piece and piece.startswith(text[-length:]) and len(piece) > length for piece in pieces
        )
    ]
    assert Vocabulary(pieces, ends=[]).open_suffix(text) == max(lengths, default=0)
