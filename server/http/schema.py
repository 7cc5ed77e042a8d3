"""What every request and response is made of, and the body of every error."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_TEXT_CHARACTERS = 100_000
"""The bound of the contract; the server's own, lower limits are settings."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul_character", "Must not contain a NUL character (U+0000)")
    return text


Text = Annotated[
    str, StringConstraints(max_length=MAX_TEXT_CHARACTERS), AfterValidator(_without_nul)
]


class Schema(BaseModel):
    """Base of every schema: values are not coerced; what a newer server adds is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class ErrorBody(Schema):
    """Every error of the server: what went wrong and what to do."""

    error: str = Field(description="A machine-readable kind, such as `queue_full`.")
    message: str
    remedy: str = ""
    request_id: str = ""
