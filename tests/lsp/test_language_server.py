"""The language server as an object, without a process of its own."""

import asyncio
import gc
import json
from concurrent.futures import Future

import pytest
from lsprotocol import types

from stepcheck.lsp.server import create_server

URI = "file:///notes.txt"


class Client:
    """Sends messages to a server of its own, and keeps what comes back."""

    def __init__(self):
        self.server = create_server()
        self.server.protocol.set_writer(self, include_headers=False)
        self.received = []

    def write(self, data):
        self.received.append(json.loads(data))

    def close(self):
        pass

    async def connect(self):
        receive = self.server.protocol.handle_message
        receive(types.InitializeRequest(1, types.InitializeParams(types.ClientCapabilities())))
        receive(types.InitializedNotification(types.InitializedParams()))
        await self.server.session()

    @property
    def sync_kind(self):
        """How the server wants to be told of changes."""
        [answer] = [message["result"] for message in self.received if message.get("id") == 1]
        return answer["capabilities"]["textDocumentSync"]["change"]

    def open(self, text):
        document = types.TextDocumentItem(URI, "plaintext", 0, text)
        params = types.DidOpenTextDocumentParams(document)
        self.server.protocol.handle_message(types.DidOpenTextDocumentNotification(params))

    async def change(self, version, change):
        document = types.VersionedTextDocumentIdentifier(version, URI)
        params = types.DidChangeTextDocumentParams(document, [change])
        self.server.protocol.handle_message(types.DidChangeTextDocumentNotification(params))
        await asyncio.sleep(0.001)

    def text(self):
        return self.server.workspace.get_text_document(URI).source


@pytest.fixture
async def client(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    client = Client()
    await client.connect()
    yield client
    await client.server.end_session()


def finished_futures():
    gc.collect()
    kinds = (asyncio.Future, Future)
    held = [each for each in gc.get_objects() if issubclass(type(each), kinds)]
    return sum(each.done() for each in held)


async def test_a_notification_that_was_handled_leaves_nothing_behind(client):
    client.open("text")
    await client.change(1, types.TextDocumentContentChangeWholeDocument("text 1"))
    before = finished_futures()

    for version in range(2, 102):
        change = types.TextDocumentContentChangeWholeDocument(f"text {version}")
        await client.change(version, change)
    await asyncio.sleep(0.1)

    assert finished_futures() - before < 50
    assert client.text() == "text 101"


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
async def test_a_change_behind_what_ends_no_line_is_made_where_the_client_made_it(
    client, character
):
    after = f"a{character}b\nxcd\n"
    client.open(f"a{character}b\ncd\n")

    if client.sync_kind == types.TextDocumentSyncKind.Incremental:
        start = types.Position(1, 0)
        change = types.TextDocumentContentChangePartial(types.Range(start, start), "x")
    else:
        change = types.TextDocumentContentChangeWholeDocument(after)
    await client.change(1, change)

    assert client.text() == after
