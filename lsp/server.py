"""The language server as a whole: its features together, over stdin and stdout."""

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
    commands,
    configuration,
    documents,
    hover,
    inline_completion,
    judging,
    model_server,
    prove,
    recheck,
)
from stepcheck.lsp.language_server import StepcheckLanguageServer

FEATURES = (
    configuration,
    documents,
    hover,
    code_action,
    code_lens,
    inline_completion,
    recheck,
    prove,
    judging,
    commands,
    model_server,
)
LONGEST_LOG_MESSAGE = 300


def create_server() -> StepcheckLanguageServer:
    """Return a language server with every feature, not yet connected."""
    server = StepcheckLanguageServer()
    for feature in FEATURES:
        feature.register(server)
    return server


def serve_stdio() -> int:
    """Serve the client at stdin and stdout until it leaves; return the exit status.

    0 if it said goodbye first (LSP 3.17, *Exit*). However it ends, the Leans end too.
    """
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    # Whatever prints must not print into the protocol.
    sys.stdout = sys.stderr
    try:
        asyncio.run(_serve(create_server(), stdin, stdout))
    except SystemExit as goodbye:
        return goodbye.code if isinstance(goodbye.code, int) else 1
    except (BrokenPipeError, KeyboardInterrupt):
        return 1
    return 1


async def _serve(server: StepcheckLanguageServer, stdin: BinaryIO, stdout: BinaryIO) -> None:
    server.protocol.set_writer(StdoutWriter(stdout))
    # A thread of its own: nothing else can keep it from reading.
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
    handler.addFilter(_keep_texts_out)


def _keep_texts_out(record: logging.LogRecord) -> bool:
    """Cut the messages of pygls down to their constant part, and leave out their tracebacks."""
    if record.name.startswith("pygls"):
        record.msg, record.args = str(record.msg)[:LONGEST_LOG_MESSAGE], None
        kind = record.exc_info[0] if record.exc_info else None
        record.exc_info = record.exc_text = None
        if kind is not None:
            record.msg = f"{record.msg} ({kind.__name__})"
    return True
