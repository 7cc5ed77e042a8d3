"""Model servers on real sockets, for every test that talks to one."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from stepcheck.models.interface import Completion, GenerationRequest, Generator
from stepcheck.server.app import create_app
from stepcheck.server.engine.metrics import EngineMetrics
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.schema import ErrorBody
from stepcheck.server.http.security import choose_token
from stepcheck.server.http.wsgi_server import HttpServer, listen
from stepcheck.settings.schema import Settings


@dataclass
class FakeGenerator:
    """The tests' fake of a model: takes as long as told, and tells what it was asked.

    It lets the behaviour of the queue be observed exactly; tests of what is generated use real
    weights.
    """

    name: str = "fake"
    device: str = "cpu"
    seconds_per_completion: float = 0.0
    failure: Callable[[Sequence[GenerationRequest]], Exception | None] = lambda _requests: None
    batches: list[list[GenerationRequest]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        is_cancelled: Callable[[int], bool] = lambda _: False,
        on_completion: Callable[[int, Completion], None] = lambda _index, _completion: None,
    ) -> list[list[Completion]]:
        if requests[0].max_tokens == 1:
            return [[] for _ in requests]  # the engine's warm-up
        self.batches.append(list(requests))
        self.began.set()
        self._wait_for_gate(requests, is_cancelled)
        if (error := self.failure(requests)) is not None:
            raise error
        results: list[list[Completion]] = [[] for _ in requests]
        stopped: set[int] = set()
        for rank in range(max(request.n for request in requests)):
            if len(stopped) == len(requests):
                break
            time.sleep(self.seconds_per_completion)
            for index, request in enumerate(requests):
                if index in stopped or rank >= request.n:
                    continue
                if is_cancelled(index):
                    stopped.add(index)
                    self.cancelled.append(request.prompt.goal)
                    continue
                text = f"{request.prompt.prefix}step {rank} of {request.prompt.goal}"
                completion = Completion(text, score=-float(rank + 1), tokens=3)
                results[index].append(completion)
                on_completion(index, completion)
        return results

    def _wait_for_gate(
        self, requests: Sequence[GenerationRequest], is_cancelled: Callable[[int], bool]
    ) -> None:
        while not self.gate.wait(0.01):
            if all(is_cancelled(index) for index in range(len(requests))):
                return


@dataclass(frozen=True)
class RunningServer:
    """A server under test."""

    url: str
    port: int
    engine: Engine
    http: HttpServer
    token: str | None

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def suggest(self, **fields: Any) -> httpx.Response:
        with self.client() as client:
            return client.post("/v1/suggest", json={"goal": "⊢ True"} | fields)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.split("{")[0].split(" ")[0] == name
        )


@pytest.fixture(scope="session", autouse=True)
def _without_kept_judgements() -> Iterator[None]:
    """Let commands judge afresh: what an earlier test run has kept would hide a fault."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEPCHECK_JUDGE_CACHE_MEGABYTES", "0")
        yield


StartServer = Callable[..., RunningServer]


@contextmanager
def running(
    *generators: Generator,
    load: Callable[[], Sequence[Generator]] | None = None,
    wait: bool = True,
    settings: Settings | None = None,
    keeps_judgements: bool = False,
    **server: Any,
) -> Iterator[RunningServer]:
    """Run a server with these models on loopback, on a free port unless one is given."""
    settings = settings or Settings.model_validate({"server": {"port": 0} | server})
    if not keeps_judgements:
        uncached = settings.judge.model_copy(update={"cache_megabytes": 0})
        settings = settings.model_copy(update={"judge": uncached})
    registry = CollectorRegistry()
    engine = Engine(load or (lambda: generators), settings.server, EngineMetrics(registry))
    token, _ = choose_token(settings.server)
    app = create_app(settings, engine, registry, token)
    http = HttpServer(app, listen("127.0.0.1", settings.server.port), settings.server)
    engine.start()
    http.start()
    try:
        if wait:
            engine.wait_until_loaded(60)
        yield RunningServer(f"http://127.0.0.1:{http.port}", http.port, engine, http, token)
    finally:
        http.stop_accepting()
        engine.stop(drain_seconds=0.1)
        http.close()


@pytest.fixture
def run_server() -> Callable[..., AbstractContextManager[RunningServer]]:
    """Run a server for the length of a `with` block."""
    return running


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Start servers that are stopped after the test."""
    with ExitStack() as stack:
        yield lambda *generators, **options: stack.enter_context(running(*generators, **options))


@pytest.fixture
def fake_generator() -> type[FakeGenerator]:
    """The tests' fake of a model, to be made with the behaviour that a test needs."""
    return FakeGenerator


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real model of random weights, as transformers saves it."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["[PAD]", "[END]", "[GOAL]", "[PROOFSTEP]", "[LIBRARY]"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["simp rw exact intro h x y"], trainer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=tokenizer.get_vocab_size(),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=4,
                max_position_embeddings=512,
                pad_token_id=0,
                bos_token_id=None,
                eos_token_id=1,
            )
        )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", eos_token="[END]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def expect_error() -> Callable[[httpx.Response, int, str], ErrorBody]:
    """Check an error's status, kind and shape, and return it."""

    def check(response: httpx.Response, status: int, kind: str) -> ErrorBody:
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"] == "application/json"
        body = ErrorBody.model_validate_json(response.content)
        assert body.error == kind
        assert body.message
        assert body.request_id == response.headers["X-Request-Id"]
        return body

    return check


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, ten seconds at most."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.01)

    return wait


@dataclass
class ChatServer:
    """Stands in for a chat model: a real HTTP server that speaks OpenAI's protocol.

    `replies` are given one after the other, then the last again. A reply is a text (what the model
    says), a body as a dictionary, bytes, or a function of the request's body to one of these; a
    pair begins with the status, a triple ends with headers.
    """

    url: str = ""
    replies: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    broken_off: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
        self.paths.append(path)
        self.headers.append(headers)
        self.requests.append(body)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        reply = reply(body) if callable(reply) else reply
        status, content, further = (reply if isinstance(reply, tuple) else (200, reply)) + (
            ({},) if not isinstance(reply, tuple) or len(reply) < 3 else ()
        )
        if isinstance(content, str):
            message = {"role": "assistant", "content": content}
            content = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        return status, content, further


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    import json
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    model = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content, headers = model.answer(self.path, dict(self.headers), body)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                model.broken_off.set()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        model.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield model
        server.shutdown()


@pytest.fixture(scope="session")
def make_chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder with a small chat model, taught what to say to what, with its template.

    The template knows no system role, as those of some models.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    template = (
        "{% for message in messages %}"
        "{% if message.role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "<|{{ message.role }}|>{{ message.content }}<|end|>"
        "{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )

    def make(taught: dict[str, str], context: int, steps: int = 80) -> Path:
        torch.set_num_threads(1)
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        special = ["<pad>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
        tokenizer.train_from_iterator(
            [*taught, *taught.values()],
            trainers.BpeTrainer(
                vocab_size=320 if context < 1000 else 2000,
                special_tokens=special,
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
        wrapped = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token="<pad>",
            eos_token="<|end|>",
            additional_special_tokens=special[2:],
            chat_template=template,
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = LlamaForCausalLM(
                LlamaConfig(
                    vocab_size=len(wrapped),
                    hidden_size=32,
                    intermediate_size=64,
                    num_hidden_layers=2,
                    num_attention_heads=4,
                    max_position_embeddings=context,
                    pad_token_id=0,
                    bos_token_id=None,
                    eos_token_id=1,
                )
            )
        texts = [
            f"<|user|>{asked}<|end|><|assistant|>{said}<|end|>" for asked, said in taught.items()
        ]
        batch = wrapped(texts, return_tensors="pt", padding=True)
        labels = batch.input_ids.masked_fill(batch.attention_mask == 0, -100)
        answer = wrapped.convert_tokens_to_ids("<|assistant|>")
        for row, tokens in enumerate(batch.input_ids.tolist()):
            labels[row, : tokens.index(answer) + 1] = -100
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
        for _ in range(steps):
            loss = network(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels
            ).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        folder = tmp_path_factory.mktemp("models") / "tiny-chat"
        network.eval().save_pretrained(folder)
        wrapped.save_pretrained(folder)
        return folder

    return make
