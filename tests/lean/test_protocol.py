"""What the resident checker prints, read once."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.protocol import (
    CandidateAnswer,
    DoneAnswer,
    ErrorAnswer,
    MessageSeverity,
    OpenAnswer,
    ProtocolError,
    ReadyAnswer,
    check_request,
    open_request,
    parse_answer,
)
from stepcheck.lean.verdict import StepVerdict


def parsed(line: str) -> object:
    numbered = parse_answer(line)
    assert numbered is not None
    return numbered.answer


def test_every_kind_of_answer_is_known() -> None:
    assert isinstance(parsed('{"ready":true,"protocol":1,"lean":"4.28.0"}'), ReadyAnswer)
    assert isinstance(parsed('{"id":2,"done":true,"cancelled":true}'), DoneAnswer)
    assert isinstance(parsed('{"id":2,"error":{"kind":"no_goal","message":""}}'), ErrorAnswer)
    opened = parsed(
        '{"id":1,"goals":["⊢ p"],'
        '"messages":[{"severity":"strange","line":1,"column":0,"text":"t"}]}'
    )
    assert isinstance(opened, OpenAnswer)
    assert opened.messages[0].to_message().severity is MessageSeverity.INFORMATION
    answer = parsed('{"id":2,"index":0,"verdict":"proved","microseconds":1500}')
    assert isinstance(answer, CandidateAnswer)
    assert answer.to_step("simp").verdict is StepVerdict.PROVED
    assert answer.to_step("simp").milliseconds == 1.5


def test_what_is_no_json_object_is_no_answer() -> None:
    for line in ("", "[DEBUG:x] started", "1", "null", '["id"]', "{", "[" * 100_000):
        assert parse_answer(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"ready":"perhaps"}',
        '{"id":"one","done":true}',
        '{"id":1,"index":0,"verdict":"excellent"}',
        '{"id":1,"index":0,"verdict":"proved","goals":"none"}',
        '{"id":1,"error":"broken"}',
    ],
)
def test_an_object_that_is_no_answer_is_an_error(line: str) -> None:
    with pytest.raises(ProtocolError):
        parse_answer(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["id", "ready", "done", "error", "verdict", "goals", "index", "x"]),
            inner,
        )
    ),
)


@given(JSON)
def test_no_line_breaks_the_reader(value: object) -> None:
    with contextlib.suppress(ProtocolError):
        parse_answer(json.dumps(value))


@given(st.text(), st.text())
def test_a_request_is_one_line_of_ascii_whatever_it_carries(before: str, after: str) -> None:
    for request in (
        open_request(1, before, after, 1),
        check_request(1, [before, after], CheckLimits(), 1),
    ):
        assert "\n" not in request
        assert request.isascii()
