"""What a hover, and the code lens above a function, say of the judgement of its edit."""

from collections.abc import Iterable
from enum import StrEnum

from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.markup import PlainTextMarkup, format_count
from stepcheck.use_cases.code_edits import (
    EditedFunction,
    EditReport,
    EvidenceKind,
    Finding,
    FoundEvidence,
    FoundFault,
    Verdict,
)

MAX_FAULTS = 5
MAX_REASON_CHARACTERS = 80

_MARKS = {Verdict.CORRECT: "✓", Verdict.INCORRECT: "✗", Verdict.UNKNOWN: "?"}


def lens_title(function: EditedFunction) -> str:
    """Return the verdict on one line: `edit: correct 0.93 · 14 checks`."""
    if function.verdict is Verdict.UNKNOWN:
        return f"edit: unknown · {_shorten(reason_for_unknown(function))}"
    title = f"edit: {function.verdict.value} {_format_confidence(function)}"
    if function.verdict is Verdict.CORRECT:
        return f"{title} · {format_count(_count_checks(function.evidence), 'check')}"
    messages = [fault.message for fault in function.faults]
    return f"{title} · {_shorten(messages[0])}" if messages else title


def reason_for_unknown(function: EditedFunction) -> str:
    """Return why the verdict on a function is unknown."""
    faults = dict.fromkeys(fault.message for fault in function.faults)
    return "; ".join([*faults, function.reason or "nothing decided it"])


def add_function(markup: PlainTextMarkup, function: EditedFunction) -> None:
    """Add the verdict on a function and its evidence."""
    label = f"{_MARKS[function.verdict]} {function.verdict.value}"
    if function.verdict is not Verdict.UNKNOWN:
        label += f" {_format_confidence(function)}"
    markup.add_heading(label, f"edit of {function.name}")
    for fault in function.faults[:MAX_FAULTS]:
        markup.add_item(_describe_lines(fault), fault.message)
    if len(function.faults) > MAX_FAULTS:
        markup.add_remark(f"and {format_count(len(function.faults) - MAX_FAULTS, 'more fault')}")
    for evidence in function.evidence:
        _add_evidence(markup, evidence)


def add_report(markup: PlainTextMarkup, report: EditReport, names: Iterable[str]) -> None:
    """Add the verdicts on the named functions, and what kept functions from being judged."""
    included = set(names)
    for function in report.functions:
        if function.name in included:
            add_function(markup, function)
    for note in report.notes:
        markup.add_note(note.problem, note.remedy)


def _describe_lines(fault: FoundFault) -> str:
    if fault.range is None:
        return f"{_spell_out(fault.kind)}:"
    first, last = fault.range.first_line, fault.range.last_line
    return f"line {first}:" if first == last else f"lines {first}–{last}:"


def _add_evidence(markup: PlainTextMarkup, evidence: FoundEvidence) -> None:
    kind = _spell_out(evidence.kind)
    if evidence.run:
        outcome = "inputs as before" if evidence.kind is EvidenceKind.CHANGE else "passed"
        markup.add_item(f"{kind}: {evidence.passed} of {evidence.run} {outcome}")
    elif evidence.finding is not Finding.NOTHING:
        markup.add_item(f"{kind}: {evidence.finding.value}")
    if evidence.set_aside:
        markup.add_item(f"{kind}: {format_count(evidence.set_aside, 'example')} set aside")
    for note in evidence.notes:
        markup.add_item(f"{kind}:", note)


def _spell_out(name: StrEnum) -> str:
    return name.value.replace("_", " ")


def _format_confidence(function: EditedFunction) -> str:
    # Never 1.00, which would promise certainty.
    return f"{min(function.confidence, 0.99):.2f}"


def _count_checks(evidence: Iterable[FoundEvidence]) -> int:
    return sum(each.run for each in evidence if each.kind.is_check)


def _shorten(text: str) -> str:
    return markdown.one_line(text, MAX_REASON_CHARACTERS)
