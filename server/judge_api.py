"""`POST /v1/judge`, `/v1/judge/edit` and `/v1/rank`.

They run beside the engine, in the request's thread.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Response, request

from stepcheck.models.chat import ChatError, ChatModel
from stepcheck.server.chat_model import REMEDY, deliberation
from stepcheck.server.errors import CLIENT_LEFT, ApiError
from stepcheck.server.judge.edits import judge_functions
from stepcheck.server.judge.evidence.sandbox import CancelledError
from stepcheck.server.judge.ranking import RankingError, rank_code
from stepcheck.server.judge.rating import NoChatModelError
from stepcheck.server.judge_schemas import JudgeEditRequest, JudgeEditResponse, JudgeRequest
from stepcheck.server.judging import (
    make_judge,
    rate_question,
    to_edit_question,
    to_edited_function,
    to_question,
    to_response,
)
from stepcheck.server.rank import to_rank_question, to_rank_response
from stepcheck.server.rank_schemas import RankRequest
from stepcheck.server.routing import client_left, to_json
from stepcheck.server.validation import read_body
from stepcheck.settings import Settings

_RETRY_SECONDS = 5


def make_routes(settings: Settings, chat: ChatModel | None = None) -> Blueprint:
    """Return the routes; a `chat` model takes part in judgements."""
    routes = Blueprint("judge", __name__)
    judge = make_judge(settings.judge, chat, deliberation(settings.chat))
    by_facts = replace(judge, chat=None)
    free = threading.BoundedSemaphore(settings.judge.concurrent)

    @contextmanager
    def admitted() -> Iterator[None]:
        if not free.acquire(blocking=False):
            message = f"{settings.judge.concurrent} judgements are being made."
            remedy = "Try again soon, or raise judge.concurrent."
            raise ApiError(429, "queue_full", message, remedy, _RETRY_SECONDS)
        try:
            yield
        except CancelledError:
            message = "The client closed its connection."
            raise ApiError(CLIENT_LEFT, "client_left", message) from None
        except NoChatModelError as error:
            raise ApiError(422, "no_chat_model", str(error), REMEDY) from None
        except ChatError as error:
            raise ApiError(503, "chat_model_failed", f"The chat model failed: {error}") from None
        finally:
            free.release()

    @routes.post("/v1/judge")
    def judge_code() -> Response:
        asked = read_body(request, JudgeRequest)
        question = to_question(asked)
        with admitted():
            rating = rate_question(judge, question, asked.criterion, client_left())
            judgement = (judge if asked.with_model else by_facts).judge(question, client_left())
            return to_json(to_response(judgement, rating))

    @routes.post("/v1/judge/edit")
    def judge_code_edit() -> Response:
        asked = read_body(request, JudgeEditRequest)
        project = check_project(asked.project, settings.judge.project_roots)
        with admitted():
            chosen = judge if asked.with_model else by_facts
            functions = judge_functions(chosen, to_edit_question(asked, project), client_left())
            return to_json(JudgeEditResponse(functions=list(map(to_edited_function, functions))))

    @routes.post("/v1/rank")
    def rank_candidates() -> Response:
        question = to_rank_question(read_body(request, RankRequest))
        with admitted():
            try:
                found = rank_code(judge, question, client_left())
            except RankingError as error:
                raise ApiError(422, "invalid_ranking", str(error)) from None
            return to_json(to_rank_response(question, found, chat.name if chat else None))

    return routes


def check_project(project: str | None, roots: Sequence[Path]) -> Path | None:
    """Return the folder of a project that requests may name, links resolved.

    Raises `ApiError` with status 403 for one that is not below one of the `roots`.
    """
    if project is None:
        return None
    try:
        folder = Path(project).resolve(strict=True)
        allowed = any(folder.is_relative_to(root.resolve()) for root in roots)
        if Path(project).is_absolute() and folder.is_dir() and allowed:
            return folder
    except (OSError, ValueError, RuntimeError):
        pass  # Whether a folder exists elsewhere is nobody's business.
    raise ApiError(
        403,
        "project_not_allowed",
        f"{project!r} is no folder below one of judge.project_roots.",
        "Add the folder to judge.project_roots in the server's own settings, or name no project.",
    )
