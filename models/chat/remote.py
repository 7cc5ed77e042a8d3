"""A chat model behind an OpenAI-compatible endpoint: vLLM, ollama, llama.cpp, the OpenAI API."""

import asyncio
import json
import math
import random
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from pydantic import SecretStr

from stepcheck.models.chat.interface import (
    OPTION_TOKENS,
    ChatAnswerError,
    ChatBusyError,
    ChatCancelledError,
    ChatError,
    ChatMessage,
    ChatRefusedError,
    ChatTimeoutError,
    ChatUnreachableError,
    IsCancelled,
    OptionProbabilities,
    Sampling,
    no_option,
    option_of,
    read_options,
)

_PATH = "/chat/completions"
_POLL_SECONDS = 0.05
_MAX_ANSWER_BYTES = 16_000_000
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TRIES = 5
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_TOP_LOGPROBS = (20, 5)
"""How many alternatives are asked for; some servers refuse the most that OpenAI allows."""

_SAMPLES = 8
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class _UnsupportedError(ChatRefusedError):
    """The server refused the request's form (status 400 or 422), not what it asks for."""


@dataclass(frozen=True, slots=True)
class RemoteChat:
    """A model named `model` at `url`, such as http://127.0.0.1:8000/v1; see `ChatModel`.

    `timeout_seconds` is for one answer, retries included. `token` goes into the Authorization
    header and nowhere else; redirects are not followed.
    """

    url: str = field(repr=False)
    model: str
    token: SecretStr | None = None
    timeout_seconds: float = 120.0

    @property
    def name(self) -> str:
        """The model's name on its server."""
        return self.model

    @property
    def identity(self) -> str:
        """Where it is asked, and for what model."""
        return f"{self.model} at {self._shown_url}"

    @property
    def _shown_url(self) -> str:
        """The address without a user's name and password."""
        return str(httpx.URL(self.url).copy_with(userinfo=b""))

    def complete(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        is_cancelled: IsCancelled = lambda: False,
    ) -> str:
        """Return what the model says next; see `ChatModel`."""
        return _text_of(self._ask(_to_body(self.model, messages, sampling), is_cancelled))

    def choose(
        self,
        messages: Sequence[ChatMessage],
        options: Sequence[str],
        is_cancelled: IsCancelled = lambda: False,
    ) -> OptionProbabilities:
        """Return how likely each option is; see `ChatModel`.

        A server that gives no log-probabilities is asked for samples instead, whose frequencies
        estimate them.
        """
        body = _to_body(self.model, messages, Sampling(max_tokens=OPTION_TOKENS))
        for count in _TOP_LOGPROBS:
            try:
                asked = body | {"logprobs": True, "top_logprobs": count}
                positions = _positions_of(self._ask(asked, is_cancelled))
            except _UnsupportedError:
                continue
            if positions is None:
                break
            return OptionProbabilities(read_options(positions, options))
        return self._sample(messages, options, is_cancelled)

    def _sample(
        self, messages: Sequence[ChatMessage], options: Sequence[str], is_cancelled: IsCancelled
    ) -> OptionProbabilities:
        counts = dict.fromkeys(options, 0)
        answers = []
        for seed in range(_SAMPLES):
            sampling = Sampling(temperature=1.0, max_tokens=OPTION_TOKENS, seed=seed)
            answers.append(self.complete(messages, sampling, is_cancelled))
            words = (option_of(word, options) for word in answers[-1].split())
            chosen = next((word for word in words if word is not None), None)
            if chosen is not None:
                counts[chosen] += 1
        if not any(counts.values()):
            raise no_option(answers[0], options)
        shares = {option: count / _SAMPLES for option, count in counts.items()}
        return OptionProbabilities(shares, calls=_SAMPLES, estimated=True)

    def _ask(self, body: Mapping[str, Any], is_cancelled: IsCancelled) -> Mapping[str, Any]:
        """Send a request, again in the words that the server knows, and return its answer."""
        try:
            return asyncio.run(self._ask_until_cancelled(body, is_cancelled))
        except _UnsupportedError as error:
            # OpenAI's newer models know the limit under another name only.
            if "max_completion_tokens" not in str(error):
                raise
            renamed = dict(body)
            renamed["max_completion_tokens"] = renamed.pop("max_tokens")
            return asyncio.run(self._ask_until_cancelled(renamed, is_cancelled))

    async def _ask_until_cancelled(
        self, body: Mapping[str, Any], is_cancelled: IsCancelled
    ) -> Mapping[str, Any]:
        sent = asyncio.create_task(self._ask_in_time(body))
        try:
            while not (await asyncio.wait({sent}, timeout=_POLL_SECONDS))[0]:
                if is_cancelled():
                    raise ChatCancelledError("nobody waits for the model's answer any more")
            return sent.result()
        finally:
            sent.cancel()
            await asyncio.gather(sent, return_exceptions=True)

    async def _ask_in_time(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._ask_persistently(body)
        except (TimeoutError, httpx.TimeoutException):
            raise ChatTimeoutError(
                f"no answer from {self._shown_url} within {self.timeout_seconds:g} s: "
                "use a faster model, or raise chat.timeout_seconds"
            ) from None
        except httpx.ConnectError:
            raise ChatUnreachableError(
                f"no chat model answers at {self._shown_url}: start its server, or correct chat.url"
            ) from None
        except httpx.HTTPError as error:
            raise ChatUnreachableError(
                f"the connection to {self._shown_url} broke ({type(error).__name__}): "
                "see whether the model's server still runs"
            ) from None

    async def _ask_persistently(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        async with self._client() as client:
            for attempt in range(_TRIES):
                async with client.stream("POST", self.url + _PATH, json=body) as answer:
                    content = await _read(answer)
                if answer.status_code not in _RETRIED:
                    break
                if attempt + 1 < _TRIES:
                    await asyncio.sleep(_seconds_to_wait(answer, attempt))
        if answer.is_success:
            return _parse(content)
        raise self._explain(answer.status_code, content)

    def _client(self) -> httpx.AsyncClient:
        token = self.token
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token.get_secret_value()}"} if token else None,
            timeout=self.timeout_seconds,
            verify=_certificates(),
            # A proxy for the rest of the world cannot reach this machine's loopback.
            trust_env=httpx.URL(self.url).host not in _LOOPBACK,
        )

    def _explain(self, status: int, content: bytes) -> ChatError:
        said = _error_message(content)
        if self.token:
            said = said.replace(self.token.get_secret_value(), "…")
        match status:
            case 401 | 403:
                return ChatRefusedError(
                    f"{self._shown_url} refused the token: {said}; see chat.token"
                )
            case 404:
                return ChatRefusedError(
                    f"{self._shown_url} has no model {self.model!r} or no {_PATH}: {said}; "
                    "see chat.url, which usually ends with /v1, and chat.model"
                )
            case 400 | 422:
                return _UnsupportedError(f"{self._shown_url} refused the request: {said}")
        if status in _RETRIED:
            return ChatBusyError(
                f"{self._shown_url} answered {_TRIES} times with status {status}: {said}; "
                "try again later"
            )
        return ChatRefusedError(f"{self._shown_url} answered with status {status}: {said}")


@cache
def _certificates() -> ssl.SSLContext:
    # Making one takes longer than a request to a near server.
    return httpx.create_ssl_context()


def _to_body(model: str, messages: Sequence[ChatMessage], sampling: Sampling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.text} for message in messages],
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
        "stream": False,
    }
    if sampling.top_p < 1:
        body["top_p"] = sampling.top_p
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return body


async def _read(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > _MAX_ANSWER_BYTES:
            raise ChatAnswerError(f"the answer is longer than {_MAX_ANSWER_BYTES} bytes")
    return bytes(content)


def _seconds_to_wait(answer: httpx.Response, attempt: int) -> float:
    try:
        seconds = float(answer.headers["Retry-After"])
    except (KeyError, ValueError):
        # Half of it by chance, so that clients refused together don't come back together.
        seconds = _FIRST_WAIT_SECONDS * 2**attempt * (0.5 + random.random() / 2)  # noqa: S311
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


def _parse(content: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(content)
        choice = answer["choices"][0]
        if not isinstance(choice["message"], dict):
            raise TypeError
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise ChatAnswerError(
            f"what answers is no OpenAI-compatible server: {content[:80]!r}; see chat.url"
        ) from None
    return dict(choice)


def _text_of(choice: Mapping[str, Any]) -> str:
    """Return what the model said; the reasoning that some servers report apart is none of it."""
    match choice["message"].get("content"):
        case None:
            return ""
        case str(text):
            return text
        case list(parts):
            return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
    raise ChatAnswerError("the answer's content is no text")


def _positions_of(choice: Mapping[str, Any]) -> list[tuple[str, dict[str, float]]] | None:
    """Return each token with the probabilities of its alternatives, None if there are none."""
    logprobs = choice.get("logprobs")
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        return None
    positions = []
    try:
        for position in logprobs["content"]:
            entries = [position, *(position.get("top_logprobs") or [])]
            candidates = {str(entry["token"]): _probability(entry["logprob"]) for entry in entries}
            positions.append((str(position["token"]), candidates))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ChatAnswerError("the log-probabilities are not of OpenAI's form") from None
    return positions


def _probability(logarithm: float) -> float:
    if math.isnan(logarithm):
        raise ValueError("not a number")
    return math.exp(min(0.0, logarithm))


def _error_message(content: bytes) -> str:
    """Return what an error's body says: OpenAI's form, FastAPI's, or the beginning of any text."""
    text = content.decode("utf-8", "replace").strip()
    try:
        body = json.loads(text)
        error = body.get("error", body.get("detail", body.get("message", text)))
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError, RecursionError):
        pass
    return text[:300] or "without a reason"
