"""From what is asked of the judge to its questions, and from judgements to answers."""

from collections.abc import Callable
from pathlib import Path

from stepcheck.models.chat import ChatModel, Sampling
from stepcheck.server.judge.cache import JudgementCache
from stepcheck.server.judge.codejudge import Deliberation
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.edits import EditQuestion, JudgedFunction
from stepcheck.server.judge.evidence.project_tests import ProjectTests
from stepcheck.server.judge.evidence.sandbox import Limits, Sandbox
from stepcheck.server.judge.folders import cache_folder
from stepcheck.server.judge.judgement import Judge, Question
from stepcheck.server.judge.project import Project
from stepcheck.server.judge.prompts import describe_task
from stepcheck.server.judge.rating import NoChatModelError, Rating, rate
from stepcheck.server.judge.verdict import Evidence, Fault, Judgement, Range
from stepcheck.server.judge_schemas import (
    EditedFunction,
    FoundEvidence,
    FoundFault,
    GivenRating,
    JudgeEditRequest,
    JudgeRequest,
    JudgeResponse,
    LineRange,
)
from stepcheck.settings_schema import JudgeSettings


def make_judge(
    settings: JudgeSettings, chat: ChatModel | None = None, deliberation: Deliberation | None = None
) -> Judge:
    """Return the judge that the settings describe, with a chat model beside it if there is one."""
    limits = Limits(
        seconds=settings.seconds,
        seconds_per_call=settings.seconds_per_call,
        memory_bytes=settings.memory_megabytes << 20,
    )
    return Judge(
        Sandbox(limits, allow_unconfined=settings.allow_unconfined),
        settings.least_confidence,
        chat,
        deliberation or Deliberation(),
        open_cache(settings),
        ProjectTests(settings.project_tests_seconds),
    )


def open_cache(settings: JudgeSettings) -> JudgementCache | None:
    """Return the cache of judgements in the user's cache folder, if the settings want one."""
    if not settings.cache_megabytes:
        return None
    return JudgementCache(cache_folder() / "judgements", settings.cache_megabytes << 20)


def to_question(asked: JudgeRequest) -> Question:
    """Return what the judge is asked."""
    return Question(
        code=asked.after,
        language=asked.language,
        before=asked.before,
        intent=asked.intent,
        examples=asked.examples,
        tests=asked.tests,
        reference=asked.reference,
    )


def to_edit_question(asked: JudgeEditRequest, project: Path | None = None) -> EditQuestion:
    """Return what the judge is asked about an edit of a file in the folder `project`."""
    return EditQuestion(
        after=asked.after,
        before=asked.before,
        language=asked.language,
        intent=asked.intent,
        tests=asked.tests,
        project=Project(project) if project else None,
        path=Path(asked.path) if asked.path else None,
    )


def to_edited_function(judged: JudgedFunction) -> EditedFunction:
    """Return the judgement of one function as the contract words it."""
    return EditedFunction(
        name=judged.name,
        range=_to_lines(judged.range) if judged.range else None,
        change=judged.change,
        was=judged.was,
        **dict(to_response(judged.judgement)),
    )


def rate_question(
    judge: Judge,
    question: Question,
    criterion: Criterion | None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Rating | None:
    """Rate the code by a preference, if one is named.

    Raises `NoChatModelError`, the model's `ChatError` and `CancelledError`.
    """
    if criterion is None or criterion is Criterion.CORRECTNESS:
        return None
    if judge.chat is None:
        raise NoChatModelError(f"Rating {criterion} needs a chat model.")
    sampling = Sampling(max_tokens=judge.deliberation.max_tokens, seed=0)
    task = describe_task(question.intent, question.examples, question.language, question.function)
    return rate(
        judge.chat, criterion, task, question.code, question.reference, sampling, is_cancelled
    )


def to_response(judgement: Judgement, rating: Rating | None = None) -> JudgeResponse:
    """Return the judgement as the contract words it."""
    return JudgeResponse(
        verdict=judgement.verdict,
        score=judgement.score,
        confidence=judgement.confidence,
        reason=judgement.reason,
        faults=[_to_fault(fault) for fault in judgement.faults],
        evidence=[to_found_evidence(evidence) for evidence in judgement.evidence],
        rating=_to_rating(rating) if rating else None,
    )


def to_found_evidence(evidence: Evidence) -> FoundEvidence:
    """Return what one kind of evidence found as the contract words it."""
    return FoundEvidence(
        kind=evidence.kind,
        finding=evidence.finding,
        passed=evidence.passed,
        run=evidence.run,
        set_aside=evidence.set_aside,
        notes=list(evidence.notes),
    )


def _to_fault(fault: Fault) -> FoundFault:
    return FoundFault(
        range=_to_lines(fault.range) if fault.range else None,
        severity=fault.severity,
        kind=fault.kind,
        message=fault.message,
    )


def _to_rating(rating: Rating) -> GivenRating:
    return GivenRating(criterion=rating.criterion, value=rating.value, rationale=rating.rationale)


def _to_lines(lines: Range) -> LineRange:
    return LineRange(first_line=lines.first_line, last_line=lines.last_line)
