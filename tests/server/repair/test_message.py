import pytest

from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding, Judgement, Verdict
from stepcheck.server.repair.message import describe

PASSED = Judgement(
    Verdict.CORRECT,
    0.9,
    0.9,
    (),
    (
        Evidence(EvidenceKind.STATIC, Finding.NOTHING),
        Evidence(EvidenceKind.EXAMPLES, Finding.SUPPORTS, 3, 3),
        Evidence(EvidenceKind.TESTS, Finding.SUPPORTS, 1, 1),
    ),
)
CHECKED = "(passes 3 examples and 1 test; nothing else was checked)"
LONG = "value = " + " + ".join(f"number_{n}" for n in range(30))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a\nb < c\n", "a\nb <= c\n", "line 2: `b < c` becomes `b <= c`"),
        ("a\n", "a\nb\n", "after line 1: insert `b`"),
        ("a\nb\nc\n", "a\n", "lines 2 to 3: remove `b c`"),
        ("a\nb\n", "a\n  b\n", "line 2: indent otherwise"),
    ],
)
def test_a_message_says_what_changes_and_what_was_checked(before, after, shown):
    assert describe(before, after, PASSED) == f"{shown} {CHECKED}"


def test_a_long_line_is_shown_where_it_changes():
    message = describe(LONG, LONG.replace("number_29", "number_0"), PASSED)

    assert "number_29` becomes" in message
    assert len(message) < 300
