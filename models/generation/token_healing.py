"""Token healing: a prompt is cut so that a completion can begin in the middle of a token."""

from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.models.generation.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class HealedPrompt:
    """A tokenized prompt whose last tokens were dropped, for the model to choose again.

    The model continues `tokens` with a text that begins with the bytes `required`. The completion
    is `lead` followed by that text without its first `skip` bytes.
    """

    tokens: tuple[int, ...]
    required: bytes
    lead: bytes
    skip: int

    def complete(self, generated: bytes) -> bytes:
        """Return the completion for what the model wrote after `tokens`."""
        return self.lead + generated[self.skip :]


def heal_prompt(
    tokens: Sequence[int],
    text: bytes,
    prefix: bytes,
    vocabulary: Vocabulary,
    *,
    at_least: int = 0,
) -> HealedPrompt:
    """Cut a tokenized prompt at the last place where no longer token could cross the cut.

    `tokens` are the tokens of `text`, which ends with the user's `prefix`. A prefix that ends
    within a word tokenizes differently from the whole word, and a model continues the wrong tokens
    badly ("token healing", Lundberg 2023, "The art of prompt design: prompt boundaries and token
    healing"). So the tokens that a longer token might replace are dropped and their text is
    required of the completion instead. Special tokens and the first `at_least` tokens are never
    dropped. Where tokens cannot be matched with text, because the tokenizer normalizes it, nothing
    is dropped.
    """
    start = len(tokens)
    while start > 0 and vocabulary.pieces[tokens[start - 1]] is not None:
        start -= 1
    tail = vocabulary.text_of(tokens[start:])
    if not text.endswith(tail) and tail != vocabulary.opening + text:
        return HealedPrompt(tuple(tokens), b"", prefix, 0)
    kept = len(tokens)
    start = max(start, at_least)
    required = b""
    open_length = vocabulary.open_suffix(tail)
    while kept > start and len(required) < open_length:
        kept -= 1
        required = (vocabulary.pieces[tokens[kept]] or b"") + required
    return HealedPrompt(
        tuple(tokens[:kept]),
        required,
        prefix[: max(0, len(prefix) - len(required))],
        max(0, len(required) - len(prefix)),
    )
