"""From a question to a judgement: gather the evidence there is, and say what it amounts to."""

from collections.abc import Callable
from dataclasses import dataclass

from stepcheck.server.judge.evidence import differential, examples, static, tests
from stepcheck.server.judge.evidence.sandbox import Sandbox, SandboxUnavailableError
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, FaultKind, Finding, Judgement
from stepcheck.server.judge.weighing import weigh

LANGUAGES = ("python",)
"""The languages for which evidence is gathered."""


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
    """Judges code with the means it is given; one serves many threads.

    A verdict surer than `least_confidence` is given, any other withheld.
    """

    sandbox: Sandbox
    least_confidence: float = 0.5

    def judge(
        self, question: Question, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Judgement:
        """Judge the code; raises `CancelledError`."""
        if question.language not in LANGUAGES:
            note = f"nothing is run for {question.language or 'an unnamed language'} yet"
            gathered = [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]
            return weigh(gathered, self.least_confidence)
        seen = static.examine(
            question.code, question.before or question.reference, question.function
        )
        gathered = [seen]
        if not any(fault.kind is FaultKind.SYNTAX for fault in seen.faults):
            gathered += _run(question, self.sandbox, is_cancelled)
        return weigh(gathered, self.least_confidence)


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


def _refutes(evidence: Evidence) -> bool:
    return evidence.finding is Finding.REFUTES
