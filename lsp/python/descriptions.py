"""What is said of an edited function: in a hover, in a line above it, at a fault."""

from collections.abc import Iterable
from enum import StrEnum

from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.markup import Page, count
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
        return f"edit: unknown · {_shorten(reason_for_doubt(function))}"
    title = f"edit: {function.verdict.value} {_confidence(function)}"
    if function.verdict is Verdict.CORRECT:
        return f"{title} · {count(_checks(function.evidence), 'check')}"
    messages = [fault.message for fault in function.faults]
    return f"{title} · {_shorten(messages[0])}" if messages else title


def reason_for_doubt(function: EditedFunction) -> str:
    """Say why nothing decided whether a function is right."""
    faults = dict.fromkeys(fault.message for fault in function.faults)
    return "; ".join([*faults, function.reason or "nothing decided it"])


def add_function(page: Page, function: EditedFunction) -> None:
    """Write down the verdict on a function and what it rests on."""
    label = f"{_MARKS[function.verdict]} {function.verdict.value}"
    if function.verdict is not Verdict.UNKNOWN:
        label += f" {_confidence(function)}"
    page.add_heading(label, f"edit of {function.name}")
    for fault in function.faults[:MAX_FAULTS]:
        page.add_item(_place(fault), fault.message)
    if len(function.faults) > MAX_FAULTS:
        page.add_remark(f"and {count(len(function.faults) - MAX_FAULTS, 'more fault')}")
    for evidence in function.evidence:
        _add_evidence(page, evidence)


def add_report(page: Page, report: EditReport, names: Iterable[str]) -> None:
    """Write down the verdicts on functions, and what kept them from being judged."""
    wanted = set(names)
    for function in report.functions:
        if function.name in wanted:
            add_function(page, function)
    for note in report.notes:
        page.add_note(note.problem, note.remedy)


def _place(fault: FoundFault) -> str:
    if fault.range is None:
        return f"{_words(fault.kind)}:"
    first, last = fault.range.first_line, fault.range.last_line
    return f"line {first}:" if first == last else f"lines {first}–{last}:"


def _add_evidence(page: Page, evidence: FoundEvidence) -> None:
    kind = _words(evidence.kind)
    if evidence.run:
        outcome = "inputs as before" if evidence.kind is EvidenceKind.CHANGE else "passed"
        page.add_item(f"{kind}: {evidence.passed} of {evidence.run} {outcome}")
    elif evidence.finding is not Finding.NOTHING:
        page.add_item(f"{kind}: {evidence.finding.value}")
    if evidence.set_aside:
        page.add_item(f"{kind}: {count(evidence.set_aside, 'example')} set aside")
    for note in evidence.notes:
        page.add_item(f"{kind}:", note)


def _words(name: StrEnum) -> str:
    return name.value.replace("_", " ")


def _confidence(function: EditedFunction) -> str:
    # Never 1.00: nobody is that sure.
    return f"{min(function.confidence, 0.99):.2f}"


def _checks(evidence: Iterable[FoundEvidence]) -> int:
    return sum(each.run for each in evidence if each.kind.is_check)


def _shorten(text: str) -> str:
    return markdown.one_line(text, MAX_REASON_CHARACTERS)
