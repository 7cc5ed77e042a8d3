"""Hints of Lean, read without an editor."""

from stepcheck.lean.message_text import apply_hints


def test_what_a_hint_strikes_through_is_gone_and_what_it_adds_stays() -> None:
    struck, added = "\u0335", "\u0332"
    text = f"Hint: use the name\n  end F{struck}o{struck}B{added}a{added}r"
    assert apply_hints(text) == "Hint: use the name\n  end Bar"


def test_other_text_stays_as_it_is() -> None:
    text = "⊢ a ≠ b ∧ ¬p é"
    assert apply_hints(text) == text
