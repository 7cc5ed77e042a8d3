"""Lets the embedded Lean practise, so that the machine code Node.js makes of it can be kept.

Node.js compiles a function of WebAssembly badly when it is first called, and well after many
calls: a Lean that has just been started is several times slower than one that has run for a while.
"""

import itertools
import json
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.limits import CheckLimits, default_threads
from stepcheck.lean.protocol import check_request, open_request

PRACTICE_FILE = Path(__file__).with_name("practice.toml")

ROUNDS = 3
"""A function that is not compiled well by then is not used much."""

_SECONDS = 180.0
_LIMITS = CheckLimits(heartbeats=40_000, milliseconds=2_000)


def practise(command: LeanCommand) -> None:
    """Have a checker try many steps, and end it.

    Raises `OSError` if it cannot be started. One that fails has practised less, or nothing.
    """
    with (
        suppress(BrokenPipeError),
        subprocess.Popen(
            command.arguments,
            env=dict(command.environment),
            cwd=command.working_directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as process,
    ):
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            _hold(process)
            process.wait()
        except (BrokenPipeError, ValueError):
            process.kill()
        finally:
            timer.cancel()


def _hold(process: subprocess.Popen[str]) -> None:
    """Ask one thing after the other, and end the input when the last is answered."""
    if process.stdin is None or process.stdout is None:
        return
    for number, request in _requests():
        process.stdin.write(f"{request}\n")
        process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            # Those with an index are followed by another.
            if answer.get("id") == number and "index" not in answer:
                break
    process.stdin.close()


def _requests() -> Iterator[tuple[int, str]]:
    """Yield the requests with their numbers."""
    practice = tomllib.loads(PRACTICE_FILE.read_text(encoding="utf-8"))
    numbers = itertools.count()
    for text in ROUNDS * practice["texts"]:
        number = next(numbers)
        yield number, open_request(number, text, "\n", _LIMITS.document_milliseconds)
        number = next(numbers)
        yield number, check_request(number, practice["steps"], _LIMITS, default_threads())


@cache
def practice_text() -> str:
    """Return a text that is another one whenever what is practised is."""
    return f"{ROUNDS} {PRACTICE_FILE.read_text(encoding='utf-8')}"
