"""What is said of an edited function: in a hover, in a line above it, at a fault."""

from collections.abc import Iterable

from stepcheck.edits import EditedFunction, EditReport, Finding, FoundEvidence, FoundFault, Verdict
from stepcheck.lsp import markdown
from stepcheck.lsp.pages import Page, count

MAX_FAULTS = 5
MAX_REASON_CHARACTERS = 80

_MARKS = {Verdict.CORRECT: "✓", Verdict.INCORRECT: "✗", Verdict.UNKNOWN: "?"}


def lens_title(function: EditedFunction) -> str:
    """Return the verdict on one line: `edit: correct 0.93 · 14 checks`."""
    if function.verdict is Verdict.UNKNOWN:
        return f"edit: unknown · {_shorten(reason_for_doubt(function))}"
    title = f"edit: {function.verdict.value} {_confidence(function)}"
    if function.verdict is Verdict.CORRECT:
        return f"{title} · {count(_checks(function.evidence), 'check')}"
    messages = [fault.message for fault in function.faults]
    return f"{title} · {_shorten(messages[0])}" if messages else title


def reason_for_doubt(function: EditedFunction) -> str:
    """Say why nothing decided whether a function is right."""
    notes = dict.fromkeys(note for each in function.evidence for note in each.notes)
    faults = dict.fromkeys(fault.message for fault in function.faults)
    return "; ".join([*faults, *notes]) or "nothing decided it"


def add_function(page: Page, function: EditedFunction) -> None:
    """Write down the verdict on a function and what it rests on."""
    label = f"{_MARKS[function.verdict]} {function.verdict.value}"
    if function.verdict is not Verdict.UNKNOWN:
        label += f" {_confidence(function)}"
    page.add_heading(label, f"edit of {function.name}")
    for fault in function.faults[:MAX_FAULTS]:
        page.add_item(describe_fault(fault))
    if len(function.faults) > MAX_FAULTS:
        page.add_remark(f"and {count(len(function.faults) - MAX_FAULTS, 'more fault')}")
    for evidence in function.evidence:
        for line in _evidence_lines(evidence):
            page.add_item(line)


def add_report(page: Page, report: EditReport, names: Iterable[str]) -> None:
    """Write down the verdicts on functions, and what kept them from being judged."""
    wanted = set(names)
    for function in report.functions:
        if function.name in wanted:
            add_function(page, function)
    for note in report.notes:
        page.add_note(note.problem, note.remedy)


def describe_fault(fault: FoundFault) -> str:
    """Return what is wrong, and where."""
    if fault.range is None:
        return fault.message
    first, last = fault.range.first_line, fault.range.last_line
    lines = f"line {first}" if first == last else f"lines {first}–{last}"
    return f"{lines}: {fault.message}"


def _evidence_lines(evidence: FoundEvidence) -> list[str]:
    kind = evidence.kind.value.replace("_", " ")
    lines = []
    if evidence.run:
        lines.append(f"{kind}: {evidence.passed} of {count(evidence.run, 'check')} passed")
    elif evidence.finding is not Finding.NOTHING:
        lines.append(f"{kind}: {evidence.finding.value}")
    if evidence.set_aside:
        lines.append(f"{kind}: {count(evidence.set_aside, 'example')} set aside")
    return lines + [f"{kind}: {note}" for note in evidence.notes]


def _confidence(function: EditedFunction) -> str:
    # Never 1.00: nobody is that sure.
    return f"{min(function.confidence, 0.99):.2f}"


def _checks(evidence: Iterable[FoundEvidence]) -> int:
    return sum(each.run for each in evidence)


def _shorten(text: str) -> str:
    return markdown.one_line(text, MAX_REASON_CHARACTERS)
