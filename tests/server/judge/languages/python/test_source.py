import ast
import gc
import threading

import pytest

from stepcheck.server.judge.languages.python import source

LIST = "[" + ", ".join(f"f({number})" for number in range(2_000)) + "]"
SECONDS = 20


@pytest.mark.parametrize("read", [source.parse, source.read_expression])
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
