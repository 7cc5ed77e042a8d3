"""What a hover says about a goal's suggestions, as Markdown or as plain text."""

from collections.abc import Sequence

from lsprotocol import types

from stepcheck.assistant import Note, SuggestionReport
from stepcheck.lean.verdict import RankedStep, StepVerdict
from stepcheck.lsp import markdown

MAX_STEPS = 8
MAX_GOALS = 2
MAX_GOAL_LINES = 8
MAX_LINE_CHARACTERS = 160


def verdict_label(ranked: RankedStep) -> str:
    """Return the mark and the words for a step that is shown, such as `→ 2 goals left`."""
    if ranked.checked.verdict is StepVerdict.PROVED:
        return "✓ proved"
    return f"→ {_count(len(ranked.checked.goals), 'goal')} left"


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
    above = [f"… {_count(hidden, 'more line')}"] if hidden else []
    return "\n".join([*above, *kept, *shown_target, *(["…"] if is_cut else [])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
    page = _MarkdownPage() if kind is types.MarkupKind.Markdown else _PlainPage()
    shown = report.shown
    for ranked in shown[:MAX_STEPS]:
        page.add_step(ranked)
        page.add_goals(ranked.checked.goals)
    if len(shown) > MAX_STEPS:
        page.add_remark(f"and {_count(len(shown) - MAX_STEPS, 'more step')}")
    if not shown and report.steps:
        page.add_remark("No suggestion passed the check.")
    if not shown:
        page.add_goals(report.goals)
    if summary := hidden_summary(report):
        page.add_remark(summary)
    for note in report.notes:
        page.add_note(note)
    return types.MarkupContent(kind=kind, value=page.text)


class _PlainPage:
    """A page for a client that shows text as it is."""

    _separator = "\n"

    def __init__(self) -> None:
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return self._separator.join(self._parts)

    def add_step(self, ranked: RankedStep) -> None:
        step = markdown.show_invisible(ranked.checked.step)
        self._parts.append(f"{verdict_label(ranked)} (score {ranked.score:.2f})")
        self._parts.append(_indent(step, "  "))

    def add_goals(self, goals: Sequence[str]) -> None:
        for goal in goals[:MAX_GOALS]:
            self._add_goal(markdown.show_invisible(shorten_goal(goal)))
        if len(goals) > MAX_GOALS:
            self.add_remark(f"and {_count(len(goals) - MAX_GOALS, 'more goal')}")

    def add_remark(self, text: str) -> None:
        self._parts.append(text)

    def add_note(self, note: Note) -> None:
        self._parts.append(markdown.show_invisible(f"stepcheck: {note.problem} {note.remedy}"))

    def _add_goal(self, goal: str) -> None:
        self._parts.append(_indent(goal, "      "))


class _MarkdownPage(_PlainPage):
    """A page for a client that renders Markdown; foreign text is always code."""

    _separator = "\n\n"

    def add_step(self, ranked: RankedStep) -> None:
        step = ranked.checked.step.strip("\n")
        score = f"score {ranked.score:.2f}"
        if "\n" in step:
            self._parts.append(f"**{verdict_label(ranked)}** · {score}")
            self._parts.append(markdown.code_block(step))
        else:
            code = markdown.code_span(step)
            self._parts.append(f"**{verdict_label(ranked)}** {code} · {score}")

    def add_remark(self, text: str) -> None:
        self._parts.append(f"*{text}*")

    def add_note(self, note: Note) -> None:
        problem, remedy = markdown.escape(note.problem), markdown.escape(note.remedy)
        self._parts.append(f"stepcheck: {problem} {remedy}".rstrip())

    def _add_goal(self, goal: str) -> None:
        self._parts.append(markdown.code_block(goal))


def _indent(text: str, indentation: str) -> str:
    return "\n".join(indentation + line for line in text.split("\n"))
