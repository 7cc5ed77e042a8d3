"""Training reads the tokens that serving writes, and what does not fit is counted."""

from pathlib import Path

import pytest

from stepcheck.models.generation.prompt_encoding import PromptEncoder
from stepcheck.models.generation.prompt_formats import FORMATS
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.base import Base, load_base
from stepcheck.models.learning.data import Example, Preference
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.tokens import SERVED_TOKENS, StepTokenizer, arranged

PROMPT = SuggestionPrompt("n m : Nat\nh : n ≤ m\n⊢ n < m + 1", context="import Std\n")


@pytest.fixture(scope="module")
def bundled() -> Base:
    return load_base("bundled")


@pytest.fixture
def tiny(tiny_model: Path) -> Base:
    return load_base(tiny_model)


def tokenize(prompts: PromptEncoder, step: str):
    (row,) = StepTokenizer(prompts).examples([Example(PROMPT, step)], 1024).rows
    return row


@pytest.mark.parametrize("step", ["omega", "simp [h]", "exact Nat.lt_succ_of_le h", "· rfl"])
def test_a_step_begins_where_serving_begins_to_write(bundled: Base, step: str):
    row = tokenize(bundled.prompts, step)
    served = bundled.prompts.encode(PROMPT, SERVED_TOKENS).cut.tokens
    end = bundled.tokenizer.eos_token_id

    assert row.prompt == served
    # No blank of the seam has moved into the step: its text and the end are all there is.
    assert bundled.tokenizer.decode(row.step[:-1]) == step
    assert row.step[-1] == end


def test_tokens_that_join_across_the_seam_are_taken_as_serving_heals_them(tiny: Base):
    # The prompt of "few-shot" ends with a line end, which joins with blanks that follow.
    prompts = PromptEncoder(tiny.tokenizer, tiny.prompts.vocabulary, FORMATS["few-shot"], 4096)
    encoded = prompts.encode(PROMPT, SERVED_TOKENS)

    row = tokenize(prompts, "\n  rw [h]")

    assert row.prompt == encoded.cut.tokens
    whole = tiny.tokenizer.decode([*row.prompt, *row.step[:-1]])
    assert whole == encoded.text + "\n  rw [h]"


def test_what_is_too_long_is_counted_and_not_cut(bundled: Base):
    long_step = "simp [" + ", ".join(f"lemma_{n}" for n in range(60)) + "]"
    pairs = [Preference(PROMPT, "omega", "rfl"), Preference(PROMPT, "omega", long_step)]

    tokenized = StepTokenizer(bundled.prompts).pairs(pairs, 100)

    assert (len(tokenized.rows), tokenized.dropped) == (1, 1)
    assert tokenized.longest > 100


def test_prompts_that_leave_no_room_at_all_are_an_error(bundled: Base):
    with pytest.raises(LearningError, match="none of 1 rows fits into 8 tokens"):
        StepTokenizer(bundled.prompts).pairs([Preference(PROMPT, "omega", "rfl")], 8)


def test_a_prompt_is_shortened_as_serving_shortens_it(bundled: Base):
    hypotheses = "\n".join(f"h{n} : a{n} = b{n} + c{n}" for n in range(300))
    prompt = SuggestionPrompt(f"{hypotheses}\n⊢ a1 = b1 + c1")

    (row,) = StepTokenizer(bundled.prompts).examples([Example(prompt, "exact h1")], 1024).rows

    assert row.prompt == bundled.prompts.encode(prompt, SERVED_TOKENS).cut.tokens
    assert "⊢ a1 = b1 + c1" in bundled.tokenizer.decode(row.prompt)


def test_rows_of_a_batch_have_like_lengths_and_none_is_lost(bundled: Base):
    steps = ["simp [" + "h, " * n + "h]" for n in range(64)]
    rows = StepTokenizer(bundled.prompts).examples([Example(PROMPT, s) for s in steps], 1024).rows

    order = arranged(rows, 8, seed=3)

    assert sorted(order, key=repr) == sorted(rows, key=repr)
    assert order == arranged(rows, 8, seed=3) != arranged(rows, 8, seed=4)
    for start in range(0, 64, 8):
        lengths = [row.longest for row in order[start : start + 8]]
        assert max(lengths) - min(lengths) <= 2 * 8
