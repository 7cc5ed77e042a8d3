import pytest

from stepcheck.server.judge.languages import cpp, go, java
from stepcheck.server.judge.languages.types import UNKNOWN, Sort, can_hold


@pytest.mark.parametrize(
    ("to_type", "written", "held", "not_held"),
    [
        (cpp.to_type, "int", [0, -(2**31)], [2**31, 1.0, True, "1", None]),
        (cpp.to_type, "unsigned long long", [2**64 - 1], [-1]),
        (cpp.to_type, "const std::vector<std::string>", [[], ["a"]], [[1], "a", {}.keys()]),
        (cpp.to_type, "map<string, vector<int>>", [{}, {"a": [1]}], [{1: [1]}, {"a": 1}]),
        (cpp.to_type, "pair<int,double>", [(1, 2.5), [1, 2]], [(1,), (1.5, 1)]),
        (cpp.to_type, "optional<char>", [None, "a"], ["ab"]),
        (cpp.to_type, "boost::any", [None, 1, "a", [1]], []),
        (java.to_type, "List<Integer>", [[1], None, [None]], [["a"]]),
        (java.to_type, "int[][]", [[[1]]], [[1], [[None]]]),
        (java.to_type, "Map<Object, Object>", [{1: "a", "b": 2}], [[1]]),
        (java.to_type, "java.util.Optional<String>", [None, "a"], [1]),
        (java.to_type, "long", [2**62], [2**63, None]),
        (go.to_type, "[]string", [["a"]], [[1], None]),
        (go.to_type, "[2]int", [[1, 2], (1, 2)], [[1]]),
        (go.to_type, "map[string][]int", [{"a": [1]}], [{"a": 1}]),
        (go.to_type, "interface{}", [None, 1, "a"], []),
        (go.to_type, "rune", ["a"], ["ab"]),
    ],
)
def test_a_type_has_its_values_and_no_others(to_type, written, held, not_held):
    declared = to_type(written)

    assert [can_hold(declared, value) for value in held] == [True] * len(held)
    assert [can_hold(declared, value) for value in not_held] == [False] * len(not_held)


@pytest.mark.parametrize("to_type", [cpp.to_type, java.to_type, go.to_type])
@pytest.mark.parametrize("written", ["Node", "Node<", "vector<<>", "", "1 + 1"])
def test_what_is_not_known_is_not_guessed(to_type, written):
    assert can_hold(to_type(written), 1) is None


def test_an_unknown_part_leaves_open_what_the_rest_does_not_decide():
    declared = cpp.to_type("map<string, Node>")

    assert declared.parts[1] is UNKNOWN
    assert can_hold(declared, {"a": 1}) is None
    assert can_hold(declared, {1: 1}) is False


def test_results_of_go_are_tuples():
    [function] = go.Go().functions("func F(a, b int, s ...string) (x int, err error) { return }")

    assert [parameter.name for parameter in function.parameters] == ["a", "b", "s"]
    assert function.result.sort is Sort.TUPLE
    assert [part.sort for part in function.result.parts] == [Sort.INTEGER, Sort.ANY]
