"""`POST /v1/suggest`: a request within the limits, its defaults filled in, its answer formed."""

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, g, request

from stepcheck.models.interface import Completion, GenerationRequest, SuggestionPrompt
from stepcheck.server.api.engine_errors import from_engine
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestRequest, SuggestResponse, Timing
from stepcheck.server.engine.errors import ClientLeftError, EngineError
from stepcheck.server.engine.jobs import Generated, GenerationJob
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.errors import ApiError
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.http.streaming import HEADERS, MIME_TYPE, format_event, keep_alive
from stepcheck.settings.schema import ServerSettings, Settings

KEEP_ALIVE_SECONDS = 10.0


def make_routes(settings: Settings, engine: Engine) -> Blueprint:
    """Return the route."""
    routes = Blueprint("suggest", __name__)

    @routes.post("/v1/suggest")
    def suggest_steps() -> Response:
        asked = read_body(request, SuggestRequest)
        job = submit(asked, settings, engine, client_disconnected())
        if request.accept_mimetypes.best == MIME_TYPE:
            return Response(stream(job, g.request_id), mimetype=MIME_TYPE, headers=HEADERS)
        return to_json(to_response(job.wait(), job.model, g.request_id))

    return routes


def submit(
    asked: SuggestRequest, settings: Settings, engine: Engine, is_abandoned: Callable[[], bool]
) -> GenerationJob:
    """Admit a request to the engine. Raises `ApiError` beyond a limit, and `EngineError`."""
    defaults = settings.suggestion
    n = min(defaults.n, settings.server.max_suggestions) if asked.n is None else asked.n
    tokens = asked.max_tokens or min(defaults.max_tokens, settings.server.max_tokens)
    check_limits(asked, settings)
    return engine.submit(
        GenerationRequest(
            prompt=SuggestionPrompt(asked.goal, asked.prefix, asked.context),
            n=n,
            temperature=(defaults.temperature if asked.temperature is None else asked.temperature),
            max_tokens=tokens,
            method=asked.method or defaults.method,
            seed=asked.seed,
        ),
        model=asked.model,
        is_abandoned=is_abandoned,
    )


def check_limits(request: SuggestRequest, settings: Settings) -> None:
    """Raise `ApiError` if `request` asks for more than the settings allow."""
    asked = (
        ("goal", len(request.goal), "max_goal_characters"),
        ("prefix", len(request.prefix), "max_prefix_characters"),
        ("context", len(request.context), "max_context_characters"),
        ("n", request.n or 0, "max_suggestions"),
        ("max_tokens", request.max_tokens or 0, "max_tokens"),
    )
    for field, size, setting in asked:
        check_limit(field, size, setting, settings.server)


def check_limit(field: str, size: int, setting: str, limits: ServerSettings) -> None:
    """Raise `ApiError` if the `size` of a `field` exceeds the limit that a `setting` holds."""
    limit: int = getattr(limits, setting)
    if size > limit:
        unit = " characters" if setting.endswith("characters") else ""
        raise ApiError(
            422,
            "limit_exceeded",
            f"{field}: {size}{unit} asked, at most {limit} allowed.",
            f"Send less, or raise server.{setting}.",
        )


def to_response(generated: Generated, model: str, request_id: str) -> SuggestResponse:
    """Form the answer to a request."""
    return SuggestResponse(
        suggestions=[_to_suggestion(completion) for completion in generated.completions],
        model=model,
        request_id=request_id,
        timing=Timing(
            queue=round(1000 * generated.queue_seconds, 3),
            generation=round(1000 * generated.generation_seconds, 3),
        ),
        complete=generated.complete,
    )


def stream(job: GenerationJob, request_id: str) -> Iterator[bytes]:
    """Yield server-sent events: `suggestion` as each is found, then `done` or `error`.

    `done` carries the whole ranked answer; it counts, should it differ from what came before.
    """
    try:
        # At once, so that the client sees its request admitted and a proxy keeps it open.
        yield keep_alive()
        for event in job.events(tick_seconds=KEEP_ALIVE_SECONDS):
            match event:
                case Completion():
                    yield format_event("suggestion", _to_suggestion(event))
                case Generated():
                    yield format_event("done", to_response(event, job.model, request_id))
                case None:
                    yield keep_alive()
    except EngineError as error:
        yield format_event("error", from_engine(error).to_body(request_id))
    finally:
        job.cancel(ClientLeftError("The client closed the stream."))


def _to_suggestion(completion: Completion) -> Suggestion:
    return Suggestion(
        text=completion.text,
        score=completion.score,
        log_probability=completion.log_probability,
    )
