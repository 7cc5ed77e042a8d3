#!/usr/bin/env bash
# pygls 2.1.1 keeps a record of every notification it has handled, for as long as the server runs.
#
# Versions   pygls 2.1.1 (the newest on PyPI in November 2026) with lsprotocol 2025.0.0.
# Input      A language server with one asynchronous handler that does nothing, and a client that
#            opens a document and sends 1000 valid textDocument/didChange notifications. Between
#            them it sends as many requests, to compare.
# Seen       The protocol object remembers the future of what it runs in a dictionary. A request
#            leaves it when its answer is sent. A notification has no answer and never leaves it:
#            its identifier is made up by pygls, so not even the client could cancel it. Each
#            didChange leaves two entries here, of pygls' own handler and of the server's: 2.6 KB
#            as tracemalloc counts.
# Expected   What was handled is forgotten, as it is with requests.
# Matters    An editor sends a didChange for each key: the server grows until the editor is closed.
# Here       lsp/language_server.py removes an entry when its future is done.
#
# Exit status: 0 if seen, 1 if the behaviour is another. PYTHON names the Python to use.
set -euo pipefail

PYTHON=${PYTHON:-$(command -v python3.11 || command -v python3)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  pygls==2.1.1 lsprotocol==2025.0.0 cattrs==26.2.1 attrs==26.1.0 typing_extensions==4.16.0

cat > "$folder/server.py" <<'PYTHON_END'
import gc
import tracemalloc

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("finding", "1")


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
async def did_change(_params):
    pass


@server.feature("finding/ask")
async def ask(_params):
    return None


@server.feature("finding/measure")
async def measure(_params):
    gc.collect()
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    remembered = server.protocol._request_futures
    # The future of this very request is in there too.
    done = sum(future.done() for future in remembered.values())
    return {"done": done, "bytes": tracemalloc.get_traced_memory()[0]}


server.start_io()
PYTHON_END

cat > "$folder/client.py" <<'PYTHON_END'
import asyncio
import sys
from importlib.metadata import version

from lsprotocol import types
from pygls.lsp.client import LanguageClient

COUNT = 1000
URI = "file:///finding.txt"


async def measured(client):
    answer = await client.protocol.send_request_async("finding/measure", {})
    return answer.done, answer.bytes


async def main():
    client = LanguageClient("finding", "1")
    await client.start_io(sys.executable, sys.argv[1])
    capabilities = types.ClientCapabilities()
    await client.initialize_async(types.InitializeParams(capabilities=capabilities))
    client.initialized(types.InitializedParams())
    document = types.TextDocumentItem(URI, "plaintext", 0, "text")
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    await measured(client)
    start, _ = await measured(client)
    for _ in range(COUNT):
        await client.protocol.send_request_async("finding/ask", {})
    after_requests, bytes_before = await measured(client)
    for number in range(1, COUNT + 1):
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(number, URI),
                [types.TextDocumentContentChangeWholeDocument("text")],
            )
        )
        if number % 100 == 0:
            await measured(client)
    after_notifications, bytes_after = await measured(client)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()

    requests, notifications = after_requests - start, after_notifications - after_requests
    print(f"Python {sys.version.split()[0]}, pygls {version('pygls')}")
    print(f"after {COUNT} requests: {requests} finished futures more are remembered")
    print(f"after {COUNT} didChange notifications: {notifications} more are remembered")
    each = (bytes_after - bytes_before) / COUNT
    print(f"memory that these notifications left: {each:.0f} bytes each")
    if requests == 0 and notifications >= COUNT:
        print("SEEN: what was notified is never forgotten; what was requested is.")
        return 0
    print("CHANGED: the behaviour is not the one described in this script.")
    return 1


sys.exit(asyncio.run(asyncio.wait_for(main(), 120)))
PYTHON_END

"$folder/venv/bin/python" "$folder/client.py" "$folder/server.py"
