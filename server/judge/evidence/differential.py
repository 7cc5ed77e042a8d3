"""Evidence of a reference: whether the candidate does the same on inputs like the examples'."""

from collections.abc import Callable
from dataclasses import replace

from stepcheck.server.judge.evidence.examples import Examples
from stepcheck.server.judge.evidence.inputs import read_arguments, vary
from stepcheck.server.judge.evidence.run import to_evidence
from stepcheck.server.judge.evidence.sandbox import Check, Sandbox, Status
from stepcheck.server.judge.python_source import parameters, parse
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding, Severity

INPUTS = 60
"""How many inputs are tried."""

_RARE = 0.75
"""From this share of equal results on, a difference decides nothing; set by hand."""


def examine(
    source: str,
    found: Examples,
    reference: str,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Compare with the `reference` on inputs like those of the examples found.

    Inputs on which the reference fails don't count, nor those on which the candidate is slow: they
    may be larger than anybody wants. Raises what `Sandbox.examine` does.
    """
    names = list(parameters(parse(source)))
    calls = [read_arguments(check.source) for check in found.checks]
    read = [call for call in calls if call is not None and call[1]]
    if not read:
        return _nothing("no example shows what the inputs are like")
    name = read[0][0]
    inputs = vary([arguments for called, arguments in read if called == name], INPUTS)
    asked = [
        Check(f"{name}({', '.join(map(repr, arguments))})", any_value=True) for arguments in inputs
    ]
    answers = sandbox.examine(reference, names, asked, is_cancelled).results
    checks = [
        Check(check.source, answer.value)
        for check, answer in zip(asked, answers, strict=True)
        if answer.status is Status.PASSED and answer.value is not None
    ]
    if not checks:
        return _nothing("the reference answers none of the inputs tried")
    results = sandbox.examine(source, names, checks, is_cancelled).results
    in_time = [
        replace(result, status=Status.INCONCLUSIVE) if result.status is Status.TIMEOUT else result
        for result in results
    ]
    return doubt_rarities(to_evidence(EvidenceKind.DIFFERENTIAL, in_time, len(asked) - len(checks)))


def doubt_rarities(evidence: Evidence) -> Evidence:
    """Where the two differ but rarely, the inputs may be what nobody asked about: do not refute."""
    if evidence.finding is not Finding.REFUTES or evidence.passed < _RARE * evidence.run:
        return evidence
    return replace(
        evidence,
        finding=Finding.NOTHING,
        faults=tuple(replace(fault, severity=Severity.SMALL) for fault in evidence.faults),
        notes=("differs from the reference rarely, on inputs that may not be allowed",),
    )


def _nothing(note: str) -> Evidence:
    return Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, notes=(note,))
