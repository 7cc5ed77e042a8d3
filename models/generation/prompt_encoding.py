"""A prompt as the tokens that a decoder continues: the same for serving and for training."""

from dataclasses import dataclass, replace
from typing import Any

from stepcheck.models.generation.prompt_fitting import fit_prompt, sanitize
from stepcheck.models.generation.prompt_formats import PromptFormat
from stepcheck.models.generation.token_healing import HealedPrompt, heal_prompt
from stepcheck.models.generation.vocabulary import Vocabulary
from stepcheck.models.interface import SuggestionPrompt


@dataclass(frozen=True, slots=True)
class EncodedPrompt:
    """A prompt, shortened until it fitted, its text, and the tokens that are continued."""

    prompt: SuggestionPrompt
    text: str
    cut: HealedPrompt


@dataclass(frozen=True, slots=True)
class PromptEncoder:
    """Writes prompts for one model.

    `context_tokens` is the longest sequence the network reads, prompt and completion together.
    """

    tokenizer: Any
    vocabulary: Vocabulary
    form: PromptFormat
    context_tokens: int

    def encode(self, prompt: SuggestionPrompt, max_tokens: int) -> EncodedPrompt:
        """Shorten a prompt so that `max_tokens` more fit, and cut it where tokens may join."""
        limit = max(1, self.context_tokens - max_tokens)
        prompt, tokens = fit_prompt(sanitize(prompt), limit, self._tokens)
        text = self.form.write(prompt) + prompt.prefix
        prefix = prompt.prefix.encode()
        cut = heal_prompt(tokens, text.encode(), prefix, self.vocabulary, at_least=1)
        # What is required may take a token for every byte of it.
        room = max(1, self.context_tokens - max(max_tokens, len(cut.required)))
        return EncodedPrompt(prompt, text, replace(cut, tokens=cut.tokens[-room:]))

    def tokens_of(self, text: str) -> list[int]:
        """Return the tokens of a text that goes on: some tokenizers end every text."""
        tokens = list(self.tokenizer(text).input_ids)
        while tokens and tokens[-1] in self.vocabulary.ends:
            tokens.pop()
        return tokens

    def _tokens(self, prompt: SuggestionPrompt) -> list[int]:
        return self.tokens_of(self.form.write(prompt) + prompt.prefix)
