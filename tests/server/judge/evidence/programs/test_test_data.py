import json

import pytest

from stepcheck.server.judge.evidence.programs.test_data import read_test_data


@pytest.mark.parametrize(
    "value",
    [
        {"inputs": ["1 2\n", "3"], "outputs": ["3\n", "3\n"]},
        {"inputs": [["1 2"], ["3"]], "outputs": [["3"], ["3"]]},
        {"input": ["1 2\n", "3"], "output": ["3\n", "3\n"]},
        [["1 2\n", "3\n"], ["3", "3\n"]],
        [{"input": "1 2\n", "output": "3\n"}, {"input": "3", "output": "3\n"}],
        [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "3", "expected_output": "3\n"}],
    ],
)
@pytest.mark.parametrize("write", [json.dumps, repr])
def test_inputs_and_outputs_of_a_program(value, write):
    data = read_test_data(write(value))

    assert [sample.input.strip() for sample in data.samples] == ["1 2", "3"]
    assert [sample.outputs[0].strip() for sample in data.samples] == ["3", "3"]
    assert data.calls == ()


@pytest.mark.parametrize(
    "value",
    [
        {"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]},
        {"fn_name": "add", "inputs": ["1\n2"], "outputs": ["3"]},
        [{"function": "add", "input": [1, 2], "output": 3}],
    ],
)
def test_calls_of_a_function(value):
    data = read_test_data(json.dumps(value))

    assert [(call.arguments, call.result) for call in data.calls] == [((1, 2), 3)]
    assert (data.function, data.samples) == ("add", ())


@pytest.mark.parametrize(
    "text",
    ["", "assert f(1) == 2", "{", "[1, 2]", "{}", '{"inputs": []}', "[[1, 2], 3]", "[" * 10_000],
)
def test_what_is_no_data_is_left_to_others(text):
    assert read_test_data(text) is None
