"""`POST /v1/judge` and `/v1/judge/edit`; they run beside the engine, in the request's thread."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Response, request

from stepcheck.server.api.judge_conversion import (
    to_edit_question,
    to_edited_function,
    to_question,
    to_response,
)
from stepcheck.server.api.judge_errors import translate_judge_errors
from stepcheck.server.api.judge_schemas import JudgeEditRequest, JudgeEditResponse, JudgeRequest
from stepcheck.server.api.project_access import check_project
from stepcheck.server.http.limits import ConcurrencyLimit
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.judge.edits import judge_functions
from stepcheck.server.judge.judgement import Judge


def make_routes(judge: Judge, limit: ConcurrencyLimit, project_roots: Sequence[Path]) -> Blueprint:
    """Return the routes; requests may name projects below the `project_roots`."""
    routes = Blueprint("judge", __name__)
    by_facts = replace(judge, chat=None)

    @routes.post("/v1/judge")
    def judge_code() -> Response:
        asked = read_body(request, JudgeRequest)
        question = to_question(asked)
        with limit.admit(), translate_judge_errors():
            rating = judge.rate(question, asked.criterion, client_disconnected())
            chosen = judge if asked.with_model else by_facts
            judgement = chosen.judge(question, client_disconnected())
            return to_json(to_response(judgement, rating))

    @routes.post("/v1/judge/edit")
    def judge_code_edit() -> Response:
        asked = read_body(request, JudgeEditRequest)
        project = check_project(asked.project, project_roots)
        with limit.admit(), translate_judge_errors():
            chosen = judge if asked.with_model else by_facts
            question = to_edit_question(asked, project)
            functions = judge_functions(chosen, question, client_disconnected())
            return to_json(JudgeEditResponse(functions=list(map(to_edited_function, functions))))

    return routes
