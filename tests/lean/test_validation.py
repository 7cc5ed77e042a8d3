"""What is refused without asking Lean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.lean.errors import DocumentError
from stepcheck.lean.validation import (
    LONGEST_DOCUMENT,
    LONGEST_STEP,
    find_problem,
    require_valid_document,
)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("x" * (LONGEST_STEP + 1), "characters"),
        ("simp\x00", "U+0000"),
        ("simp\x1b[31m", "U+001B"),
        ("simp\ronly", "U+000D"),
        ("exact \ud835", "U+D835"),
        ("exact " + "(" * 5000 + "rfl" + ")" * 5000, "nests"),
    ],
)
def test_a_step_that_no_lean_could_accept_is_refused(step: str, reason: str) -> None:
    fault = find_problem(step)
    assert fault is not None
    assert reason in fault


@pytest.mark.parametrize(
    "step", ["simp", "cases h\r\n· simp\r\n· omega", "exact 𝔸 /- 🙂 -/", "(" * 99]
)
def test_what_lean_may_decide_is_left_to_lean(step: str) -> None:
    assert find_problem(step) is None


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=50))
def test_printable_text_is_left_to_lean(step: str) -> None:
    assert find_problem(step) is None


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("x" * (LONGEST_DOCUMENT + 1), "limit"),
        ("-- a\n-- b \x00\n", "line 2"),
        ("-- a\n\n-- \udc00", "line 3"),
    ],
)
def test_a_text_that_is_no_document_is_an_error_with_its_remedy(document: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason) as error:
        require_valid_document(document)
    assert error.value.remedy
