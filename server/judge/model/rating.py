"""Rate code by a preference (CODAL-Bench, arXiv 2403.09032): a rationale first, then 1 to 10."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stepcheck.models.chat.interface import ChatCancelledError, ChatMessage, ChatModel, Sampling
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.model import prompts
from stepcheck.server.judge.model.parsing import without_reasoning
from stepcheck.server.sandbox.sandbox import CancelledError

_RATING = re.compile(
    r"\brating\b\W*?(\d+(?:\.\d+)?)(?:\s*/\s*10|\s+out of\s+10)?(?![\d.]*\d)", re.I
)


class NoChatModelError(Exception):
    """A request needs a chat model, and there is none."""


@dataclass(frozen=True, slots=True)
class Rating:
    """How well code meets a criterion, 1 to 10; `value` is None where the model did not say."""

    criterion: Criterion
    value: int | None
    rationale: str


@dataclass(frozen=True, slots=True)
class RatingRequest:
    """Code to rate by a criterion, its task in words, and a reference that would be rated 10."""

    criterion: Criterion
    task: str
    code: str
    reference: str | None = None


def rate(
    chat: ChatModel,
    request: RatingRequest,
    sampling: Sampling,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Rating:
    """Ask for a rating; raises `ChatError` and `CancelledError`."""
    messages = ask_rating(request)
    try:
        answer = without_reasoning(chat.complete(messages, sampling, is_cancelled))
    except ChatCancelledError:
        raise CancelledError from None
    return Rating(request.criterion, read_rating(answer), answer)


def ask_rating(request: RatingRequest) -> list[ChatMessage]:
    """Return the messages that ask for a rating."""
    instructions = (
        "You rate a program from 1 (not at all) to 10 (perfectly) by one criterion: a good program "
        f"{request.criterion.meaning}. Judge by nothing else. First give your reasons, in a few "
        "sentences. "
        f"Then write, on a line of its own, Rating: and the number. {prompts.DATA}"
    )
    parts = [prompts.fence("Task", request.task)]
    if request.reference is not None:
        parts.append(prompts.fence("A reference that would be rated 10", request.reference))
    parts.append(prompts.fence("Program", request.code))
    return [ChatMessage("system", instructions), ChatMessage("user", "\n\n".join(parts))]


def read_rating(answer: str) -> int | None:
    """Return the last rating in the answer, None if there is none from 1 to 10, or no integer."""
    found = _RATING.findall(answer)
    if not found or not found[-1].isdecimal():
        return None
    value = int(found[-1])
    return value if 1 <= value <= 10 else None
