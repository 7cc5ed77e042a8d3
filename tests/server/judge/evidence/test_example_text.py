import pytest

from stepcheck.server.judge.evidence.example_text import find_examples

ONE = {"f": ["x"]}
TWO = {"f": ["numbers", "k"]}


def pairs(text, functions=ONE):
    return [(check.source.strip(), check.expected) for check in find_examples(text, functions)]


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


def test_a_session_may_expect_an_exception():
    [check] = find_examples(
        ">>> f(1)\nTraceback (most recent call last):\n    ...\nValueError: no\n", ONE
    )

    assert check.expected is None
    assert "except ValueError" in check.source


@pytest.mark.parametrize(
    "text",
    ["", "f", "f(", "f(x) is a function", "f([1) => 2\n>>> f(\n1", 'f("a") == ""b"', "f(" * 999],
)
def test_nothing_is_made_up(text):
    assert pairs(text) == []
