"""An editor's side of Lean's file worker (`lean --worker`): what of LSP these tests need."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any, BinaryIO

from .package_lean import LeanMessage, PackageLean

SECONDS = 60.0
_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


@dataclass(frozen=True)
class CodeAction:
    """One entry of the light bulb: its title, and the text it puts in the place of the call.

    Lines count from 0, columns from 0 in UTF-16 units.
    """

    title: str
    text: str
    start: tuple[int, int]
    end: tuple[int, int]

    def apply(self, document: str) -> str:
        """Replace the call in the document."""
        return document[: _offset(document, self.start)] + (
            self.text + document[_offset(document, self.end) :]
        )


def _offset(document: str, position: tuple[int, int]) -> int:
    line, column = position
    lines = document.split("\n")
    before = lines[line].encode("utf-16-le")[: 2 * column].decode("utf-16-le")
    return sum(len(earlier) + 1 for earlier in lines[:line]) + len(before)


class LeanWorker:
    """A running file worker with one document."""

    def __init__(self, process: subprocess.Popen[bytes], uri: str) -> None:
        self._process = process
        self._uri = uri
        self._answers: Queue[Mapping[str, Any]] = Queue()
        self._number = 0
        self._version = 1
        self._diagnostics: Sequence[Mapping[str, Any]] = ()
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def open(self, text: str) -> None:
        """Open the document and wait until Lean is through with it."""
        self.begin(text)
        self.wait(1)

    def begin(self, text: str) -> None:
        """Initialize and open the document."""
        self._send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 0)
        document = {"uri": self._uri, "languageId": "lean", "version": 1, "text": text}
        self._send(
            "textDocument/didOpen", {"textDocument": document, "dependencyBuildMode": "never"}
        )

    def change(self, text: str) -> int:
        """Replace the text of the document; return its new version."""
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        self._send(
            "textDocument/didChange",
            {"textDocument": document, "contentChanges": [{"text": text}]},
        )
        return self._version

    def messages(self) -> list[LeanMessage]:
        """What Lean says of the version that was waited for last."""
        return [
            LeanMessage(
                _SEVERITIES[diagnostic["severity"]],
                diagnostic["range"]["start"]["line"] + 1,
                diagnostic["range"]["start"]["character"],
                diagnostic["message"],
            )
            for diagnostic in self._diagnostics
        ]

    def wait(self, version: int) -> None:
        """Wait until Lean is through with a version of the document."""
        self.ask("textDocument/waitForDiagnostics", {"uri": self._uri, "version": version})

    def code_actions(self, line: int, column: int) -> Sequence[CodeAction]:
        """What the light bulb offers at a position."""
        position = {"line": line, "character": column}
        found = self.ask(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": self._uri},
                "range": {"start": position, "end": position},
                "context": {"diagnostics": []},
            },
        )
        return [_read_action(action) for action in found]

    def call(self, procedure: str, line: int, column: int, **argument: Any) -> Any:
        """Call one of the procedures that infoviews call, at a position."""
        session = self.ask("$/lean/rpc/connect", {"uri": self._uri})["sessionId"]
        position = {
            "textDocument": {"uri": self._uri},
            "position": {"line": line, "character": column},
        }
        inner = {**argument, "pos": position["position"]} if argument else position["position"]
        return self.ask(
            "$/lean/rpc/call",
            {"sessionId": session, "method": procedure, "params": inner, **position},
        )

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """Send a request and return its result."""
        self._number += 1
        self._send(method, params, self._number)
        while True:
            answer = self._answers.get(timeout=SECONDS)
            if answer["id"] == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _send(self, method: str, params: Mapping[str, Any], number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self, stream: BinaryIO) -> None:
        while header := stream.readline():
            length = None
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                header = stream.readline()
            if length is None:
                continue
            message = json.loads(stream.read(length))
            if "id" in message and "method" not in message:
                self._answers.put(message)
            elif message.get("method") == "textDocument/publishDiagnostics":
                self._diagnostics = message["params"]["diagnostics"]


def _read_action(action: Mapping[str, Any]) -> CodeAction:
    (change,) = action["edit"]["documentChanges"]
    (edit,) = change["edits"]
    start, end = edit["range"]["start"], edit["range"]["end"]
    return CodeAction(
        title=action["title"],
        text=edit["newText"],
        start=(start["line"], start["character"]),
        end=(end["line"], end["character"]),
    )


@contextmanager
def running_worker(package: PackageLean, folder: Path) -> Iterator[LeanWorker]:
    """A file worker that may write in `folder`."""
    command = package.command("--worker", writable=[folder], working_directory=folder)
    with package.start(command) as process:
        yield LeanWorker(process, f"file://{folder}/Example.lean")
