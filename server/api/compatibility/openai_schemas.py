"""Those parts of OpenAI's API that llmlean and clients like it use; the rest is ignored."""

from typing import Literal

from pydantic import Field

from stepcheck.server.http.schema import Schema


class ContentPart(Schema):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class Message(Schema):
    """A message of a chat."""

    role: str
    content: str | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class GenerationOptions(Schema):
    """How to generate."""

    model: str = Field(
        default="", description="A served model's name; any other means the default model."
    )
    n: int = Field(default=1, ge=1, le=128, description="How many choices at most, all distinct.")
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = Field(default=None, description="An answer ends before these.")
    stream: bool = Field(default=False, description="Must be false.")


class ChatRequest(GenerationOptions):
    """`POST /v1/chat/completions`; the last message of the user must be a prompt of llmlean."""

    messages: list[Message] = Field(min_length=1, max_length=1000)


class CompletionRequest(GenerationOptions):
    """`POST /v1/completions`; the prompt must be one of llmlean."""

    prompt: str | list[str]


class ChatChoice(Schema):
    """One answer; `llmlean` reads a step, or a proof of one step, out of its message."""

    index: int
    message: Message
    finish_reason: Literal["stop"] = "stop"


class ChatResponse(Schema):
    """Answer of `POST /v1/chat/completions`, best first; fewer choices if there are no more."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Seconds since 1970.")
    model: str = Field(description="The model that answered.")
    choices: list[ChatChoice]


class TextChoice(Schema):
    """One continuation of the prompt."""

    index: int
    text: str
    finish_reason: Literal["stop"] = "stop"


class CompletionResponse(Schema):
    """Answer of `POST /v1/completions`, best first; fewer choices if there are no more."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int = Field(description="Seconds since 1970.")
    model: str = Field(description="The model that answered.")
    choices: list[TextChoice]


class Model(Schema):
    """A served model."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Not known.")
    owned_by: Literal["stepcheck"] = "stepcheck"


class ModelList(Schema):
    """Answer of `GET /v1/models`."""

    object: Literal["list"] = "list"
    data: list[Model]


class OpenAiError(Schema):
    """What went wrong and what to do."""

    message: str
    type: str = Field(description="invalid_request_error, rate_limit_error or server_error.")
    param: None = None
    code: str = Field(description="The `error` of an `ErrorBody`.")


class OpenAiErrorBody(Schema):
    """Every error of these routes, in OpenAI's form."""

    error: OpenAiError
