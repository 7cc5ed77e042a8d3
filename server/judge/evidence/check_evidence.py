"""From the outcomes of checks to evidence."""

from collections.abc import Sequence

from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.sandbox import CheckResult, Status

_FAULTS = {
    Status.FAILED: (Severity.MAJOR, FaultKind.WRONG_RESULT),
    Status.RAISED: (Severity.MAJOR, FaultKind.EXCEPTION),
    Status.TIMEOUT: (Severity.MAJOR, FaultKind.TIMEOUT),
    Status.CRASHED: (Severity.FATAL, FaultKind.CRASH),
}
_PASSED_STATUSES = (Status.PASSED, Status.SELF_REPORTED)
_MAX_FAULTS = 10


def to_evidence(kind: EvidenceKind, results: Sequence[CheckResult], set_aside: int = 0) -> Evidence:
    """Return what the results say together: one failure refutes, and silence says nothing.

    What the candidate reports of itself supports nothing alone, nor does it stand in the way.
    """
    passed = sum(result.status is Status.PASSED for result in results)
    faults = dict.fromkeys(_to_fault(result) for result in results if result.status in _FAULTS)
    run = sum(result.status is not Status.INCONCLUSIVE for result in results)
    if faults:
        finding = Finding.REFUTES
    elif passed and all(result.status in _PASSED_STATUSES for result in results):
        finding = Finding.SUPPORTS
    else:
        finding = Finding.NOTHING
    notes = dict.fromkeys(
        result.message
        for result in results
        if result.status in (Status.INCONCLUSIVE, Status.SELF_REPORTED)
    )
    return Evidence(
        kind,
        finding,
        passed,
        run,
        set_aside,
        tuple(faults)[:_MAX_FAULTS],
        tuple(notes)[:3],
        unfinished=len(results) - run,
    )


def _to_fault(result: CheckResult) -> Fault:
    severity, kind = _FAULTS[result.status]
    line = result.candidate_line
    return Fault(Range(line, line) if line else None, severity, kind, result.message)
