"""From wrong code to edits that the judge, with all its evidence, takes for correct."""

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from stepcheck.models.chat.interface import ChatModel
from stepcheck.server.judge.evidence import examples, tests
from stepcheck.server.judge.evidence.doctests import SEPARATOR
from stepcheck.server.judge.judgement import Judge, place_in_project
from stepcheck.server.judge.languages.python.source import SourceError, definitions, parse
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Judgement, Verdict
from stepcheck.server.repair.behaviour import Behaviour, group_by_behaviour, vary_checks
from stepcheck.server.repair.difference import find_edits
from stepcheck.server.repair.message import describe
from stepcheck.server.repair.prior import load_prior
from stepcheck.server.repair.program import TextEdit
from stepcheck.server.repair.proposals import propose
from stepcheck.server.repair.search import InitialProgram, Progress, Search, SearchLimits
from stepcheck.server.repair.syntax import repair_syntax
from stepcheck.server.sandbox.project import ProjectError
from stepcheck.server.sandbox.sandbox import CancelledError, Check, SandboxUnavailableError
from stepcheck.server.sandbox.trials import Trials, TrialsEndedError, open_trials

LANGUAGES = ("python",)
"""The languages that are repaired."""

_MAX_FIXES = 3
_SESSION_SECONDS = 30.0
_BEHAVIOUR_SECONDS = 1.0
_MAX_INITIAL_PROGRAMS = 12
_LEAST_SHARE = 0.02
_SCORE_OF_PROPOSAL = -1.0
_SCORE_OF_UNDONE_EDIT = -3.0
_SHARE_FOR_SYNTAX = 0.4


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of the code after which the judge finds it correct, with what was checked.

    `agreement` is the share, by likelihood, of all edits that pass the checks which do the same
    on inputs like the checks'.
    """

    edits: tuple[TextEdit, ...]
    code: str
    message: str
    judgement: Judgement
    agreement: float

    @property
    def confidence(self) -> float:
        """How likely the fix is right: the judge's confidence, times the agreement."""
        return round(self.judgement.confidence * self.agreement, 4)


@dataclass(frozen=True, slots=True)
class Repair:
    """The fixes found, the best first; without any, `note` says why."""

    fixes: tuple[Fix, ...]
    tried: int
    milliseconds: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Repairer:
    """Repairs code with a judge; one serves many threads.

    `seconds` is for the search; a `chat` model is asked after it, and takes its own time.
    """

    judge: Judge
    seconds: float = 5.0
    chat: ChatModel | None = None

    def repair(
        self,
        question: Question,
        limit: int = _MAX_FIXES,
        is_cancelled: Callable[[], bool] = lambda: False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Repair:
        """Find at most `limit` fixes; raises `CancelledError`."""
        attempt = _Attempt(self, question, limit, is_cancelled, on_progress)
        try:
            fixes, note = attempt.run()
        except ProjectError as error:
            fixes, note = [], f"nothing was tried, because the project cannot be used: {error}"
        except SandboxUnavailableError as error:
            fixes, note = [], f"nothing was tried, because this machine cannot isolate it ({error})"
        milliseconds = round(1000 * (time.monotonic() - attempt.started))
        return Repair(tuple(fixes), attempt.progress.tried, milliseconds, note)


class _Attempt:
    """One repair."""

    def __init__(
        self,
        repairer: Repairer,
        question: Question,
        limit: int,
        is_cancelled: Callable[[], bool],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._judge = repairer.judge
        self._chat = repairer.chat
        self._question = question
        self._limit = limit
        self._is_cancelled = is_cancelled
        self._on_progress = on_progress
        self.started = time.monotonic()
        self._deadline = self.started + repairer.seconds
        self._ended = False
        self.progress = Progress()

    def run(self) -> tuple[list[Fix], str]:
        question = self._question
        if question.language not in LANGUAGES:
            return [], f"{question.language or 'an unnamed language'} is not repaired yet"
        seconds = _SHARE_FOR_SYNTAX * (self._deadline - time.monotonic())
        initial = [*_initial_programs(question.code, seconds), *_undo_edit_parts(question)]
        if not initial:
            return [], "the code is not Python, and no small edit makes it so"
        checks = _find_checks(replace(question, code=initial[0].source))
        if not checks:
            return [], "there is no example and no test: nothing could tell a fix from another edit"
        sandbox = place_in_project(self._judge.sandbox, question)
        with open_trials(sandbox, question.code, checks, _SESSION_SECONDS) as trials:
            behaviours = self._search(trials, initial, checks)
        if any(behaviour.programs[0].source == question.code for behaviour in behaviours):
            return [], "the code passes every check: there is nothing to repair"
        if not behaviours and self._ended:
            return [], "the code ended the process that it was tried in"
        if not behaviours:
            return [], f"none of {self.progress.tried} edits passes every check"
        fixes = list(self._judge_each(behaviours))
        return fixes, "" if fixes else "the judge takes none of the edits for correct"

    def _search(
        self, trials: Trials, initial: Sequence[InitialProgram], checks: Sequence[Check]
    ) -> list[Behaviour]:
        search = Search(
            trials,
            load_prior(),
            SearchLimits(self._deadline),
            self._is_cancelled,
            self._on_progress,
        )
        self.progress = search.progress
        try:
            search.run(initial)
            if self._chat is not None:
                self._ask(self._chat, search, checks)
        except TrialsEndedError:
            self._ended = True
        plausible = self.progress.plausible
        if len(plausible) < 2:
            return [Behaviour((program,), 1.0) for program in plausible]
        try:
            inputs = trials.add(vary_checks(checks))
            unchanged = initial[0].source
            return group_by_behaviour(trials, plausible, unchanged, inputs, _BEHAVIOUR_SECONDS)
        except TrialsEndedError:
            best = max(plausible, key=lambda program: program.score)
            return [Behaviour((best,), 0.0)]

    def _ask(self, chat: ChatModel, search: Search, checks: Sequence[Check]) -> None:
        """Let the model propose a program, unless the code is right as it is."""
        plausible = self.progress.plausible
        if any(program.source == self._question.code for program in plausible):
            return
        proposed = propose(self._question, checks, chat, self._is_cancelled)
        if self._is_cancelled():
            raise CancelledError
        if proposed is not None:
            search.consider(InitialProgram(proposed, _SCORE_OF_PROPOSAL))

    def _judge_each(self, behaviours: Sequence[Behaviour]) -> Iterator[Fix]:
        shown = 0
        for behaviour in behaviours[: 2 * self._limit]:
            if shown and behaviour.share < _LEAST_SHARE:
                return
            fixed = behaviour.programs[0]
            judgement = self._judge.judge(
                replace(self._question, code=fixed.source), self._is_cancelled
            )
            if judgement.verdict is not Verdict.CORRECT:
                continue
            edits = find_edits(self._question.code, fixed.source)
            message = describe(self._question.code, fixed.source, judgement)
            yield Fix(edits, fixed.source, message, judgement, round(behaviour.share, 4))
            shown += 1
            if shown == self._limit:
                return


def _initial_programs(code: str, seconds: float) -> list[InitialProgram]:
    """Return the code, or if it is not Python, what small edits make Python of it."""
    try:
        parse(code)
    except SourceError:
        return [
            InitialProgram(text, -cost)
            for text, cost in repair_syntax(code, _MAX_INITIAL_PROGRAMS, seconds)
        ]
    return [InitialProgram(code)]


def _undo_edit_parts(question: Question) -> Iterator[InitialProgram]:
    """Yield the code with one part of the edit undone, where `before` tells several parts."""
    if question.before is None:
        return
    old, new = (text.splitlines(keepends=True) for text in (question.before, question.code))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    for _, first, last, start, end in changes if len(changes) > 1 else ():
        text = "".join([*new[:start], *old[first:last], *new[end:]])
        try:
            parse(text)
        except SourceError:
            continue
        yield InitialProgram(text, _SCORE_OF_UNDONE_EDIT)


def _find_checks(question: Question) -> list[Check]:
    """Return what the judge would run, apart from what it compares with a reference."""
    documented = (
        examples.docstring_of(question.before, question.function) if question.before else ""
    )
    text = SEPARATOR.join((f"{question.examples}\n\n", f"{question.intent}\n\n", documented))
    shown = examples.find(question.code, text, question.function).firm
    found = [check for check in shown if check.stands_alone]
    if question.tests.strip():
        try:
            tree = parse(question.tests)
        except SourceError:
            return found
        found += tests.to_checks(tree, definitions(parse(question.code)))
    return found
