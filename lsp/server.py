"""Running the language server: all features registered, served over stdin and stdout, logged."""

import asyncio
import contextlib
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import psutil
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async

from stepcheck.lsp.features import (
    code_action,
    code_lens,
    configuration,
    diagnostics,
    hover,
    inline_completion,
    lean_commands,
    model_server_status,
    proof_search,
    recheck,
    text_synchronization,
)
from stepcheck.lsp.language_server import StepcheckLanguageServer

FEATURES = (
    configuration,
    text_synchronization,
    hover,
    code_action,
    code_lens,
    inline_completion,
    recheck,
    proof_search,
    diagnostics,
    lean_commands,
    model_server_status,
)
MAX_LOG_MESSAGE_CHARACTERS = 300


def create_server() -> StepcheckLanguageServer:
    """Return a language server with every feature, not yet connected."""
    server = StepcheckLanguageServer()
    for feature in FEATURES:
        feature.register(server)
    return server


def serve_stdio() -> int:
    """Serve the client at stdin and stdout until it disconnects; return the exit status.

    0 if it requested a shutdown first (LSP 3.17, *Exit*). Child processes end in any case.
    """
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    # A stray print must not end up in the protocol's stream.
    sys.stdout = sys.stderr
    try:
        asyncio.run(_serve(create_server(), stdin, stdout))
    except SystemExit as exit_request:
        return exit_request.code if isinstance(exit_request.code, int) else 1
    except (BrokenPipeError, KeyboardInterrupt):
        return 1
    return 1


async def _serve(server: StepcheckLanguageServer, stdin: BinaryIO, stdout: BinaryIO) -> None:
    server.protocol.set_writer(StdoutWriter(stdout))
    # A thread of its own, so that nothing else delays reading.
    with ThreadPoolExecutor(1, "stepcheck-stdin") as reading:
        try:
            await run_async(
                stop_event=threading.Event(),
                reader=StdinAsyncReader(stdin, reading),
                protocol=server.protocol,
                error_handler=server.report_server_error,
            )
        finally:
            await server.end_session()
            _end_children()


def _end_children() -> None:
    """End what is still running: a checker that is being compiled, for which exit would wait."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


def configure_logging(level: int = logging.WARNING) -> None:
    """Log to stderr, without the texts of the user.

    pygls logs the bodies of messages: at INFO on purpose, in errors now and then.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in ("pygls", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.ERROR)
    handler.addFilter(_redact_texts)


def _redact_texts(record: logging.LogRecord) -> bool:
    """Cut the messages of pygls down to their constant part, and leave out their tracebacks."""
    if record.name.startswith("pygls"):
        record.msg, record.args = str(record.msg)[:MAX_LOG_MESSAGE_CHARACTERS], None
        kind = record.exc_info[0] if record.exc_info else None
        record.exc_info = record.exc_text = None
        if kind is not None:
            record.msg = f"{record.msg} ({kind.__name__})"
    return True
