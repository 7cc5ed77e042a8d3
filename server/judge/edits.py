"""From an edit of a file to a judgement of each function that it touched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stepcheck.server.judge.decision import conclude
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.languages.change import MODULE, Change, ChangeKind
from stepcheck.server.judge.languages.function_changes import find_function_changes
from stepcheck.server.judge.languages.python.changes import find_changes
from stepcheck.server.judge.languages.python.source import SourceError
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.static import analysis
from stepcheck.server.judge.verdict import Judgement, Range
from stepcheck.server.sandbox.project import Project


@dataclass(frozen=True, slots=True)
class EditQuestion:
    """A file before and after an edit; without `before` it is new.

    `intent` says what the edit is for, `tests` are Python text for the module. In a `project`, the
    code stands in for the file `path`.
    """

    after: str
    before: str | None = None
    language: str = "python"
    intent: str = ""
    tests: str = ""
    project: Project | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class JudgedFunction:
    """A function that an edit touched, or the code of a class or module outside functions.

    `range` is None if it is gone; `was` is its former name if that differs.
    """

    name: str
    range: Range | None
    judgement: Judgement
    change: ChangeKind = ChangeKind.CHANGED
    was: str | None = None


@dataclass(frozen=True, slots=True)
class EditJudgement:
    """What became of each function, in the order of the file, what is gone at the end."""

    functions: tuple[JudgedFunction, ...]


def judge_edit(
    judge: Judge, question: EditQuestion, is_cancelled: Callable[[], bool] = lambda: False
) -> EditJudgement:
    """Judge every function that the edit touched; raises `CancelledError`."""
    return EditJudgement(tuple(judge_functions(judge, question, is_cancelled)))


def judge_functions(
    judge: Judge, question: EditQuestion, is_cancelled: Callable[[], bool] = lambda: False
) -> Iterator[JudgedFunction]:
    """Yield the judgement of each function that the edit touched; raises `CancelledError`."""
    whole = Question(
        code=question.after,
        language=question.language,
        before=question.before,
        intent=question.intent,
        tests=question.tests,
        project=question.project,
        path=question.path,
    )
    try:
        changes = _find_changes(question)
    except SourceError as error:
        changes = (Change(MODULE, ChangeKind.CHANGED, Range(error.line or 1, error.line or 1)),)
    for change in changes:
        if change.kind is ChangeKind.DELETED:
            seen = analysis.examine_deleted(question.after, question.before or "", change.name)
            judgement = conclude([seen], judge.least_confidence)
        else:
            judgement = judge.judge(replace(whole, function=change.name), is_cancelled)
            judgement = _place_faults(judgement, change.differing)
        yield JudgedFunction(change.name, change.range, judgement, change.kind, change.was)


def _place_faults(judgement: Judgement, differing: Range | None) -> Judgement:
    """Give faults without a line, such as a run found, the range of the edit."""
    faults = tuple(replace(fault, range=fault.range or differing) for fault in judgement.faults)
    return replace(judgement, faults=faults)


def _find_changes(question: EditQuestion) -> tuple[Change, ...]:
    if question.language == "python":
        return find_changes(question.before, question.after)
    if language := HARNESS_LANGUAGES.get(question.language):
        return find_function_changes(language, question.before, question.after)
    if question.before == question.after:
        return ()
    lines = max(1, len(question.after.splitlines()))
    kind = ChangeKind.ADDED if question.before is None else ChangeKind.CHANGED
    return (Change(MODULE, kind, Range(1, lines)),)
