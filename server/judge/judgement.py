"""From a question to a judgement: gather the evidence there is, and say what it amounts to."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from stepcheck.models.chat.interface import ChatModel, Sampling
from stepcheck.server.judge.cache import JudgementCache, make_key
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.decision import weigh
from stepcheck.server.judge.dependencies import describe_surroundings
from stepcheck.server.judge.evidence import examples, project_tests, tests
from stepcheck.server.judge.evidence.harness import gathering as elsewhere
from stepcheck.server.judge.evidence.project_tests import ProjectTests
from stepcheck.server.judge.languages.python.changes import MODULE, changed_lines
from stepcheck.server.judge.languages.table import LANGUAGES as OTHER_LANGUAGES
from stepcheck.server.judge.model import codejudge
from stepcheck.server.judge.model.codejudge import Deliberation
from stepcheck.server.judge.model.prompts import describe_task
from stepcheck.server.judge.model.rating import NoChatModelError, Rating, rate
from stepcheck.server.judge.static import analysis, type_errors
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, FaultKind, Finding, Judgement
from stepcheck.server.sandbox.project import Project, ProjectError
from stepcheck.server.sandbox.sandbox import Sandbox, SandboxUnavailableError

LANGUAGES = ("python", *OTHER_LANGUAGES)
"""The languages for which evidence is gathered."""


@dataclass(frozen=True, slots=True)
class Question:
    """Code to judge, and what is known about what it should do; code is a whole module.

    `before` is the code as it was, whose signatures must stay; `reference` is a solution known to
    be right. With `function`, a dotted name such as "Stack.push", only that function is judged, or
    the code of that class or of the module (`changes.MODULE`) outside functions. In a `project`,
    the code stands in for the file `path`, or for a new one in its folder.
    """

    code: str
    language: str = "python"
    before: str | None = None
    intent: str = ""
    examples: str = ""
    tests: str = ""
    reference: str | None = None
    function: str | None = None
    project: Project | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges code with the means it is given; one serves many threads.

    A verdict surer than `least_confidence` is given, any other withheld. A `chat` model, asked in
    the way of the `deliberation`, adds its opinion to the facts. A `cache` remembers judgements.
    `project_tests` is how the tests of a question's project are run.
    """

    sandbox: Sandbox
    least_confidence: float = 0.5
    chat: ChatModel | None = None
    deliberation: Deliberation = field(default_factory=Deliberation)
    cache: JudgementCache | None = None
    project_tests: ProjectTests = field(default_factory=ProjectTests)

    def judge(
        self, question: Question, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Judgement:
        """Judge the code; raises `CancelledError`."""
        if self.cache is None:
            return self._judge(question, is_cancelled)
        key = self._key(question)
        found = self.cache.find(key) if key else None
        if found is None:
            found = self._judge(question, is_cancelled)
            if key:
                self.cache.keep(key, found)
        return found

    def rate(
        self,
        question: Question,
        criterion: Criterion | None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Rating | None:
        """Have the chat model rate the code by a preference, if one is named.

        Raises `NoChatModelError`, the model's `ChatError` and `CancelledError`.
        """
        if criterion is None or criterion is Criterion.CORRECTNESS:
            return None
        if self.chat is None:
            raise NoChatModelError(f"Rating {criterion} needs a chat model.")
        sampling = Sampling(max_tokens=self.deliberation.max_tokens, seed=0)
        task = describe_task(
            question.intent, question.examples, question.language, question.function
        )
        return rate(
            self.chat, criterion, task, question.code, question.reference, sampling, is_cancelled
        )

    def _key(self, question: Question) -> str | None:
        """Return what all that decides a judgement amounts to, or None if that is too much."""
        means = replace(self, cache=None, chat=None)
        surroundings = describe_surroundings(question.project, question.path, question.language)
        if surroundings is None:
            return None
        return make_key(question, means, self.chat.identity if self.chat else None, surroundings)

    def _judge(self, question: Question, is_cancelled: Callable[[], bool]) -> Judgement:
        gathered = self._gather(question, is_cancelled)
        judgement = weigh(gathered, self.least_confidence)
        if self.chat is None:
            return judgement
        sandbox = self.sandbox
        with contextlib.suppress(ProjectError):  # The evidence says so already.
            sandbox = place_in_project(sandbox, question)
        opinion = codejudge.examine(
            question, gathered, self.chat, sandbox, self.deliberation, is_cancelled
        )
        return codejudge.heed(judgement, opinion, self.least_confidence)

    def _gather(self, question: Question, is_cancelled: Callable[[], bool]) -> list[Evidence]:
        if question.language not in LANGUAGES:
            note = f"nothing is run for {question.language or 'an unnamed language'} yet"
            return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]
        if question.language in OTHER_LANGUAGES:
            return _run_elsewhere(question, self.sandbox, is_cancelled)
        seen = analysis.examine(
            question.code, question.before, question.function, question.reference
        )
        gathered = [seen]
        if question.function is not None and question.before is not None and not _refutes(seen):
            gathered.append(type_errors.examine(question.code, question.before, question.function))
        if not any(fault.kind is FaultKind.SYNTAX for fault in seen.faults):
            sandbox = self.sandbox
            try:
                sandbox = place_in_project(sandbox, question)
            except ProjectError as error:
                gathered.append(_note(f"run outside the project: {error}"))
            gathered += _run(question, sandbox, self.project_tests, is_cancelled)
        return gathered


def place_in_project(sandbox: Sandbox, question: Question) -> Sandbox:
    """Return the sandbox that sees the question's project, if any; raises `ProjectError`."""
    if question.project is None:
        return sandbox
    return replace(sandbox, place=question.project.place(question.path, question.code))


def _note(text: str) -> Evidence:
    return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(text,), unfinished=1)


def _run(
    question: Question,
    sandbox: Sandbox,
    of_project: ProjectTests,
    is_cancelled: Callable[[], bool],
) -> list[Evidence]:
    # Hypothesis takes long to import, which a server should not wait for when it starts.
    from stepcheck.server.judge.evidence import differential

    gathered: list[Evidence] = []
    documented = (
        examples.docstring_of(question.before, question.function) if question.before else ""
    )
    text = "\n\n".join((question.examples, question.intent, documented))
    found = examples.find(question.code, text, question.function)
    changed = changed_lines(question.before, question.code) if question.before else frozenset()
    try:
        gathered.append(
            examples.examine(
                question.code, found, question.reference, sandbox, is_cancelled, changed
            )
        )
        if question.reference is not None and not _refutes(gathered[-1]):
            gathered.append(
                differential.examine(
                    question.code,
                    found,
                    question.reference,
                    sandbox,
                    is_cancelled,
                    question.function,
                )
            )
        if question.before is not None and question.before != question.code:
            gathered.append(
                differential.compare(
                    question.code,
                    question.before,
                    found,
                    question.tests,
                    sandbox,
                    is_cancelled,
                    question.function,
                )
            )
        if question.tests.strip():
            gathered.append(
                tests.examine(question.code, question.tests, sandbox, is_cancelled, changed)
            )
        is_placed = sandbox.place and question.path
        if is_placed and question.before is not None and not any(map(_refutes, gathered)):
            gathered.append(
                project_tests.examine(
                    question.before,
                    question.code,
                    question.function,
                    sandbox,
                    of_project,
                    is_cancelled,
                )
            )
    except SandboxUnavailableError as error:
        gathered.append(_not_run(error))
    return gathered


def _run_elsewhere(
    question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]
) -> list[Evidence]:
    asked = elsewhere.Asked(
        code=question.code,
        text="\n\n".join((question.examples, question.intent)),
        before=question.before,
        tests=question.tests,
        reference=question.reference,
        function=question.function if question.function != MODULE else None,
    )
    try:
        return elsewhere.gather(question.language, asked, sandbox, is_cancelled)
    except SandboxUnavailableError as error:
        return [_not_run(error)]


def _not_run(error: SandboxUnavailableError) -> Evidence:
    return _note(f"nothing was run: this machine cannot isolate it ({error})")


def _refutes(evidence: Evidence) -> bool:
    return evidence.finding is Finding.REFUTES
