"""`POST /v1/repair`; it runs beside the engine, in the request's thread."""

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, request

from stepcheck.server.api.judge_errors import translate_judge_errors
from stepcheck.server.api.project_access import check_project
from stepcheck.server.api.repair_conversion import to_repair_question, to_repair_response
from stepcheck.server.api.repair_schemas import RepairRequest
from stepcheck.server.http.limits import ConcurrencyLimit
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.repair.repair import Repairer


def make_routes(
    repairer: Repairer, limit: ConcurrencyLimit, project_roots: Sequence[Path]
) -> Blueprint:
    """Return the route; requests may name projects below the `project_roots`."""
    routes = Blueprint("repair", __name__)

    @routes.post("/v1/repair")
    def repair_code() -> Response:
        asked = read_body(request, RepairRequest)
        project = check_project(asked.project, project_roots)
        with limit.admit(), translate_judge_errors():
            question = to_repair_question(asked, project)
            found = repairer.repair(question, asked.limit, client_disconnected())
            return to_json(to_repair_response(asked.code, found))

    return routes
