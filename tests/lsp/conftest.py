"""A real editor session: client and server over stdio, a model server on a socket, a real Lean.

The model is small and taught here, in seconds, to answer every goal with one of `STEPS`.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import torch
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.uris import to_fs_path
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from stepcheck.client.local_server import run_local_server
from stepcheck.lean.embedded.install import install

STEPS = (
    "omega",
    "simp",
    "intro h",
    "exact absurd rfl x",
    "refine ⟨h, ?_⟩\nomega",
    "constructor",
    "sorry",
)

# Child processes inherit it: several of them share the processors.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def taught_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that answers every goal with one of `STEPS`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=["[PAD]", "[END]", "[GOAL]", "[PROOFSTEP]", "[LIBRARY]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*STEPS] * 4, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", eos_token="[END]"
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
                max_position_embeddings=512,
                bos_token_id=None,
                eos_token_id=1,
                pad_token_id=0,
            )
        )
        _teach(network, wrapped)
    folder = tmp_path_factory.mktemp("models") / "taught"
    network.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder


def _teach(network: Any, tokenizer: Any) -> None:
    goals = ("a b : Nat\n⊢ a + b = b + a", "p q : Prop\n⊢ p ∧ q")
    texts = [f"[LIBRARY]Std[GOAL]{goal}[PROOFSTEP]{step}[END]" for goal in goals for step in STEPS]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    labels = batch.input_ids.clone()
    answer = tokenizer.convert_tokens_to_ids("[PROOFSTEP]")
    for row, tokens in enumerate(batch.input_ids.tolist()):
        labels[row, : tokens.index(answer) + 1] = -100
    labels[batch.attention_mask == 0] = -100
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    network.train()
    for _ in range(60):
        output = network(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels
        )
        optimizer.zero_grad()
        output.loss.backward()
        optimizer.step()
    network.eval()


@dataclass(frozen=True)
class ModelServer:
    """The model server that the sessions ask."""

    url: str

    def requests_served(self) -> float:
        """How many requests for suggestions it has had."""
        lines = httpx.get(f"{self.url}/metrics", trust_env=False).text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith("stepcheck_requests_total") and "/v1/suggest" in line
        )


@pytest.fixture(scope="session")
async def model_server(taught_model: Path) -> AsyncIterator[ModelServer]:
    async with run_local_server("--model", str(taught_model)) as url:
        yield ModelServer(url)


async def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for something that comes true by itself, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that judged code may see, also where the tests run as root."""
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for something that comes true by itself, and return it."""
    return wait_until


@dataclass
class Editor:
    """An editor that is connected to a language server of its own.

    It keeps documents as editors do: opened and changed in versions, saved or not.
    """

    client: LanguageClient
    server: psutil.Process
    versions: dict[str, int] = field(default_factory=dict)
    encoding: str = types.PositionEncodingKind.Utf16

    def open(self, text: str, name: str = "Test.lean", language: str = "lean4") -> str:
        return self.open_uri(f"file:///unsaved/{name}", text, language)

    def open_file(self, file: Path, language: str = "python") -> str:
        return self.open_uri(file.as_uri(), file.read_text(encoding="utf-8"), language)

    def open_uri(self, uri: str, text: str, language: str) -> str:
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [whole]))

    def save(self, uri: str, text: str) -> None:
        """Change a file and write it to the disk."""
        self.change(uri, text)
        file = to_fs_path(uri)
        assert file is not None
        Path(file).write_text(text, encoding="utf-8")
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def faults(self, uri: str) -> list[types.Diagnostic]:
        """What is shown in a file now."""
        return list(self.client.diagnostics.get(uri, ()))

    async def lenses(self, uri: str) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        lenses = await self.client.text_document_code_lens_async(params) or []
        return [await self.client.code_lens_resolve_async(lens) for lens in lenses]

    async def titles(self, uri: str) -> list[str]:
        """What the code lenses of a file say."""
        return [lens.command.title for lens in await self.lenses(uri)]

    def close(self, uri: str) -> None:
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        params = types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        return await self.client.text_document_hover_async(params)

    async def hover_text(self, uri: str, line: int, character: int) -> str:
        """The text of a hover, asked for until the work behind it is done."""
        for _ in range(20):
            hover = await self.hover(uri, line, character)
            assert hover is not None
            if "Ask again in a moment" not in hover.contents.value:
                return hover.contents.value
        raise AssertionError("the work behind it was never finished")

    async def code_actions(
        self,
        uri: str,
        line: int,
        character: int,
        *,
        only: list[str] | None = None,
        trigger: types.CodeActionTriggerKind = types.CodeActionTriggerKind.Invoked,
    ) -> list[types.CodeAction]:
        at = types.Position(line, character)
        context = types.CodeActionContext([], only, trigger)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), types.Range(at, at), context
        )
        return await self.client.text_document_code_action_async(params) or []

    async def run(self, command: types.Command) -> Any:
        params = types.ExecuteCommandParams(command.command, command.arguments)
        return await self.client.workspace_execute_command_async(params)

    def send_raw(self, body: bytes) -> None:
        """Send what no client would: a frame with any body."""
        self.client._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def children(self) -> list[psutil.Process]:
        """The processes that the server has started: its Leans."""
        return self.server.children(recursive=True)

    def judge(self) -> psutil.Process:
        """The judge's server, the one child of its kind; what it runs code in comes and goes."""
        (judge,) = (each for each in self.server.children() if "--judge-only" in _words_of(each))
        return judge


def _words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def full_capabilities() -> types.ClientCapabilities:
    """What VS Code can do, as far as it matters here."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf16]
        ),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            apply_edit=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(
                dynamic_registration=True
            ),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(
                content_format=[types.MarkupKind.Markdown, types.MarkupKind.PlainText]
            ),
            code_action=types.CodeActionClientCapabilities(
                data_support=True,
                disabled_support=True,
                is_preferred_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(properties=["edit"]),
            ),
        ),
    )


def bare_capabilities() -> types.ClientCapabilities:
    """An editor that can do next to nothing, and counts columns in bytes."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf8]
        )
    )


def editor_converter() -> Any:
    """The converter of the client, which must tell an action with a command from a command."""
    converter = default_converter()
    converter.register_structure_hook(
        types.Command | types.CodeAction,
        lambda value, _: converter.structure(
            value, types.Command if isinstance(value.get("command"), str) else types.CodeAction
        ),
    )
    return converter


@asynccontextmanager
async def connected_editor(
    capabilities: types.ClientCapabilities,
    options: Any = None,
    configuration: dict[str, Any] | None = None,
    arguments: tuple[str, ...] = (),
    prepare: Callable[[LanguageClient], None] = lambda _client: None,
    folder: Path | None = None,
) -> AsyncIterator[Editor]:
    """Start a language server, be its client, and say goodbye at the end."""
    client = LanguageClient(converter_factory=editor_converter)
    register_lsp_features(client)
    client.set_configuration({"stepcheck": configuration} if configuration else {})
    client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda _params: None)
    prepare(client)
    await client.start_io(sys.executable, "-m", "stepcheck", "lsp", *arguments)
    editor = Editor(client, psutil.Process(client._server.pid))
    answer = await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            initialization_options=options,
            workspace_folders=(
                [types.WorkspaceFolder(folder.as_uri(), folder.name)] if folder else None
            ),
        )
    )
    editor.encoding = answer.capabilities.position_encoding or types.PositionEncodingKind.Utf16
    try:
        yield editor
    finally:
        if editor.server.is_running():
            await asyncio.wait_for(client.shutdown_session(), 30)
        await client.stop()


StartEditor = Callable[..., Any]


@pytest.fixture
async def start_editor() -> AsyncIterator[StartEditor]:
    """Start editors that are closed after the test."""
    async with AsyncExitStack() as stack:
        yield lambda *args, **options: stack.enter_async_context(connected_editor(*args, **options))


class _NoProgress:
    """Tells nobody how an installation goes."""

    def begin(self, step: str, total: int | None = None) -> None: ...

    def advance(self, position: int) -> None: ...

    def say(self, message: str) -> None: ...


@pytest.fixture(scope="session")
def installed_lean() -> None:
    """Have the embedded Lean there and its checker compiled, so that sessions start in seconds."""
    install(_NoProgress())


def session_options(model_server: ModelServer) -> dict[str, Any]:
    """The settings of a session that uses the taught model and the embedded Lean."""
    return {
        "client": {"server_url": model_server.url},
        "lean": {"toolchain": "embedded", "milliseconds_per_candidate": 20_000},
        "suggestion": {"n": 10, "method": "beam"},
    }


@pytest.fixture
def options(installed_lean: None, model_server: ModelServer) -> dict[str, Any]:
    """Settings with which everything works, for a test to change."""
    return session_options(model_server)


@pytest.fixture
def vscode() -> types.ClientCapabilities:
    """The capabilities of a rich editor."""
    return full_capabilities()


@pytest.fixture(scope="session")
async def editor(installed_lean: None, model_server: ModelServer) -> AsyncIterator[Editor]:
    """An editor with every capability, its Lean warm; shared by all tests that leave it so."""
    async with connected_editor(full_capabilities(), session_options(model_server)) as editor:
        uri = editor.open("example : True := by\n  sorry\n", "Warm.lean")
        await editor.hover_text(uri, 1, 3)
        yield editor


@pytest.fixture(scope="session")
async def bare_editor(installed_lean: None, model_server: ModelServer) -> AsyncIterator[Editor]:
    """An editor with next to no capabilities."""
    async with connected_editor(bare_capabilities(), session_options(model_server)) as editor:
        yield editor
