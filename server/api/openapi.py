"""The OpenAPI document, made from the schemas.

Made by hand because it is short: the libraries that generate it (apiflask, flask-smorest,
spectree) each bring a validation and an error body of their own, which would have to be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from pydantic.json_schema import models_json_schema

from stepcheck import __version__
from stepcheck.server.api import (
    health_schemas,
    judge_schemas,
    rank_schemas,
    repair_schemas,
    suggest_schemas,
)
from stepcheck.server.api.compatibility import lean_copilot, llmstep, openai_schemas
from stepcheck.server.http import schema, streaming
from stepcheck.server.http.security import OPEN_ENDPOINTS

_REFERENCE = "#/components/schemas/{model}"
_POST_ERRORS = (400, 403, 413, 415, 422, 429, 500, 503, 504)
_ERROR_MEANINGS = {
    400: "Malformed JSON, or a host that is not allowed.",
    401: "The bearer token is missing or wrong.",
    403: "The page's origin, or the project's folder, is not allowed.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "A field is wrong or beyond a limit.",
    429: "The queue is full; Retry-After says when to try again.",
    500: "Generation failed.",
    503: "The model is being loaded (with Retry-After), cannot be loaded, or is not there; or the "
    "server stops.",
    504: "The time limit passed.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint, as the document shows it."""

    method: str
    path: str
    summary: str
    request: type[schema.Schema] | None
    response: type[schema.Schema] | None
    errors: Sequence[int] = ()
    response_type: str = "application/json"
    streams: bool = False
    error_body: type[schema.Schema] = schema.ErrorBody


OPERATIONS = (
    Operation(
        "post",
        "/v1/suggest",
        "Suggest proof steps for a goal; with Accept: text/event-stream, as they are found.",
        suggest_schemas.SuggestRequest,
        suggest_schemas.SuggestResponse,
        _POST_ERRORS,
        streams=True,
    ),
    Operation(
        "post",
        "/v1/judge",
        "Judge code by static checks, and by its examples and tests, run in a sandbox.",
        judge_schemas.JudgeRequest,
        judge_schemas.JudgeResponse,
        (400, 403, 413, 415, 422, 429, 500, 503),
    ),
    Operation(
        "post",
        "/v1/rank",
        "Rank pieces of code for one task, by evidence, by a chat model, or by both.",
        rank_schemas.RankRequest,
        rank_schemas.RankResponse,
        (400, 403, 413, 415, 422, 429, 500, 503),
    ),
    Operation(
        "post",
        "/v1/judge/edit",
        "Judge an edit of a file, function by function.",
        judge_schemas.JudgeEditRequest,
        judge_schemas.JudgeEditResponse,
        (400, 403, 413, 415, 422, 429, 500),
    ),
    Operation(
        "post",
        "/v1/repair",
        "Find small edits of code after which its examples and tests pass.",
        repair_schemas.RepairRequest,
        repair_schemas.RepairResponse,
        (400, 403, 413, 415, 422, 429, 500),
    ),
    Operation(
        "post",
        "/",
        "Suggest proof steps to the client of llmstep.",
        llmstep.LlmstepRequest,
        llmstep.LlmstepResponse,
        _POST_ERRORS,
    ),
    Operation(
        "post",
        "/generate",
        "Suggest proof steps to the client of LeanCopilot.",
        lean_copilot.GenerateRequest,
        lean_copilot.GenerateResponse,
        _POST_ERRORS,
    ),
    Operation(
        "post",
        "/encode",
        "Embed a text for the client of LeanCopilot.",
        lean_copilot.EncodeRequest,
        lean_copilot.EncodeResponse,
        _POST_ERRORS,
    ),
    Operation(
        "post",
        "/v1/chat/completions",
        "Suggest proof steps to llmlean, in OpenAI's form; it is no chat.",
        openai_schemas.ChatRequest,
        openai_schemas.ChatResponse,
        _POST_ERRORS,
        error_body=openai_schemas.OpenAiErrorBody,
    ),
    Operation(
        "post",
        "/v1/completions",
        "Suggest proof steps to older versions of llmlean, in OpenAI's form.",
        openai_schemas.CompletionRequest,
        openai_schemas.CompletionResponse,
        _POST_ERRORS,
        error_body=openai_schemas.OpenAiErrorBody,
    ),
    Operation(
        "get",
        "/v1/models",
        "The served models, in OpenAI's form.",
        None,
        openai_schemas.ModelList,
        (400, 503),
        error_body=openai_schemas.OpenAiErrorBody,
    ),
    Operation("get", "/health", "Whether the process lives.", None, health_schemas.Health, (400,)),
    Operation(
        "get",
        "/ready",
        "Whether requests are answered.",
        None,
        health_schemas.Readiness,
        (400, 503),
    ),
    Operation("get", "/info", "Models, limits, defaults.", None, health_schemas.ServerInfo, (400,)),
    Operation(
        "get", "/metrics", "Metrics for Prometheus.", None, None, (400,), response_type="text/plain"
    ),
    Operation("get", "/openapi.json", "This document.", None, None, (400,)),
)


def make_routes(*, requires_token: bool) -> Blueprint:
    """Return the route `GET /openapi.json`."""
    routes = Blueprint("openapi", __name__)

    @routes.get("/openapi.json")
    def openapi_document() -> dict[str, Any]:
        return build_document(requires_token=requires_token)

    return routes


def build_document(*, requires_token: bool) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stepcheck",
            "version": __version__,
            "description": "Proof steps suggested by a language model; Lean has not checked them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(requires_token=requires_token),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> dict[str, Any]:
    models = {
        model
        for operation in OPERATIONS
        for model in (operation.request, operation.response, operation.error_body)
        if model is not None
    }
    models.add(suggest_schemas.Suggestion)
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCE
    )
    return dict(definitions["$defs"])


def _paths(*, requires_token: bool) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        described = _describe(operation)
        if requires_token and operation.path not in OPEN_ENDPOINTS:
            described["security"] = [{"token": []}]
            described["responses"]["401"] = _error(401, operation)
        paths.setdefault(operation.path, {})[operation.method] = described
    return paths


def _describe(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {operation.response_type: {"schema": _refer(operation.response)}}
    if operation.streams:
        content[streaming.MIME_TYPE] = {"schema": {"type": "string"}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **{str(status): _error(status, operation) for status in operation.errors},
        },
    }
    if operation.request is not None:
        body = {"schema": _refer(operation.request)}
        described["requestBody"] = {"required": True, "content": {"application/json": body}}
    return described


def _error(status: int, operation: Operation) -> dict[str, Any]:
    return {
        "description": _ERROR_MEANINGS[status],
        "content": {"application/json": {"schema": _refer(operation.error_body)}},
    }


def _refer(schema: type[schema.Schema] | None) -> dict[str, Any]:
    if schema is None:
        return {}
    return {"$ref": _REFERENCE.format(model=schema.__name__)}
