#!/usr/bin/env bash
# CPython 3.11: ast.parse raises SystemError for valid text if another thread parses meanwhile.
#
# Versions   CPython 3.11.7. 3.12.1 and 3.13.0 did not show it, nor did 3.10.13. No package is
#            needed.
# Input      A list of 2000 calls, `[f(0), f(1), ...]`, and in another thread the expression `1 + 2`.
# Seen       SystemError: AST constructor recursion depth mismatch. The depth is counted in one place
#            for all threads. While the tree is made, the garbage collector may run Python code, such
#            as a finalizer or one of `gc.callbacks`; the interpreter may then go on with another
#            thread; if that one parses, the count that the first one comes back to is not its own.
#            The script makes this happen each time: a function in `gc.callbacks` waits until the
#            other thread has parsed. Without that, it is left to chance. CPython's issue 106905
#            has the same message.
# Expected   A tree, as when the other thread does not parse.
# Matters    A server that parses in several threads now and then fails for text that is right.
# Here       server/sandbox/parsing.py parses again.
#
# Exit status: 0 if seen, 1 if the behaviour is another, 2 if the Python is not CPython 3.11.
# PYTHON names the Python to use.
set -euo pipefail

PYTHON=${PYTHON:-$(command -v python3.11 || command -v python3)}

"$PYTHON" -I - <<'PYTHON_END'
import ast
import gc
import platform
import sys
import threading

SECONDS = 20
TEXT = "[" + ", ".join(f"f({number})" for number in range(2000)) + "]"


def attempt(other_text):
    """Parse TEXT; in the middle of it another thread has its turn. Return what became of it."""
    turn, done, had_turn = threading.Event(), threading.Event(), threading.Event()
    parsing = threading.get_ident()

    def other():
        if turn.wait(SECONDS) and other_text is not None:
            ast.parse(other_text)
        done.set()

    def collecting(phase, _details):
        if phase == "stop" and threading.get_ident() == parsing and not had_turn.is_set():
            had_turn.set()
            turn.set()
            done.wait(SECONDS)

    thread = threading.Thread(target=other)
    thread.start()
    gc.collect()
    gc.callbacks.append(collecting)
    try:
        ast.parse(TEXT)
        result = "a tree"
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    finally:
        gc.callbacks.remove(collecting)
        turn.set()
        thread.join()
    return result if had_turn.is_set() else f"{result} (the other thread had no turn)"


implementation, version = platform.python_implementation(), platform.python_version()
print(f"{implementation} {version}")
alone, together = attempt(None), attempt("1 + 2")
print(f"ast.parse, while another thread runs:   {alone}")
print(f"ast.parse, while another thread parses: {together}")
if (implementation, sys.version_info[:2]) != ("CPython", (3, 11)):
    print(f"OTHER VERSION: this is about CPython 3.11, not {implementation} {version}.")
    sys.exit(2)
if alone == "a tree" and together.startswith("SystemError: AST constructor recursion depth"):
    print("SEEN: valid text is refused because another thread parses.")
    sys.exit(0)
print("CHANGED: the behaviour is not the one described in this script.")
sys.exit(1)
PYTHON_END
