import json

import pytest

from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.languages.types import ANY, UNKNOWN, Sort, Type

INTEGER = Type(Sort.INTEGER)
TEXT = Type(Sort.TEXT)


def said(value):
    return wire.decode(json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (5, 5),
        (2.0, 2),
        (0.1 + 0.2, 0.3),
        ({"single": 0.33000004}, 0.33),
        ({"float": "inf"}, float("inf")),
        ({"integer": "100000000000000000000"}, 10**20),
        ([1, [2]], (1, [2])),
        ({"map": [["a", 1], [2, [3]]]}, {2: [3], "a": 1}),
        ({"map": [["2", 1]]}, {2: 1}),
        ({"set": [3, 1]}, wire.read_literal("{1, 3}")),
        ([3, 1], wire.read_literal("{1, 3}")),
        (None, None),
    ],
)
def test_results_are_compared_as_values(result, wanted):
    assert wire.matches(said(result), wanted, ANY) is True


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (5, 6),
        (True, 1),
        (1, True),
        ("1", 1),
        ([1], [1, 2]),
        ({"map": [["a", 1]]}, {"a": 2}),
        ({"map": [["a", 1]]}, {"b": 1}),
        (None, 0),
        (0, None),
        ([1, 2], [2, 1]),
        ({"float": "nan"}, 1.0),
    ],
)
def test_other_values_do_not_match(result, wanted):
    assert wire.matches(said(result), wanted, ANY) is False


def test_what_a_declared_type_cannot_say_decides_nothing():
    assert wire.matches("", None, TEXT) is None
    assert wire.matches("False", False, TEXT) is None
    assert wire.matches([["a"], "True"], (["a"], True), UNKNOWN) is None
    assert wire.matches([1, ""], [2, None], Type(Sort.TUPLE, (INTEGER, TEXT))) is False
    assert wire.matches(97, "a", INTEGER) is True
    assert wire.matches(1, True, INTEGER) is True


@pytest.mark.parametrize("text", ["f", "[f]", "1 +", "__import__('os')", "{**a}", "'a' * 9"])
def test_only_plain_values_are_read(text):
    with pytest.raises(wire.UnrepresentableError):
        wire.read_literal(text)


@pytest.mark.parametrize("value", [float("nan"), "\ud800", object(), [float("inf")]])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(wire.UnrepresentableError):
        wire.encode([value], with_sets=False)


@pytest.mark.parametrize("answer", [{"map": 1}, {"map": [[1]]}, {"x": 1}, {"integer": "1e9"}])
def test_what_no_harness_says_is_no_value(answer):
    with pytest.raises(wire.UnrepresentableError):
        said(answer)


def test_arguments_are_one_line():
    line = wire.encode(["a\nb", (1, {2: None}), wire.read_literal("{1}")], with_sets=True)

    assert "\n" not in line
    assert json.loads(line) == ["a\nb", [1, {"map": [[2, None]]}], {"set": [1]}]
