"""Differences from a reference on few of the inputs tried, that the task may rule out."""

from dataclasses import replace

from stepcheck.server.judge.verdict import Evidence, Finding, Severity

INPUTS = 60
"""How many inputs are tried."""

_RARE = 0.2
"""Below this share of differences, those on the border decide nothing; set by hand."""


def is_common(differences: int, inputs: int) -> bool:
    """Tell whether so many differences refute, whatever else is known of the inputs."""
    return differences > 0 and differences >= _RARE * inputs


def discount_rare_differences(evidence: Evidence) -> Evidence:
    """Do not refute where the two differ rarely, on inputs that the task may rule out."""
    differences = evidence.run - evidence.passed
    if evidence.finding is not Finding.REFUTES or is_common(differences, evidence.run):
        return evidence
    return replace(
        evidence,
        finding=Finding.NOTHING,
        faults=tuple(replace(fault, severity=Severity.SMALL) for fault in evidence.faults),
        notes=("differs from the reference rarely, on inputs that may not be allowed",),
    )
