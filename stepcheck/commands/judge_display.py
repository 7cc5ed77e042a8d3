"""Display of judgements in a terminal, for `stepcheck judge`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from stepcheck.server.judge.edits import JudgedFunction
from stepcheck.server.judge.languages.change import ChangeKind
from stepcheck.server.judge.verdict import EvidenceKind, Fault, Judgement, Verdict

_STYLE = {Verdict.CORRECT: "green", Verdict.INCORRECT: "red", Verdict.UNKNOWN: "yellow"}
_MARK = {Verdict.CORRECT: "✓", Verdict.INCORRECT: "✗", Verdict.UNKNOWN: "?"}
_MOST_FAULTS = 5


_AS_BEFORE = "as before"


def show_judgement(file: Path, judgement: Judgement, output: Console) -> None:
    """Show the judgement of a file as a whole."""
    output.print(
        Text(judgement.verdict, _STYLE[judgement.verdict]), _describe_confidence(judgement)
    )
    for fault in judgement.faults:
        _print(output, _describe_fault(file, fault))
    for evidence in judgement.evidence:
        if evidence.run and evidence.kind is not EvidenceKind.MODEL:
            aside = f", {evidence.set_aside} set aside" if evidence.set_aside else ""
            how = _AS_BEFORE if evidence.kind is EvidenceKind.CHANGE else "passed"
            output.print(f"{evidence.kind}: {evidence.passed} of {evidence.run} {how}{aside}")
        for note in evidence.notes:
            _print(output, f"{evidence.kind}: {note}")


def show_function(file: Path, judged: JudgedFunction, output: Console) -> None:
    """Show the judgement of a function, its faults and what it rests on."""
    judgement = judged.judgement
    style = _STYLE[judgement.verdict]
    line = Text.assemble(
        (f"{_MARK[judgement.verdict]} {judged.name}", style),
        f" {_describe_change(judged)}",
        (f"{judgement.verdict} ", style),
        _describe_confidence(judgement),
        _describe_checks(judgement),
    )
    output.print(line, soft_wrap=True)
    for fault in judgement.faults[:_MOST_FAULTS]:
        placed = replace(fault, range=fault.range or judged.range)
        _print(output, f"    {_describe_fault(file, placed)}")
    if len(judgement.faults) > _MOST_FAULTS:
        _print(output, f"    and {len(judgement.faults) - _MOST_FAULTS} more")
    if summary := describe_evidence(judgement):
        _print(output, f"    {summary}")


def show_summary(judged: Sequence[JudgedFunction], skipped: int, output: Console) -> None:
    """Show in one line how many functions got which verdict."""
    if not judged:
        output.print("Nothing to judge: no function changed.")
        return
    counts = Counter(each.judgement.verdict for each in judged)
    parts = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]]
    ending = f"; {skipped} {'file' if skipped == 1 else 'files'} skipped" if skipped else ""
    output.print(f"{len(judged)} changed: {', '.join(parts)}{ending}.")


def count_checks(judgement: Judgement) -> int:
    """Return how many checks came to a result."""
    return sum(evidence.run for evidence in judgement.evidence if evidence.kind.is_check)


def describe_evidence(judgement: Judgement) -> str:
    """Return what the judgement rests on, in a line."""
    counted = [
        f"{_AS_BEFORE if each.kind is EvidenceKind.CHANGE else each.kind} {each.passed}/{each.run}"
        for each in judgement.evidence
        if each.run and each.kind is not EvidenceKind.MODEL
    ]
    if judgement.verdict is Verdict.UNKNOWN:
        return "; ".join(counted)  # Its reason has told the rest.
    notes = dict.fromkeys(note for each in judgement.evidence for note in each.notes)
    return "; ".join((*counted, *notes))


def _describe_checks(judgement: Judgement) -> str:
    checks = count_checks(judgement)
    return f" · {checks} {'check' if checks == 1 else 'checks'}" if checks else ""


def _describe_confidence(judgement: Judgement) -> str:
    if judgement.verdict is Verdict.UNKNOWN:
        return f"({judgement.reason})"
    on_little = f": {judgement.reason}" if judgement.reason else ""
    return f"(confidence {judgement.confidence:.2f}{on_little})"


def _describe_change(judged: JudgedFunction) -> str:
    lines = judged.range
    if lines is None:
        return "(deleted) "
    place = f"{lines.first_line}-{lines.last_line}"
    match judged.change:
        case ChangeKind.ADDED:
            return f"(new, {place}) "
        case ChangeKind.RENAMED:
            return f"(was {judged.was}, {place}) "
    return f"({place}) "


def _describe_fault(file: Path, fault: Fault) -> str:
    place = f"{file}:{fault.range.first_line}" if fault.range else f"{file}"
    return f"{place}: {fault.kind.replace('_', ' ')} ({fault.severity}): {fault.message}"


def _print(output: Console, line: str) -> None:
    # As Text, because a message may hold what rich takes for markup.
    output.print(Text(line), soft_wrap=True)
