"""Prompts are cut where a token might cross the cut, and nothing of the prefix is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from stepcheck.models.generation.token_healing import heal_prompt
from stepcheck.models.generation.vocabulary import Vocabulary, vocabulary_of

LETTERS = Vocabulary([b"s", b"i", b"m", b"p", b"si", b"mp", b"simp", b"simp_all", b" ", None], [])


def test_tokens_that_a_longer_one_may_replace_are_given_back() -> None:
    cut = heal_prompt([8, 4, 2], b" sim", b"sim", LETTERS)
    assert (cut.tokens, cut.required) == ((8,), b"sim")
    assert cut.complete(b"simp_all") == b"simp_all"


def test_a_cut_before_the_prefix_gives_back_what_is_not_of_it() -> None:
    cut = heal_prompt([8, 4, 2], b" sim", b"m", LETTERS)
    assert (cut.tokens, cut.required) == ((8,), b"sim")
    assert cut.complete(b"simp") == b"mp"


def test_special_tokens_and_the_first_are_kept() -> None:
    assert heal_prompt([9, 4], b"[X]si", b"si", LETTERS).tokens == (9,)
    assert heal_prompt([4, 9], b"si[X]", b"", LETTERS).tokens == (4, 9)
    assert heal_prompt([4], b"si", b"si", LETTERS).tokens == ()
    assert heal_prompt([4], b"si", b"si", LETTERS, at_least=1).tokens == (4,)


def test_text_the_tokenizer_changed_is_left_alone() -> None:
    cut = heal_prompt([4, 2], b"SIM", b"IM", LETTERS)
    assert (cut.tokens, cut.required) == ((4, 2), b"")
    assert cut.complete(b"p") == b"IMp"


@pytest.mark.parametrize("family", ["random_llama", "sentencepiece_llama", "byt5", "t5"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.text(max_size=8), prefix=st.text(max_size=8))
def test_what_was_required_completes_to_the_prefix(
    request: pytest.FixtureRequest, family: str, head: str, prefix: str
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(request.getfixturevalue(family))
    vocabulary = vocabulary_of(tokenizer, len(tokenizer), [tokenizer.eos_token_id])
    text = (head + prefix).encode()
    tokens = tokenizer(head + prefix, add_special_tokens=False).input_ids
    cut = heal_prompt(tokens, text, prefix.encode(), vocabulary)
    assert tuple(tokens[: len(cut.tokens)]) == cut.tokens
    assert cut.complete(cut.required + b"!") == prefix.encode() + b"!"
