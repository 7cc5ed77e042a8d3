"""Fitting a prompt to a model: only valid Unicode, and at most as many tokens as it reads."""

from collections.abc import Callable
from dataclasses import replace

from stepcheck.models.generation.bundled_prompt import shorten_goal
from stepcheck.models.interface import SuggestionPrompt

_CHARACTERS_PER_TOKEN = 8
_SHRINK = 0.9


def sanitize(prompt: SuggestionPrompt) -> SuggestionPrompt:
    """Replace what cannot be encoded as UTF-8 (lone surrogates) by question marks."""
    return SuggestionPrompt(
        *(
            text.encode("utf-8", errors="replace").decode()
            for text in (prompt.goal, prompt.prefix, prompt.context)
        )
    )


def fit_prompt(
    prompt: SuggestionPrompt, limit: int, encode: Callable[[SuggestionPrompt], list[int]]
) -> tuple[SuggestionPrompt, list[int]]:
    """Shorten a prompt until its encoding has at most `limit` tokens; return both.

    First the beginning of the context goes, line by line, then hypotheses of the goal (as
    `shorten_goal` keeps them), then, if the prefix alone is too long, the first tokens.
    """
    longest = limit * _CHARACTERS_PER_TOKEN
    prompt = replace(
        prompt,
        goal=shorten_goal(prompt.goal, longest),
        context=_last_lines(prompt.context, longest),
    )
    tokens = encode(prompt)
    while len(tokens) > limit and (prompt.context or prompt.goal):
        share = _SHRINK * limit / len(tokens)
        if prompt.context:
            length = int(len(prompt.context) * share) if len(prompt.context) > limit else 0
            prompt = replace(prompt, context=_last_lines(prompt.context, length))
        else:
            prompt = replace(prompt, goal=shorten_goal(prompt.goal, int(len(prompt.goal) * share)))
        tokens = encode(prompt)
    return prompt, tokens[-limit:]


def _last_lines(text: str, length: int) -> str:
    """Return at most the last `length` characters of a text, from the beginning of a line."""
    if len(text) <= length:
        return text
    kept = text[len(text) - length :]
    return kept.partition("\n")[2]
