"""From a question to a judgement: gather the evidence there is, and say what it amounts to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence import differential, examples, static, tests
from stepcheck.server.judge.evidence.sandbox import Sandbox, SandboxUnavailableError
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    FaultKind,
    Finding,
    Judgement,
    Severity,
    Verdict,
)

LANGUAGES = ("python",)
"""The languages for which evidence is gathered."""

_CERTAINTY_OF_TESTS = 0.97
_CERTAINTY_OF_FAILED_EXAMPLE = 0.95
_CERTAINTY_OF_FAULTS_SEEN = 0.95
_CERTAINTY_IN_DOUBT = 0.6


@dataclass(frozen=True, slots=True)
class Question:
    """Code to judge, and what is known about what it should do; code is a whole module.

    `before` is the code as it was, whose signatures must stay; `reference` is a solution known to
    be right. With `function`, a dotted name such as "Stack.push", only that function is judged, or
    the code of that class or of the module (`changes.MODULE`) outside functions.
    """

    code: str
    language: str = "python"
    before: str | None = None
    intent: str = ""
    examples: str = ""
    tests: str = ""
    reference: str | None = None
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges code with the means it is given; one serves many threads."""

    sandbox: Sandbox

    def judge(
        self, question: Question, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Judgement:
        """Judge the code; raises `CancelledError`."""
        if question.language not in LANGUAGES:
            note = f"nothing is run for {question.language or 'an unnamed language'} yet"
            return weigh([Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))])
        seen = static.examine(
            question.code, question.before or question.reference, question.function
        )
        gathered = [seen]
        if not any(fault.kind is FaultKind.SYNTAX for fault in seen.faults):
            gathered += _run(question, self.sandbox, is_cancelled)
        return weigh(gathered)


def _run(question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]) -> list[Evidence]:
    gathered: list[Evidence] = []
    documented = (
        examples.docstring_of(question.before, question.function) if question.before else ""
    )
    text = "\n\n".join((question.examples, question.intent, documented))
    found = examples.find(question.code, text, question.function)
    try:
        gathered.append(
            examples.examine(question.code, found, question.reference, sandbox, is_cancelled)
        )
        if question.reference is not None and not _refutes(gathered[-1]):
            gathered.append(
                differential.examine(
                    question.code, found, question.reference, sandbox, is_cancelled
                )
            )
        if question.tests.strip():
            gathered.append(tests.examine(question.code, question.tests, sandbox, is_cancelled))
    except SandboxUnavailableError as error:
        note = f"nothing was run, because this machine cannot confine it ({error})"
        gathered.append(Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,)))
    return gathered


def weigh(gathered: Sequence[Evidence]) -> Judgement:
    """Return what the evidence amounts to.

    One refutation decides. Without any, support decides, the surer the more was run; a fault that
    refutes nothing lowers the confidence. The figures are set by hand.
    """
    against = max((_certainty(evidence) for evidence in gathered if _refutes(evidence)), default=0)
    support = max((_certainty(evidence) for evidence in gathered if _supports(evidence)), default=0)
    if support and any(
        evidence.finding is Finding.NOTHING and evidence.faults for evidence in gathered
    ):
        support = min(support, _CERTAINTY_IN_DOUBT)
    faults = tuple(fault for evidence in gathered for fault in evidence.faults)
    if against:
        verdict, score, confidence = Verdict.INCORRECT, 1 - against, against
    elif support:
        verdict, score, confidence = Verdict.CORRECT, support, support
    else:
        slight = any(fault.severity is not Severity.NEGLIGIBLE for fault in faults)
        verdict, score, confidence = Verdict.UNKNOWN, 0.4 if slight else 0.5, 0.0
    return Judgement(verdict, round(score, 4), round(confidence, 4), faults, tuple(gathered))


def _refutes(evidence: Evidence) -> bool:
    return evidence.finding is Finding.REFUTES


def _supports(evidence: Evidence) -> bool:
    return evidence.finding is Finding.SUPPORTS


def _certainty(evidence: Evidence) -> float:
    match evidence.kind, evidence.finding:
        case EvidenceKind.STATIC, _:
            return _CERTAINTY_OF_FAULTS_SEEN
        case EvidenceKind.TESTS, _:
            return _CERTAINTY_OF_TESTS
        case EvidenceKind.EXAMPLES | EvidenceKind.DIFFERENTIAL, Finding.REFUTES:
            return _CERTAINTY_OF_FAILED_EXAMPLE
    # A candidate that passes n examples may still fail the next (Laplace's rule, from two).
    return (evidence.passed + 2) / (evidence.passed + 4)
