"""OpenAI's routes, as far as a suggester of proof steps can answer them: for llmlean's tactics."""

import time

from flask import Blueprint, Response, g, request

from stepcheck.server.api import suggest
from stepcheck.server.api.compatibility import llmlean
from stepcheck.server.api.compatibility.openai_schemas import (
    ChatChoice,
    ChatRequest,
    ChatResponse,
    CompletionRequest,
    CompletionResponse,
    GenerationOptions,
    Message,
    Model,
    ModelList,
    OpenAiError,
    OpenAiErrorBody,
    TextChoice,
)
from stepcheck.server.api.engine_errors import handle_all_errors
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.errors import ApiError
from stepcheck.server.http.messages import client_disconnected, read_body, reject_invalid, to_json
from stepcheck.settings.schema import Settings

_PURPOSE = (
    "This server suggests Lean 4 proof steps. Here it reads the prompts of llmlean that contain "
    "the proof state (set LLMLEAN_PROMPT to reasoning or instruction); other programs send "
    '{"goal": …} to POST /v1/suggest.'
)


def make_routes(settings: Settings, engine: Engine) -> Blueprint:
    """Return the routes, whose errors have OpenAI's form."""
    routes = Blueprint("openai", __name__)
    handle_all_errors(routes, to_error_body)

    def complete(text: str, options: GenerationOptions, *, chat: bool) -> tuple[str, list[str]]:
        """Return the name of the model and its answers to a prompt."""
        asked = _read(text, options)
        translated = _translate(asked, options, settings, engine)
        job = suggest.submit(translated, settings, engine, client_disconnected())
        answers = [
            _cut(llmlean.write_answer(each.text, asked, chat=chat), options.stop)
            for each in job.wait().completions
        ]
        return job.model, answers

    @routes.post("/v1/chat/completions")
    def chat_completions() -> Response:
        asked = read_body(request, ChatRequest)
        said = [message.text for message in asked.messages if message.role == "user"]
        model, answers = complete(said[-1] if said else "", asked, chat=True)
        return to_json(
            ChatResponse(
                id=f"chatcmpl-{g.request_id}",
                created=int(time.time()),
                model=model,
                choices=[
                    ChatChoice(index=index, message=Message(role="assistant", content=text))
                    for index, text in enumerate(answers)
                ],
            )
        )

    @routes.post("/v1/completions")
    def completions() -> Response:
        asked = read_body(request, CompletionRequest)
        prompts = [asked.prompt] if isinstance(asked.prompt, str) else asked.prompt
        if len(prompts) != 1:
            raise ApiError(422, "several_prompts", "Not one prompt.", "Send each by itself.")
        model, answers = complete(prompts[0], asked, chat=False)
        return to_json(
            CompletionResponse(
                id=f"cmpl-{g.request_id}",
                created=int(time.time()),
                model=model,
                choices=[TextChoice(index=index, text=text) for index, text in enumerate(answers)],
            )
        )

    @routes.get("/v1/models")
    def models() -> Response:
        engine.refuse_unless_ready()
        return to_json(ModelList(data=[Model(id=each.name) for each in engine.generators]))

    return routes


def to_error_body(error: ApiError, _request_id: str) -> OpenAiErrorBody:
    """Return an error as OpenAI's clients read it."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    if error.status == 429:
        kind = "rate_limit_error"
    message = f"{error.message} {error.remedy}".rstrip()
    return OpenAiErrorBody(error=OpenAiError(message=message, type=kind, code=error.error))


def _read(text: str, options: GenerationOptions) -> llmlean.LlmleanPrompt:
    if options.stream:
        remedy = "Set stream to false; POST /v1/suggest can stream."
        raise ApiError(422, "no_stream", "These routes do not stream.", remedy)
    asked = llmlean.read_prompt(text)
    if asked is None:
        raise ApiError(422, "no_proof_state", "There is no proof state in the prompt.", _PURPOSE)
    return asked


def _translate(
    asked: llmlean.LlmleanPrompt, options: GenerationOptions, settings: Settings, engine: Engine
) -> SuggestRequest:
    """Ask within the limits; what exceeds them asks for the most allowed.

    A general model writes reasons and long proofs, for which its clients ask many tokens; a step
    gets as many as this server gives by default.
    """
    limits, defaults = settings.server, settings.suggestion
    most_tokens = min(defaults.max_tokens, limits.max_tokens)
    prompt = asked.prompt
    with reject_invalid():
        return SuggestRequest(
            goal=prompt.goal,
            prefix=prompt.prefix,
            context=_shorten(prompt.context, limits.max_context_characters),
            n=min(options.n, limits.max_suggestions),
            temperature=options.temperature,
            max_tokens=min(options.max_tokens or most_tokens, most_tokens),
            model=options.model if engine.serves(options.model) else None,
        )


def _shorten(context: str, limit: int) -> str:
    """Cut a file so that its imports, at its beginning, and its end remain."""
    if len(context) <= limit:
        return context
    head = context[: limit // 10]
    return head + context[len(context) - (limit - len(head)) :]


def _cut(text: str, stop: str | list[str] | None) -> str:
    for each in [stop] if isinstance(stop, str) else stop or []:
        text = text.partition(each)[0] if each else text
    return text
