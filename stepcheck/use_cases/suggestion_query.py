"""What a person asks for: steps at a position, and how the model is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError

from stepcheck.lean.errors import DocumentError
from stepcheck.lean.position import ProofPosition
from stepcheck.models.interface import GenerationMethod
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.settings.schema import DEFAULT_SUGGESTION_SECONDS, SuggestionSettings

MAX_GOAL_CHARACTERS = 20_000
MAX_CONTEXT_CHARACTERS = 20_000
HEADER_CHARACTERS = 2_000
ROW_CONTEXT_CHARACTERS = 4_000
"""Of a row that is learned from: every row of a goal repeats its context."""


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """A position in a file, the text that every step begins with, and how to generate steps.

    What is `None` is left to the model server's defaults. `seconds` bounds the checking.
    """

    position: ProofPosition
    prefix: str = ""
    n: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    method: GenerationMethod | None = None
    seconds: float = DEFAULT_SUGGESTION_SECONDS

    @classmethod
    def from_settings(
        cls, settings: SuggestionSettings, position: ProofPosition, prefix: str = ""
    ) -> Self:
        """Take what the client's settings set, and leave the rest to the server."""
        return cls(position, prefix, **settings.model_dump(exclude_unset=True))


def make_request(query: SuggestionQuery, goals: Sequence[str]) -> SuggestRequest:
    """Make the request about goals; raises pydantic's `ValidationError`."""
    return SuggestRequest(
        goal=_shorten_goals(goals),
        prefix=query.prefix,
        context=shorten_context(query.position.before),
        n=query.n,
        temperature=query.temperature,
        max_tokens=query.max_tokens,
        method=query.method,
    )


def make_valid_request(query: SuggestionQuery, goals: Sequence[str]) -> SuggestRequest:
    """Make the request about goals; raises `DocumentError` if they are no text to ask about."""
    try:
        return make_request(query, goals)
    except ValidationError as error:
        raise DocumentError(error.errors()[0]["msg"], "Mend the file.") from error


def _shorten_goals(goals: Sequence[str]) -> str:
    """Return the goals as one text; of what is too long, the end of the first goal: its target."""
    goal = "\n\n".join(goals)
    return goal if len(goal) <= MAX_GOAL_CHARACTERS else goals[0][-MAX_GOAL_CHARACTERS:]


def shorten_context(before: str, characters: int = MAX_CONTEXT_CHARACTERS) -> str:
    """Return the context for the model: the text before the step, or both ends of a long one."""
    if len(before) <= characters:
        return before
    tail = before[HEADER_CHARACTERS - characters :]
    return f"{before[:HEADER_CHARACTERS]}\n{tail}"
