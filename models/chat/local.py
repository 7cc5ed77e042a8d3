"""A chat model from a local folder: a transformers decoder, asked through its chat template."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch

from stepcheck.models.chat.interface import (
    OPTION_TOKENS,
    ChatAnswerError,
    ChatCancelledError,
    ChatError,
    ChatMessage,
    IsCancelled,
    OptionProbabilities,
    Sampling,
    option_of,
    read_options,
)
from stepcheck.models.generation.causal import CausalNetwork
from stepcheck.models.generation.decoding import (
    DecodingJob,
    TokenPrompt,
    check_numbers,
    decode,
)
from stepcheck.models.generation.device import choose_placement, choose_threads
from stepcheck.models.generation.loaded_model import LoadedModel
from stepcheck.models.generation.loading import (
    choose_padding,
    context_length,
    end_tokens,
    load_network,
    load_tokenizer,
    open_folder,
)
from stepcheck.models.generation.token_healing import HealedPrompt
from stepcheck.models.generation.vocabulary import vocabulary_of
from stepcheck.models.interface import Completion, GenerationRequest, ModelError, SuggestionPrompt

_CONTEXT_TOKENS = 4096
_POLL_SECONDS = 0.05
_KNOWN_OPTIONS = 16
"""For how many sets of options the tokens are remembered that write them."""


def load_chat(
    path: str | Path, *, device: str = "auto", dtype: str = "auto", threads: int | None = None
) -> "LocalChat":
    """Load a chat model from a folder; `device` and `dtype` as in `choose_placement`.

    `threads` is how many processors one product may use (for the whole process, as torch has it).
    Raises `ModelError`; nothing is ever fetched.
    """
    folder = open_folder(Path(path).expanduser())
    if folder.is_encoder_decoder:
        raise ModelError(f"{folder.path} holds no decoder-only model: use a chat model")
    tokenizer = load_tokenizer(folder)
    if not tokenizer.chat_template:
        raise ModelError(
            f"the tokenizer in {folder.path} has no chat template: use a model made for chat "
            '(its name often ends with "Instruct" or "chat")'
        )
    placement = choose_placement(device, dtype)
    torch.set_num_threads(choose_threads(threads))
    network = load_network(folder, placement.device, placement.dtype)
    ends = end_tokens(network, tokenizer)
    changed = max(file.stat().st_mtime_ns for file in folder.path.iterdir())
    model = LoadedModel(
        folder.path.resolve().name,
        str(placement.device),
        CausalNetwork(network, choose_padding(tokenizer, ends)),
        tokenizer,
        vocabulary_of(tokenizer, network.get_output_embeddings().weight.shape[0], ends),
    )
    identity = f"{folder.path.resolve()} of {changed}"
    return LocalChat(model, identity, context_length(network, _CONTEXT_TOKENS))


class LocalChat:
    """A loaded chat model; see `ChatModel`. It serves one thread at a time, the others wait."""

    def __init__(
        self, model: LoadedModel[CausalNetwork], identity: str, context_tokens: int
    ) -> None:
        self._name = model.name
        self._identity = identity
        self._network = model.network
        self._tokenizer = model.tokenizer
        self._vocabulary = model.vocabulary
        self._context_tokens = context_tokens
        self._busy = threading.Lock()
        # A vocabulary is large, and the same options are asked about again and again.
        self._writers_of = lru_cache(_KNOWN_OPTIONS)(self._tokens_that_write)

    @property
    def name(self) -> str:
        """The name of the model's folder."""
        return self._name

    @property
    def identity(self) -> str:
        """The model's folder, and when it last changed."""
        return self._identity

    def complete(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        is_cancelled: IsCancelled = lambda: False,
    ) -> str:
        """Return what the model says next; see `ChatModel`."""
        max_tokens = min(sampling.max_tokens, max(1, self._context_tokens // 2))
        prompt = self._encode(messages, max_tokens)
        request = GenerationRequest(
            SuggestionPrompt(""),
            n=1,
            temperature=sampling.temperature,
            max_tokens=max_tokens,
            method="sample",
            top_p=sampling.top_p,
            seed=sampling.seed,
        )
        job = DecodingJob(
            request,
            "",
            HealedPrompt(prompt, b"", b"", 0),
            max_tokens,
            sampling.stop,
            is_refused=lambda _text: False,
        )
        with self._exclusive_use(is_cancelled):
            [found] = decode(
                self._network,
                self._vocabulary,
                [job],
                is_cancelled=lambda _index: is_cancelled(),
                on_completion=_ignore,
            )
        if is_cancelled():
            raise ChatCancelledError("nobody waits for the model's answer any more")
        return found[0].text if found else ""

    @torch.inference_mode()
    def choose(
        self,
        messages: Sequence[ChatMessage],
        options: Sequence[str],
        is_cancelled: IsCancelled = lambda: False,
    ) -> OptionProbabilities:
        """Return how likely each option is; see `ChatModel`."""
        prompt = self._encode(messages, OPTION_TOKENS)
        writers = self._writers_of(tuple(options))
        positions: list[tuple[str, Mapping[str, float]]] = []
        with self._exclusive_use(is_cancelled):
            state, logits = self._network.prefill([TokenPrompt(prompt)])
            while len(positions) < OPTION_TOKENS and not is_cancelled():
                check_numbers(logits[0, 0])
                probabilities = torch.softmax(logits[0].float(), dim=-1)
                token = int(probabilities.argmax())
                text = self._text_of(token)
                candidates: dict[str, float] = {}
                for writer, name in writers:
                    probability = float(probabilities[writer])
                    candidates[name] = max(probability, candidates.get(name, 0.0))
                positions.append((text, candidates))
                if option_of(text, options) is not None or token in self._vocabulary.ends:
                    break
                logits = state.step([token])
        if is_cancelled():
            raise ChatCancelledError("nobody waits for the model's answer any more")
        return OptionProbabilities(read_options(positions, options))

    def _tokens_that_write(self, options: tuple[str, ...]) -> list[tuple[int, str]]:
        texts = ((token, self._text_of(token)) for token in range(len(self._vocabulary)))
        found = [(token, text) for token, text in texts if option_of(text, options) is not None]
        missing = set(options) - {option_of(text, options) for _, text in found}
        if missing:
            raise ChatAnswerError(
                f"{self._name} has no token for {', '.join(sorted(missing))}: use another model"
            )
        return found

    def _text_of(self, token: int) -> str:
        return (self._vocabulary.pieces[token] or b"").decode(errors="replace")

    def _encode(self, messages: Sequence[ChatMessage], room: int) -> tuple[int, ...]:
        """Return the conversation's tokens, up to where the model's next turn begins."""
        turns = [
            {"role": each.role, "content": self._escape_special_tokens(each.text)}
            for each in messages
        ]
        try:
            text = self._write(turns)
        except Exception as refusal:
            # Templates refuse what their model never saw, most often a system message.
            if turns[0]["role"] != "system" or len(turns) < 2:
                raise _unusable(self._name, refusal) from refusal
            first, *rest = turns[1:]
            merged = first | {"content": f"{turns[0]['content']}\n\n{first['content']}"}
            try:
                text = self._write([merged, *rest])
            except Exception as error:
                raise _unusable(self._name, error) from error
        tokens = tuple(self._tokenizer(text, add_special_tokens=False).input_ids)
        if len(tokens) + room > self._context_tokens:
            raise ChatError(
                f"the conversation takes {len(tokens)} tokens and its answer up to {room}, but "
                f"{self._name} reads {self._context_tokens}: send less, or use another model"
            )
        return tokens

    def _write(self, turns: list[dict[str, str]]) -> str:
        return str(
            self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        )

    def _escape_special_tokens(self, text: str) -> str:
        """Break up what the tokenizer would read as the end of a turn, or another special token."""
        added = self._tokenizer.added_tokens_decoder.values()
        markers = {entry.content for entry in added if entry.special}
        for special in markers.union(self._tokenizer.all_special_tokens):
            if len(special) > 1:
                text = text.replace(special, f"{special[0]} {special[1:]}")
        return text.encode("utf-8", errors="replace").decode()

    @contextmanager
    def _exclusive_use(self, is_cancelled: IsCancelled) -> Iterator[None]:
        while not self._busy.acquire(timeout=_POLL_SECONDS):
            if is_cancelled():
                raise ChatCancelledError("nobody waits for the model's answer any more")
        try:
            yield
        finally:
            self._busy.release()


def _ignore(_index: int, _completion: Completion) -> None:
    pass


def _unusable(name: str, error: Exception) -> ChatError:
    return ChatError(f"the chat template of {name} refuses the conversation ({error})")
