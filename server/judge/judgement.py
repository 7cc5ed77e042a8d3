"""The judge: from a question to a judgement, by all the evidence there is."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stepcheck.models.chat.interface import ChatModel, Sampling
from stepcheck.server.judge.cache import JudgementCache, make_key
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.decision import conclude
from stepcheck.server.judge.dependencies import describe_dependencies
from stepcheck.server.judge.evidence import examples, project_tests, tests
from stepcheck.server.judge.evidence.doctests import SEPARATOR
from stepcheck.server.judge.evidence.harness import gathering
from stepcheck.server.judge.evidence.programs import gathering as programs
from stepcheck.server.judge.evidence.project_tests import ProjectTests
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES
from stepcheck.server.judge.model import codejudge
from stepcheck.server.judge.model.codejudge import ModelJudge, VotingSettings
from stepcheck.server.judge.model.prompts import describe_task
from stepcheck.server.judge.model.rating import NoChatModelError, Rating, RatingRequest, rate
from stepcheck.server.judge.normalization import normalize
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.static import analysis, type_errors
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, FaultKind, Finding, Judgement
from stepcheck.server.sandbox.libraries import library_place
from stepcheck.server.sandbox.project import ProjectError
from stepcheck.server.sandbox.sandbox import Sandbox, SandboxUnavailableError

LANGUAGES = ("python", *HARNESS_LANGUAGES)
"""The languages for which evidence is gathered."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges code; one serves many threads.

    A verdict of at least `least_confidence` is given, any other withheld. A `chat` model, polled as
    the `voting` settings say, adds its opinion to the facts. A `cache` remembers judgements.
    `project_tests` is how the tests of a question's project are run.
    """

    sandbox: Sandbox
    least_confidence: float = 0.5
    chat: ChatModel | None = None
    voting: VotingSettings = field(default_factory=VotingSettings)
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
        sampling = Sampling(max_tokens=self.voting.max_tokens, seed=0)
        task = describe_task(
            question.intent, question.examples, question.language, question.function
        )
        request = RatingRequest(criterion, task, question.code, question.reference)
        return rate(self.chat, request, sampling, is_cancelled)

    def _key(self, question: Question) -> str | None:
        """Return the cache key of a question; None for a project with too many files."""
        settings = replace(self, cache=None, chat=None)
        dependencies = describe_dependencies(question.project, question.path, question.language)
        if dependencies is None:
            return None
        return make_key(question, settings, self.chat.identity if self.chat else None, dependencies)

    def _judge(self, question: Question, is_cancelled: Callable[[], bool]) -> Judgement:
        if programs.read_question(question) is not None:
            return self._judge_module(question, is_cancelled)
        normal = normalize(question)
        return normal.restore(self._judge_module(normal.question, is_cancelled))

    def _judge_module(self, question: Question, is_cancelled: Callable[[], bool]) -> Judgement:
        gathered = self._gather(question, is_cancelled)
        judgement = conclude(gathered, self.least_confidence)
        if self.chat is None:
            return judgement
        sandbox = self.sandbox
        with contextlib.suppress(ProjectError):  # The evidence says so already.
            sandbox = place_in_project(sandbox, question)
        model = ModelJudge(self.chat, self.voting)
        opinion = codejudge.examine(question, gathered, model, sandbox, is_cancelled)
        return codejudge.apply_opinion(judgement, opinion, self.least_confidence)

    def _gather(self, question: Question, is_cancelled: Callable[[], bool]) -> list[Evidence]:
        if question.language not in LANGUAGES:
            note = f"nothing is run for {question.language or 'an unnamed language'} yet"
            return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]
        if question.language in HARNESS_LANGUAGES:
            return _run_through_harness(question, self.sandbox, is_cancelled)
        program = programs.read_question(question)
        # What a program defines is its own affair.
        reference = None if program else question.reference
        seen = analysis.examine(question.code, question.before, question.function, reference)
        gathered = [seen]
        if question.function is not None and question.before is not None and not _refutes(seen):
            gathered.append(type_errors.examine(question.code, question.before, question.function))
        if not any(fault.kind is FaultKind.SYNTAX for fault in seen.faults):
            sandbox = self.sandbox
            try:
                sandbox = place_in_project(sandbox, question)
            except ProjectError as error:
                gathered.append(_note(f"run outside the project: {error}"))
            if program is not None:
                gathered += _run_program(question, program, sandbox, is_cancelled)
            called = program.of_functions(question) if program else question
            if called is not None:
                gathered += _run(called, sandbox, self.project_tests, is_cancelled)
        return gathered


def place_in_project(sandbox: Sandbox, question: Question) -> Sandbox:
    """Return the sandbox that sees the question's project, or else the libraries it imports.

    Raises `ProjectError`.
    """
    if question.project is None:
        texts = (question.code, question.reference or "", question.before or "", question.tests)
        with contextlib.suppress(OSError):
            return replace(sandbox, place=library_place(texts))
        return sandbox
    return replace(sandbox, place=question.project.place(question.path, question.code))


def _note(text: str) -> Evidence:
    return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(text,), unfinished=1)


def _run(
    question: Question,
    sandbox: Sandbox,
    project_runner: ProjectTests,
    is_cancelled: Callable[[], bool],
) -> list[Evidence]:
    # Hypothesis takes long to import, which a server should not wait for when it starts.
    from stepcheck.server.judge.evidence import change_differential, differential

    gathered: list[Evidence] = []
    documented = (
        examples.docstring_of(question.before, question.function) if question.before else ""
    )
    text = SEPARATOR.join((f"{question.examples}\n\n", f"{question.intent}\n\n", documented))
    found = examples.find(question.code, text, question.function)
    try:
        gathered.append(examples.examine(question, found, sandbox, is_cancelled))
        if question.reference is not None and not _refutes(gathered[-1]):
            gathered.append(differential.examine(question, found, sandbox, is_cancelled))
        if question.before is not None and question.before != question.code:
            gathered.append(change_differential.examine(question, found, sandbox, is_cancelled))
        if question.tests.strip():
            gathered.append(tests.examine(question, sandbox, is_cancelled))
        is_placed = sandbox.place and question.path
        if is_placed and question.before is not None and not any(map(_refutes, gathered)):
            gathered.append(project_tests.examine(question, sandbox, project_runner, is_cancelled))
    except SandboxUnavailableError as error:
        gathered.append(_not_run(error))
    return gathered


def _run_program(
    question: Question,
    program: programs.ProgramQuestion,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> list[Evidence]:
    try:
        return programs.gather(question, program, sandbox, is_cancelled)
    except SandboxUnavailableError as error:
        return [_not_run(error)]


def _run_through_harness(
    question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]
) -> list[Evidence]:
    try:
        return gathering.gather(question, sandbox, is_cancelled)
    except SandboxUnavailableError as error:
        return [_not_run(error)]


def _not_run(error: SandboxUnavailableError) -> Evidence:
    return _note(f"nothing was run: this machine cannot isolate it ({error})")


def _refutes(evidence: Evidence) -> bool:
    return evidence.finding is Finding.REFUTES
