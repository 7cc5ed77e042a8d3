import ast
import gc
import threading
from pathlib import Path

import pytest

from stepcheck.server.judge.languages.python import source
from stepcheck.server.sandbox.parsing import parse_expression, parse_module

LIST = "[" + ", ".join(f"f({number})" for number in range(2_000)) + "]"
SECONDS = 20
SERVER = Path(__file__).parents[3] / "server"


@pytest.mark.parametrize("read", [source.parse, parse_module, parse_expression])
def test_text_is_read_whatever_another_thread_parses_meanwhile(read):
    turn, done = threading.Event(), threading.Event()
    reader = threading.get_ident()

    def parse_when_asked():
        turn.wait(SECONDS)
        ast.parse("1 + 2")
        done.set()

    def hand_over(phase, details):
        # The collector runs in the middle of parsing, where another thread may have its turn.
        if phase == "stop" and threading.get_ident() == reader and not turn.is_set():
            turn.set()
            done.wait(SECONDS)

    other = threading.Thread(target=parse_when_asked)
    other.start()
    gc.collect()
    gc.callbacks.append(hand_over)
    try:
        tree = read(LIST)
    finally:
        gc.callbacks.remove(hand_over)
        turn.set()
        other.join()

    assert sum(isinstance(node, ast.Call) for node in ast.walk(tree)) == 2_000


def test_nothing_of_the_server_parses_without_trying_again():
    direct = [
        file.relative_to(SERVER).as_posix()
        for file in SERVER.rglob("*.py")
        if "ast.parse(" in file.read_text(encoding="utf-8") and "child" not in file.parts
    ]

    assert direct == ["sandbox/parsing.py"]
