import json

import pytest

from stepcheck.server.judge.model.parsing import Claim, find_quote, read_claims, read_yes_or_no
from stepcheck.server.judge.verdict import Range, Severity

CODE = """def f(x):
    if x > 3:
        return  x

    return 2 * x
    return 2 * x
"""


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("Yes", True),
        ("no.", False),
        ("**No**", False),
        ("Yes, it does.\nIt handles all cases.", True),
        ("Let me see.\nAll is well.\nYes", True),
        ("Yes at first sight.\nBut then: no", False),
        ("<think>Yes? no, wait.</think>\nNo", False),
        ("<think>Yes and no", None),
        ("Yes or no", None),
        ("I know nothing of this.", None),
        ("Nobody, yesterday.", None),
        ("", None),
        ("\n \n", None),
    ],
)
def test_yes_and_no_and_neither(answer, meaning):
    assert read_yes_or_no(answer) is meaning


def entry(**fields):
    return {"inconsistency": "It is wrong.", "severity": "major"} | fields


@pytest.mark.parametrize(
    "wrapped", ["{}", "```json\n{}\n```", "Here it is:\n{}\nHope that helps.", "<think>[</think>{}"]
)
def test_a_list_is_found_in_what_models_wrap_it_in(wrapped):
    text = wrapped.replace("{}", json.dumps([entry(quote="return 2 * x", call="f(1)", expected=2)]))

    assert read_claims(text) == (
        Claim("It is wrong.", Severity.MAJOR, "return 2 * x", "f(1)", "2"),
    )


def test_an_empty_list_is_an_answer():
    assert read_claims("[]") == ()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "There are none.",
        "{}",
        "[1]",
        "[{}]",
        "[" * 5000 + "]" * 5000,
        json.dumps([entry(), entry(severity="terrible")]),
        json.dumps([entry(inconsistency=" ")]),
        json.dumps([entry(severity=None)]),
        '[{"inconsistency": "cut off", "severity": "ma',
    ],
)
def test_what_cannot_be_read_is_no_clean_bill(answer):
    assert read_claims(answer) is None


@pytest.mark.parametrize(
    ("quote", "places"),
    [
        ("if x > 3:", [Range(2, 2)]),
        ("    if x > 3:\n        return x", [Range(2, 3)]),
        ("return x\nreturn 2 * x", [Range(3, 5)]),
        ("x > 3", [Range(2, 2)]),
        ("return 2 * x", [Range(5, 5), Range(6, 6)]),
        ("x", []),
        ("return x + 1", []),
        ("if x > 3:\nreturn 2 * x", []),
        ("  \n", []),
    ],
)
def test_a_quote_is_where_the_code_has_it(quote, places):
    assert find_quote(quote, CODE) == places
