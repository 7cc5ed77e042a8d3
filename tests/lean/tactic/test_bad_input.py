"""Whatever the user, the server or the model sends: a clear message, and Lean lives on."""

import json

import pytest

from .conftest import PlayAll
from .scenario import Scenario, Shown

GOAL = "(p q : Prop) (hp : p) (hq : q) : p ∧ q := by"
GOOD = "exact ⟨hp, hq⟩"
LONG_PREFIX = "x" * 100_000

HARMFUL = (
    "\texact ⟨hp, hq⟩",
    "exact\t⟨hp, hq⟩",
    "/-",
    "exact ⟨hp, hq⟩ /- open",
    "end",
    "exact ⟨hp, hq⟩\nend",
    "#eval 1",
    "exact ⟨hp, hq⟩\n#eval IO.println 1",
    "exact ⟨hp, hq⟩\n\ntheorem cheat : False := by",
    "sorry",
    "stop",
    "exact " + "(" * 5000 + "hp",
    "exact " + "(id " * 150 + "⟨hp, hq⟩" + ")" * 150,
    "exact " + "id <| " * 2000 + "⟨hp, hq⟩",
    "x" * 20_000,
    "run_tac do throwError 1",
    "set_option maxHeartbeats 0 in exact ⟨hp, hq⟩",
    "exact ⟨hp, hq⟩)",
    "exact ⟨hp, \u0000hq⟩",
    "",
    "   \n ",
    "-- exact ⟨hp, hq⟩",
    "exact hp\u202e",
)


def body(status: int, content: object) -> bytes:
    return json.dumps({"status": status, "body": content}).encode()


ERROR = {"error": "overloaded", "message": "Too busy.", "remedy": "Ask later.", "request_id": "r"}

ANSWERS = {
    "server_error": body(500, ERROR),
    "html": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "html_in_body": body(200, "<html>"),
    "half": body(200, {"suggestions": [{"text": GOOD, "score": -1}]})[:-20],
    "empty": b"",
    "wrong_types": body(200, {"suggestions": [{"text": 5, "score": "high"}], "model": None}),
    "not_utf8": b'{"status": 200, "body": "\xff\xfe"}',
    "list": b"[1, 2]",
}

SCENARIOS = [
    Scenario("harmful", f"theorem harmful {GOAL}\n  llmstep?", (*HARMFUL, GOOD)),
    Scenario(
        "quotes", f'example {GOAL}\n  llmstep "exact \\"⟨hp"', ('exact "⟨hp, hq⟩', "exact hp")
    ),
    Scenario(
        "newlines",
        f'example {GOAL}\n  llmstep "constructor\\n· exact hp"',
        ("constructor\n· exact hp\n· exact hq",),
    ),
    Scenario("long_prefix", f'example {GOAL}\n  llmstep "{LONG_PREFIX}"', (GOOD,)),
    Scenario(
        "large_answer",
        f"example {GOAL}\n  llmstep",
        (*(f"exact {number} {'y' * 100_000}" for number in range(20)), GOOD),
    ),
    *(
        Scenario(name, f"example {GOAL}\n  llmstep", response=response)
        for name, response in ANSWERS.items()
    ),
    Scenario(
        "silence",
        f"set_option llmstep.timeout 300 in\nexample {GOAL}\n  llmstep",
        is_silent=True,
    ),
    Scenario(
        "no_folder",
        f'set_option llmstep.spool "/nowhere/at/all" in\nexample {GOAL}\n  llmstep',
        (GOOD,),
    ),
    Scenario(
        "untouched",
        f"theorem untouched {GOAL}\n  first | llmstep | exact ⟨hp, hq⟩",
        ("exact nonsense", "skip"),
    ),
    Scenario("alive", f"theorem alive {GOAL}\n  exact untouched p q hp hq"),
]


@pytest.fixture(scope="module")
def shown(play_all: PlayAll) -> dict[str, Shown]:
    return play_all(SCENARIOS)


def test_harmful_suggestions_are_listed_and_the_good_one_is_shown(shown: dict[str, Shown]) -> None:
    result = shown["harmful"]
    lines = [line for line in result.suggested.split("\n") if "[apply]" in line]
    assert f"[apply] {GOOD}  -- ✓ proved" in result.suggested
    # Deep, but right: whether Lean gets to the bottom of them depends on its stack.
    assert all("id" in line or GOOD in line for line in lines)
    assert result.errors == []
    (listed,) = [text for text in result.texts("information") if "Not accepted" in text]
    assert "#eval" in listed
    assert "`run_tac` is not run" in listed or "runTac" in listed
    assert "nested deeper than 200 brackets" in listed
    assert "longer than 16384 characters" in listed


@pytest.mark.parametrize("text", [text for text in HARMFUL if "id" not in text])
def test_no_harmful_suggestion_is_shown(shown: dict[str, Shown], text: str) -> None:
    offered = [
        line.split("[apply] ")[1].split("  -- ")[0]
        for line in shown["harmful"].suggested.split("\n")
        if "[apply]" in line
    ]
    assert text not in offered


def test_prefix_with_quotes_and_newlines(shown: dict[str, Shown]) -> None:
    (request,) = shown["quotes"].requests
    assert request["prefix"] == 'exact "⟨hp'
    assert shown["quotes"].failure.startswith("llmstep: none of 1 suggestion works here")
    (request,) = shown["newlines"].requests
    assert request["prefix"] == "constructor\n· exact hp"
    assert "✓ proved" in shown["newlines"].suggested


def test_prefix_that_is_too_long_is_not_sent(shown: dict[str, Shown]) -> None:
    assert shown["long_prefix"].requests == ()
    assert shown["long_prefix"].failure == ("llmstep: the prefix is longer than 16384 characters")


def test_large_answer_is_read(shown: dict[str, Shown]) -> None:
    assert f"[apply] {GOOD}  -- ✓ proved" in shown["large_answer"].suggested


@pytest.mark.parametrize("name", list(ANSWERS))
def test_an_answer_that_is_none_is_told_in_one_line(shown: dict[str, Shown], name: str) -> None:
    (error,) = shown[name].errors
    assert error.startswith("llmstep: ")
    assert "\n" not in error
    assert len(error) < 1000


def test_the_servers_own_words_are_passed_on(shown: dict[str, Shown]) -> None:
    assert "Too busy." in shown["server_error"].failure
    assert "Ask later." in shown["server_error"].failure


def test_silence_ends_in_time(shown: dict[str, Shown]) -> None:
    assert "300" in shown["silence"].failure or "0.3" in shown["silence"].failure


def test_who_does_not_answer_is_to_be_started(shown: dict[str, Shown]) -> None:
    failure = shown["no_folder"].failure
    assert "\n" not in failure
    assert "stepcheck bridge /nowhere/at/all" in failure


def test_a_failed_call_leaves_the_proof_as_it_was(shown: dict[str, Shown]) -> None:
    assert shown["untouched"].messages == ()
    assert shown["alive"].messages == ()
