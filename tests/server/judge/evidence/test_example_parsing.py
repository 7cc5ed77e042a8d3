import ast
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.server.judge.evidence.example_forms.example import signatures_of
from stepcheck.server.judge.evidence.example_parsing import find_examples

ONE = "def f(x): ..."
TWO = "def f(numbers, k): ..."


def find(text, code=ONE):
    return [one.check for one in find_examples(text, signatures_of(ast.parse(code)))]


def pairs(text, code=ONE):
    return [(check.source.strip(), check.expected) for check in find(text, code)]


@pytest.mark.parametrize(
    "sentence",
    [
        "f([1, 2]) => 3",
        "f([1, 2]) ==> 3",
        "f([1, 2]) -> 3",
        "f([1, 2]) ➞ 3",
        "f([1, 2]) == 3",
        "f([1, 2]) = 3",
        "f([1, 2]) returns 3",
        "* f([1, 2]) should return 3.",
        "For example, `f([1, 2])` gives 3, because it is so.",
        "f([1, 2]) ->1 + 2 = 3",
        "f([1, 2]) => 3 # a remark",
        "f([1, 2])\nOutput: 3",
        ">>> f([1, 2])\n3",
        ">>> f([1, 2])\n3\nand more prose",
        ">>> f([1, 2]) == 3",
        "It returns 3 for input [1, 2].",
        "returns `3` for the argument [1, 2]",
    ],
)
def test_a_call_and_its_result(sentence):
    assert pairs(sentence) == [("f([1, 2])", "3")]


@pytest.mark.parametrize(
    ("text", "call", "expected"),
    [
        ("numbers = [1, 2], k = 3\nreturn [1]", "f([1, 2], 3)", "[1]"),
        ("Input: numbers = [1, 2], k = 3\nOutput: [1]", "f([1, 2], 3)", "[1]"),
        ("Input: [1, 2], 3\nOutput: [1]", "f([1, 2], 3)", "[1]"),
        ("For numbers = [] and k = 0 the output should be [].", "f([], 0)", "[]"),
    ],
)
def test_named_arguments_and_a_result(text, call, expected):
    assert pairs(text, TWO) == [(call, expected)]


def test_spellings_of_other_languages():
    assert pairs("f(1) => true\nf(null) => false") == [("f(1)", "True"), ("f(None)", "False")]


def test_words_within_a_text_stay():
    assert pairs("f('is it true') => 'null'") == [("f('is it true')", "'null'")]


def test_a_parenthesis_in_a_text_ends_no_call():
    assert pairs('f("(") => False') == [("f('(')", "False")]


def test_a_session_keeps_its_preparation():
    assert pairs(">>> a = [1]\n>>> f(a)\n2") == [("a = [1]\nf(a)", "2")]


def test_a_session_may_go_over_several_lines():
    [(source, expected)] = pairs(">>> f([1,\n...    2])\n3")

    assert (ast.unparse(ast.parse(source)), expected) == ("f([1, 2])", "3")


def test_a_session_goes_on_after_blank_lines_and_results():
    text = ">>> s = Stack()\n>>> s.push(3)\n1\n\nThen\n\n>>> s.pop()\n3\n"

    assert pairs(text) == [
        ("s = Stack()\ns.push(3)", "1"),
        ("s = Stack()\ns.push(3)\ns.pop()", "3"),
    ]


@pytest.mark.parametrize(
    "text", [">>> f(1)  # doctest: +SKIP\n2", ">>> f(1)\n<object at ...>", ">>> f(1)\n<BLANKLINE>"]
)
def test_what_a_session_does_not_settle_is_left_out(text):
    assert pairs(text) == []


@pytest.mark.parametrize(
    "text",
    ["f(-1) raises ValueError", "`f(-1)` should raise a ValueError.", "f(-1) throws ValueError"],
)
def test_prose_may_expect_an_exception(text):
    [check] = find(text)

    assert check.expected is None
    assert "f(-1)\nexcept ValueError" in check.source


def test_a_session_may_expect_an_exception():
    [check] = find(">>> f(1)\nTraceback (most recent call last):\n    ...\nValueError: no\n")

    assert check.expected is None
    assert "except ValueError" in check.source


@pytest.mark.parametrize(
    "text",
    ["", "f", "f(", "f(x) is a function", "f([1) => 2\n>>> f(\n1", 'f("a") == ""b"', "f(" * 999],
)
def test_nothing_is_made_up(text):
    assert pairs(text) == []


PIECES = [
    *(">>> ", "f(", "g(", "1", "[2]", ")", "{", "}", ",", "-", "x", "y", "'", '"', "`", "\\", "\0"),
    *("=>", "=", "==", ":", "returns", "should", "raises", "for input", "Input:", "Output:"),
    *("|", "#", "//", '"abc"', "“", "≈", "and", "assert", "Output:", "an empty list"),
    *("ValueError", "Traceback (most recent call last):", "...", "None", "true", "\n", "\n\n"),
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)


@pytest.mark.parametrize("piece", ["f(", "[", "-", "f(1), ", "assert f(\n", "'\"", "1 -> ", "{a: "])
def test_a_text_that_repeats_itself_is_read_in_time(piece):
    begun = time.monotonic()

    find(piece * 20_000)

    assert time.monotonic() - begun < 30


@given(WORDS | st.text(max_size=300))
def test_any_text_is_read_without_harm_and_nothing_is_made_up(text):
    told = set(re.findall(r"\w+", text))

    for check in find(text, "def f(x): ...\ndef g(x, y): ..."):
        ast.parse(check.source)
        numbers = re.findall(r"\b\d+\b", f"{check.source} {check.expected}")
        assert set(numbers) <= told
