"""What the judge says."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether the code does what is wanted; `UNKNOWN` where nothing decided it."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a fault weighs (the four degrees of CodeJudge, arXiv:2410.02184)."""

    NEGLIGIBLE = "negligible"
    SMALL = "small"
    MAJOR = "major"
    FATAL = "fatal"


class FaultKind(StrEnum):
    """What sort of fault it is."""

    SYNTAX = "syntax"
    UNDEFINED_NAME = "undefined_name"
    STUB = "stub"
    CHANGED_SIGNATURE = "changed_signature"
    UNREACHABLE = "unreachable"
    MISSING_RETURN = "missing_return"
    SUSPICIOUS = "suspicious"
    TYPE = "type"
    WRONG_RESULT = "wrong_result"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    CRASH = "crash"
    INCONSISTENCY = "inconsistency"
    """What a model found not to do what the task says; no fact."""


class EvidenceKind(StrEnum):
    """Where evidence comes from; `CHANGE` is the code as it was, which proves nothing."""

    STATIC = "static"
    EXAMPLES = "examples"
    TESTS = "tests"
    DIFFERENTIAL = "differential"
    CHANGE = "change"
    MODEL = "model"
    """A chat model's opinion; its checks are the runs that came to one."""

    @property
    def is_check(self) -> bool:
        """Whether what it ran has a right result, known from elsewhere."""
        return self in (EvidenceKind.EXAMPLES, EvidenceKind.TESTS, EvidenceKind.DIFFERENTIAL)


class Finding(StrEnum):
    """What a piece of evidence says; `NOTHING` where it could not be gathered or does not decide.

    `SUPPORTS` is never a proof: it says that what was tried went well.
    """

    SUPPORTS = "supports"
    REFUTES = "refutes"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Range:
    """Lines of the judged code, counted from 1, both ends included."""

    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the code; `range` is None where no line is to blame."""

    range: Range | None
    severity: Severity
    kind: FaultKind
    message: str


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A call, what it gave, and what was wanted or was so before; all as text."""

    call: str
    got: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Adequacy:
    """How much the inputs tried could show: branches of the code reached, mutants told apart."""

    branches: int
    branches_reached: int
    mutants: int
    mutants_told_apart: int

    @property
    def power(self) -> float:
        """How likely the inputs would show a small fault, between 0 and 1.

        The share of the faults made that they show, by Laplace's rule of succession: a fault in a
        branch that they do not reach is not shown.
        """
        shown = self.branches_reached + self.mutants_told_apart
        return (shown + 1) / (self.branches + self.mutants + 2)

    def __str__(self) -> str:
        return (
            f"{self.branches_reached} of {self.branches} branches reached, "
            f"{self.mutants_told_apart} of {self.mutants} mutants told apart"
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one kind of evidence found: how many checks went well, of how many that were run.

    `unfinished` counts what came to no result, as it may another time.
    """

    kind: EvidenceKind
    finding: Finding
    passed: int = 0
    run: int = 0
    set_aside: int = 0
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    unfinished: int = 0
    counterexamples: tuple[Counterexample, ...] = ()
    adequacy: Adequacy | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with what it rests on.

    `score` orders candidates from wrong (0) to right (1), and where there is a verdict, says how
    likely the code is right. `confidence` is how likely the verdict is right, 0 for `UNKNOWN`,
    whose `reason` is why nothing was decided.
    """

    verdict: Verdict
    score: float
    confidence: float
    faults: tuple[Fault, ...]
    evidence: tuple[Evidence, ...]
    reason: str = ""
