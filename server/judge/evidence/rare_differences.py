"""Differences from a reference that show on few of the inputs tried: they decide nothing."""

from dataclasses import replace

from stepcheck.server.judge.verdict import Evidence, Finding, Severity

INPUTS = 60
"""How many inputs are tried."""

_RARE = 0.2
"""Below this share of differences, nothing is decided; set by hand."""


def discount_rare_differences(evidence: Evidence) -> Evidence:
    """Do not refute where the two differ rarely, on inputs that the task may rule out."""
    differences = evidence.run - evidence.passed
    if evidence.finding is not Finding.REFUTES or differences >= _RARE * evidence.run:
        return evidence
    return replace(
        evidence,
        finding=Finding.NOTHING,
        faults=tuple(replace(fault, severity=Severity.SMALL) for fault in evidence.faults),
        notes=("differs from the reference rarely, on inputs that may not be allowed",),
    )
