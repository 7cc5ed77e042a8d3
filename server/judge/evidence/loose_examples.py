"""What failures of examples weigh that may have been misread.

Where nothing else confirms them, such examples are a guess about what a text means. So they speak
against code only together, and never against examples that were read strictly.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.sandbox.sandbox import Check, CheckResult, Status

_LEAST_FAILURES = 2
_GONE_WELL = (Status.PASSED, Status.SELF_REPORTED, Status.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The checks that count, with their results, and notes about those that do not."""

    checks: tuple[Check, ...]
    results: tuple[CheckResult, ...]
    notes: tuple[str, ...] = ()


def weigh(
    checks: Sequence[Check], results: Sequence[CheckResult], loose: Collection[Check]
) -> Weighed:
    """Return what counts of the results of checks of which some are read loosely.

    Where strict ones pass and none fails, failures of loose ones are set aside. Where all are
    loose, several failures refute if no more of them pass; else the failures decide nothing.
    """
    pairs = list(zip(checks, results, strict=True))
    failed = [check for check, result in pairs if result.status not in _GONE_WELL]
    passed = [check for check, result in pairs if result.status is Status.PASSED]
    doubtful = [check for check in failed if check in loose]
    if not doubtful or len(doubtful) < len(failed):
        return Weighed(tuple(checks), tuple(results))
    if any(check not in loose for check in passed):
        kept = [(check, result) for check, result in pairs if check not in doubtful]
        notes = tuple(
            f"read loosely, and set aside: {result.message}"
            for check, result in pairs
            if check in doubtful
        )
        return Weighed(
            tuple(check for check, _ in kept), tuple(result for _, result in kept), notes[:1]
        )
    if len(doubtful) >= max(_LEAST_FAILURES, len(passed)):
        return Weighed(tuple(checks), tuple(results))
    return Weighed(
        tuple(checks),
        tuple(_doubt(result) if check in doubtful else result for check, result in pairs),
    )


def _doubt(result: CheckResult) -> CheckResult:
    message = f"{result.message}, but the example may have been misread"
    return replace(result, status=Status.INCONCLUSIVE, message=message)
