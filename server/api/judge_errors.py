"""What keeps the judge from answering, as errors of the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from stepcheck.models.chat.interface import ChatError
from stepcheck.server.factories import NO_CHAT_MODEL_REMEDY
from stepcheck.server.http.errors import CLIENT_LEFT, ApiError
from stepcheck.server.judge.model.rating import NoChatModelError
from stepcheck.server.sandbox.processes import CancelledError


@contextmanager
def translate_judge_errors() -> Iterator[None]:
    """Turn what a judgement, a ranking or a repair may raise into the `ApiError` that says why."""
    try:
        yield
    except CancelledError:
        message = "The client closed its connection."
        raise ApiError(CLIENT_LEFT, "client_left", message) from None
    except NoChatModelError as error:
        raise ApiError(422, "no_chat_model", str(error), NO_CHAT_MODEL_REMEDY) from None
    except ChatError as error:
        raise ApiError(503, "chat_model_failed", f"The chat model failed: {error}") from None
