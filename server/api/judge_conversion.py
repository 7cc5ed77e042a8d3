"""From what is asked of the judge to its questions, and from judgements to answers."""

import dataclasses
from pathlib import Path

from stepcheck.server.api.judge_schemas import (
    EditedFunction,
    FoundAdequacy,
    FoundEvidence,
    FoundFault,
    GivenRating,
    JudgeEditRequest,
    JudgeRequest,
    JudgeResponse,
    LineRange,
)
from stepcheck.server.judge.edits import EditQuestion, JudgedFunction
from stepcheck.server.judge.model.rating import Rating
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Adequacy, Evidence, Fault, Judgement, Range
from stepcheck.server.sandbox.project import Project


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


def _to_found_adequacy(adequacy: Adequacy | None) -> FoundAdequacy | None:
    return None if adequacy is None else FoundAdequacy.model_validate(dataclasses.asdict(adequacy))


def to_found_evidence(evidence: Evidence) -> FoundEvidence:
    """Return what one kind of evidence found as the contract words it."""
    return FoundEvidence(
        kind=evidence.kind,
        finding=evidence.finding,
        passed=evidence.passed,
        run=evidence.run,
        set_aside=evidence.set_aside,
        notes=list(evidence.notes),
        adequacy=_to_found_adequacy(evidence.adequacy),
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
