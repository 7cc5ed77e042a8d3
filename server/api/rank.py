"""`POST /v1/rank`; it runs beside the engine, in the request's thread."""

from flask import Blueprint, Response, request

from stepcheck.server.api.judge_errors import translate_judge_errors
from stepcheck.server.api.rank_conversion import to_rank_question, to_rank_response
from stepcheck.server.api.rank_schemas import RankRequest
from stepcheck.server.http.errors import ApiError
from stepcheck.server.http.limits import ConcurrencyLimit
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.ranking.ranking import RankingError, rank_code


def make_routes(judge: Judge, limit: ConcurrencyLimit) -> Blueprint:
    """Return the route; the `limit` is that of the judge."""
    routes = Blueprint("rank", __name__)

    @routes.post("/v1/rank")
    def rank_candidates() -> Response:
        question = to_rank_question(read_body(request, RankRequest))
        with limit.admit(), translate_judge_errors():
            try:
                found = rank_code(judge, question, client_disconnected())
            except RankingError as error:
                raise ApiError(422, "invalid_ranking", str(error)) from None
            model = judge.chat.name if judge.chat else None
            return to_json(to_rank_response(question, found, model))

    return routes
