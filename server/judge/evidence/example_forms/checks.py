"""From what was read to checks."""

from stepcheck.server.judge.evidence.doctests import raising
from stepcheck.server.judge.evidence.example_forms.example import Example, Reading
from stepcheck.server.judge.evidence.example_forms.results import Result
from stepcheck.server.sandbox.sandbox import Check


def make_example(source: str, result: Result, reading: Reading = Reading.STRICT) -> Example:
    """Return the example that an expression has that result."""
    return Example(_make_check(source, result), reading.combined(result.reading))


def _make_check(source: str, result: Result) -> Check:
    if result.raises:
        return raising("", source, result.raises)
    if result.tolerance is not None:
        return Check(f"abs({source} - {result.expected}) <= {result.tolerance!r}", "True")
    return Check(source, result.expected)
