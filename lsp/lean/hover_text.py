"""The text of a hover on a goal: its checked suggestions, as Markdown or as plain text."""

from collections.abc import Sequence

from lsprotocol import types

from stepcheck.lean.proposal import ProposalSource
from stepcheck.lean.verdict import RankedStep, StepVerdict
from stepcheck.lsp.protocol.markup import PlainTextMarkup, format_count, new_markup
from stepcheck.use_cases.checked_suggestions import SuggestionReport

MAX_GOALS = 2
MAX_GOAL_LINES = 8
MAX_LINE_CHARACTERS = 160


def verdict_label(ranked: RankedStep) -> str:
    """Return the mark and the words for a step that is shown, such as `→ 2 goals left`."""
    if ranked.checked.verdict is StepVerdict.PROVED:
        return "✓ proved"
    if not ranked.checked.goals:
        return "→ closes the goal only"
    return f"→ {format_count(len(ranked.checked.goals), 'goal')} left"


def shorten_goal(goal: str, max_lines: int = MAX_GOAL_LINES) -> str:
    """Return the goal in at most `max_lines` lines, with the hypotheses nearest to its target."""
    lines = [_shorten_line(line) for line in goal.strip("\n").split("\n")]
    if len(lines) <= max_lines:
        return "\n".join(lines)
    target = next((at for at, line in enumerate(lines) if line.startswith("⊢")), len(lines) - 1)
    shown_target = lines[target : target + max(1, max_lines - 3)]
    is_cut = target + len(shown_target) < len(lines)
    room = max_lines - len(shown_target) - 1 - is_cut
    kept = lines[max(0, target - room) : target] if room > 0 else []
    hidden = target - len(kept)
    above = [f"… {format_count(hidden, 'more line')}"] if hidden else []
    return "\n".join([*above, *kept, *shown_target, *(["…"] if is_cut else [])])


def _shorten_line(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARACTERS else line[: MAX_LINE_CHARACTERS - 1] + "…"


def hidden_summary(report: SuggestionReport) -> str:
    """Tell how many suggestions are not shown, by verdict; nothing if none is hidden."""
    hidden = report.hidden
    if not hidden:
        return ""
    parts = [f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in hidden.items()]
    return f"{sum(hidden.values())} hidden: {', '.join(parts)}"


def render_report(report: SuggestionReport, kind: types.MarkupKind) -> types.MarkupContent:
    """Write down the shown steps of a report, what became of the others, and the notes."""
    markup = new_markup(kind)
    shown = report.shown
    for ranked in shown:
        _add_step(markup, ranked)
        _add_goals(markup, ranked.checked.goals)
    if not shown and report.steps:
        markup.add_remark("No suggestion passed the check.")
    if not shown:
        _add_goals(markup, report.goals)
    if summary := hidden_summary(report):
        markup.add_remark(summary)
    for note in report.notes:
        markup.add_note(note.problem, note.remedy)
    return types.MarkupContent(kind=kind, value=markup.text)


def _add_step(markup: PlainTextMarkup, ranked: RankedStep) -> None:
    step = ranked.checked.step.strip("\n")
    markup.add_labelled_code(verdict_label(ranked), step, _origin(ranked))
    remark, _, _ = ranked.checked.message.partition("\n")
    if remark and not ranked.checked.goals:
        markup.add_remark(remark)


def _origin(ranked: RankedStep) -> str:
    if ranked.source is ProposalSource.MODEL:
        return f"score {ranked.score:.2f}"
    return f"from {ranked.source}"


def _add_goals(markup: PlainTextMarkup, goals: Sequence[str]) -> None:
    for goal in goals[:MAX_GOALS]:
        markup.add_block(shorten_goal(goal))
    if len(goals) > MAX_GOALS:
        markup.add_remark(f"and {format_count(len(goals) - MAX_GOALS, 'more goal')}")
