import pytest
from lsprotocol import types

from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict
from stepcheck.lsp.lean.hover_text import hidden_summary, render_report, shorten_goal
from stepcheck.use_cases.checked_suggestions import SuggestionReport
from stepcheck.use_cases.note import Note

MARKDOWN, PLAIN = types.MarkupKind.Markdown, types.MarkupKind.PlainText


def ranked(step: str, verdict: StepVerdict, *goals: str) -> RankedStep:
    return RankedStep(CheckedStep(step, verdict, goals), score=-0.5)


@pytest.mark.parametrize("kind", [MARKDOWN, PLAIN])
def test_only_what_lean_accepted_is_shown_and_the_rest_is_counted(kind):
    steps = tuple(ranked(f"step_{verdict.value}", verdict, "⊢ p") for verdict in StepVerdict)
    report = SuggestionReport(goals=("⊢ q",), steps=steps)
    text = render_report(report, kind).value
    shown = {verdict for verdict in StepVerdict if f"step_{verdict.value}" in text}
    assert shown == {StepVerdict.PROVED, StepVerdict.PROGRESS}
    summary = "5 hidden: 1 no progress, 1 rejected, 1 unsound, 1 timeout, 1 unknown"
    assert summary in text
    assert hidden_summary(report) == summary


@pytest.mark.parametrize("verdict", [StepVerdict.PROVED, StepVerdict.PROGRESS])
def test_what_a_closed_goal_leaves_of_the_declaration_is_told(verdict):
    remark = "closes this goal; the declaration still has 1 open place"
    step = RankedStep(CheckedStep("omega", verdict, message=f"{remark}\nmore"), score=-0.5)
    text = render_report(SuggestionReport(goals=("⊢ p",), steps=(step,)), PLAIN).value
    assert remark in text
    assert "0 goals" not in text
    assert "more" not in text.replace("1 more", "")


@pytest.mark.parametrize("kind", [MARKDOWN, PLAIN])
def test_without_a_shown_step_the_goal_is_shown(kind):
    steps = (ranked("nope", StepVerdict.UNKNOWN),)
    text = render_report(SuggestionReport(goals=("h : p\n⊢ q",), steps=steps), kind).value
    assert "No suggestion passed the check." in text
    assert "⊢ q" in text
    assert "nope" not in text


@pytest.mark.parametrize("kind", [MARKDOWN, PLAIN])
def test_a_note_is_told_with_its_remedy(kind):
    report = SuggestionReport(notes=(Note("No [server](x).", "Start `it`."),))
    text = render_report(report, kind).value
    assert "[server](x)" not in text or kind is PLAIN
    assert "server" in text
    assert "Start" in text


def test_plain_text_has_no_markup():
    report = SuggestionReport(steps=(ranked("a\nb", StepVerdict.PROGRESS, "⊢ p", "⊢ q", "⊢ r"),))
    contents = render_report(report, PLAIN)
    assert contents.kind is PLAIN
    assert contents.value == (
        "→ 3 goals left (score -0.50)\n  a\n  b\n      ⊢ p\n      ⊢ q\nand 1 more goal"
    )


def test_a_report_of_nothing_is_empty():
    assert render_report(SuggestionReport(), MARKDOWN).value == ""


def test_of_a_long_goal_the_target_and_what_is_near_it_stay():
    goal = "\n".join([*(f"h{number} : p {number}" for number in range(40)), "⊢ q"])
    lines = shorten_goal(goal, max_lines=8).split("\n")
    assert lines == [
        "… 34 more lines",
        *(f"h{number} : p {number}" for number in range(34, 40)),
        "⊢ q",
    ]


def test_of_a_long_target_the_beginning_stays():
    goal = "h : p\n⊢ a\n" + "\n".join(f"  + {number}" for number in range(40))
    lines = shorten_goal(goal, max_lines=6).split("\n")
    assert len(lines) <= 6
    assert "⊢ a" in lines
    assert lines[-1] == "…"


def test_a_short_goal_is_left_alone_and_a_long_line_is_cut():
    assert shorten_goal("h : p\n⊢ q") == "h : p\n⊢ q"
    assert len(shorten_goal("⊢ " + "x" * 5000)) == 160
