"""Prompts are made to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.models.generation.prompt_fitting import fit_prompt, sanitize
from stepcheck.models.interface import SuggestionPrompt


def encode(prompt: SuggestionPrompt) -> list[int]:
    return [*f"{prompt.context}|{prompt.goal}|{prompt.prefix}".encode()]


def test_a_prompt_that_fits_is_not_touched() -> None:
    prompt = SuggestionPrompt("h : p\n⊢ p", "exact", "import Mathlib\n")
    assert fit_prompt(prompt, 100, encode) == (prompt, encode(prompt))


def test_the_context_goes_first_from_its_beginning() -> None:
    context = "".join(f"theorem line{number} : True\n" for number in range(40))
    prompt, tokens = fit_prompt(SuggestionPrompt("h : p\n⊢ p", "ex", context), 200, encode)
    assert prompt.goal == "h : p\n⊢ p"
    assert prompt.context
    assert context.endswith(prompt.context)
    assert prompt.context.startswith("theorem line")
    assert len(tokens) <= 200


def test_then_far_hypotheses_and_never_the_target() -> None:
    goal = "\n".join(f"h{number} : x = {number}" for number in range(100)) + "\n⊢ x = 0"
    prompt, tokens = fit_prompt(SuggestionPrompt(goal, "rw [", "open Nat\n"), 120, encode)
    assert prompt.context == ""
    assert prompt.goal.endswith("h99 : x = 99\n⊢ x = 0")
    assert "h0 :" not in prompt.goal
    assert bytes(tokens).endswith(b"|rw [")


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=300), st.integers(1, 80))
def test_the_limit_holds_for_any_text(goal: str, prefix: str, context: str, limit: int) -> None:
    prompt, tokens = fit_prompt(SuggestionPrompt(goal, prefix, context), limit, encode)
    assert 1 <= len(tokens) <= limit
    assert prompt.prefix == prefix


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\0", "⊢ 😀"])
def test_any_string_can_be_encoded(text: str) -> None:
    prompt = sanitize(SuggestionPrompt(text, text, text))
    assert prompt.goal.encode().decode() == text.replace("\ud800", "?").replace("\udfff", "?")
