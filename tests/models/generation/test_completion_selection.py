"""Which texts become suggestions."""

import pytest

from stepcheck.models.generation.completion_selection import (
    CompletionSelection,
    clean,
    contains_placeholder,
)
from stepcheck.models.interface import Completion


@pytest.mark.parametrize(
    ("text", "prefix", "stops", "expected"),
    [
        ("  simp \n", "", (), "simp"),
        ("simp  \n", "simp ", (), "simp "),
        ("  simp [h]\n", "  si", (), "  simp [h]"),
        ("simp\n\nGoal: x", "", ("\n\n",), "simp"),
        ("[X] simp[X] rest", "[X]", ("[X]",), "[X] simp"),
        ("simp```", "", ("\n\n", "```"), "simp"),
        ("", "", (), ""),
    ],
)
def test_blanks_and_what_follows_a_stop_are_cut_but_never_the_prefix(
    text: str, prefix: str, stops: tuple[str, ...], expected: str
) -> None:
    assert clean(text, prefix, stops) == expected


@pytest.mark.parametrize(
    "text", ["sorry", "admit", "exact sorry", "(sorry)", "simp; sorry", "· sorry", "by\n  admit"]
)
def test_giving_up_is_seen(text: str) -> None:
    assert contains_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["exact sorry_free", "rw [admit']", "exact foo.sorry", "admits", "apology", "exact h.admit"],
)
def test_names_that_contain_the_words_are_not_giving_up(text: str) -> None:
    assert not contains_placeholder(text)


def test_the_best_of_equal_steps_is_kept_and_all_are_sorted() -> None:
    selection = CompletionSelection(2)
    assert selection.add(Completion("simp [a]", -2.0, 3))
    assert not selection.add(Completion("simp  [a]", -1.0, 3))
    assert not selection.add(Completion("simp\n[a]", -3.0, 3))
    assert selection.add(Completion("omega", -1.5, 1))
    assert selection.add(Completion("ring", -4.0, 1))
    assert not selection.add(Completion("sorry", -0.1, 1))
    assert not selection.add(Completion(" ", -0.1, 1))
    assert [(c.text, c.score) for c in selection.best()] == [("omega", -1.5), ("simp  [a]", -1.0)]
