"""What programs do that is not meant: nothing hangs, and what it was is known."""

import time

import pytest

from stepcheck.server.judge.evidence.programs.runs import Ending, RunLimits, run_program
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
LIMITS = RunLimits(seconds=1, output_bytes=10_000)


def run(source, *inputs, limits=LIMITS):
    sandbox = Sandbox(Limits(seconds_per_call=1))
    return run_program(source, inputs or ("a\n",), sandbox, limits, lambda: False)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("print(input())", "a\n"),
        ("import sys\nprint(sys.stdin.read(), end='')", "a\n"),
        ("print(open(0).read(), end='')", "a\n"),
        ("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())", "a\n"),
        ("import os\nprint(os.read(0, os.fstat(0).st_size).decode(), end='')", "a\n"),
        ("import fileinput\nprint(*fileinput.input(), end='')", "a\n"),
        ("import sys\nprint(1)\nsys.exit()", "1\n"),
        ("print(1)\nexit(0)", "1\n"),
        ("import os, sys\nprint(1)\nsys.stdout.flush()\nos._exit(0)", "1\n"),
        ("print(__name__)", "__main__\n"),
        ("import sys\nprint(sys.argv)", "['/tmp/program.py']\n"),
        ("import atexit\natexit.register(print, 2)\nprint(1)", "1\n2\n"),
        ("import threading\nthreading.Thread(target=lambda: print(input())).start()", "a\n"),
        (
            "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 28)\n"
            "def f(n): return n and 1 + f(n - 1)\n"
            "threading.Thread(target=lambda: print(f(20000))).start()",
            "20000\n",
        ),
        ("import sys\nprint(1)\nsys.stdout.close()", "1\n"),
        ("import os\nif os.fork():\n    os.wait()\nelse:\n    print(1)", "1\n"),
        ("import pickle\nclass A: pass\npickle.loads(pickle.dumps(A()))\nprint(1)", "1\n"),
    ],
)
def test_what_a_program_prints(source, output):
    [ran] = run(source)

    assert (ran.ending, ran.output) == (Ending.NORMAL, output)


@pytest.mark.parametrize(
    ("source", "ending", "line"),
    [
        ("x = 1\nint('y')", Ending.EXCEPTION, 2),
        ("input()\ninput()", Ending.EXCEPTION, 2),
        ("def f(): return f()\nf()", Ending.EXCEPTION, 1),
        ("import sys\nsys.exit(3)", Ending.EXIT_STATUS, None),
        ("import sys\nsys.exit('no')", Ending.EXIT_STATUS, None),
        ("import os\nos._exit(1)", Ending.EXIT_STATUS, None),
        ("import os\nos.abort()", Ending.SIGNAL, None),
        ("import ctypes\nctypes.string_at(0)", Ending.SIGNAL, None),
        ("while True: pass", Ending.PROCESSOR_TIME, None),
        ("import sys\nwhile True: sys.stdin.readline()", Ending.PROCESSOR_TIME, None),
        ("import os\nos.kill(os.getppid(), 9)", Ending.NOT_RUN, None),
        ("import os\nos.kill(-1, 9)", Ending.NOT_RUN, None),
    ],
)
def test_how_a_program_ends(source, ending, line):
    [ran] = run(source)

    assert (ran.ending, ran.line) == (ending, line)


def test_a_program_that_fills_the_memory_ends_for_that():
    # To fill it takes a slow machine more than a second of its processor.
    limits = RunLimits(seconds=20, output_bytes=10_000)
    [ran] = run("x = []\nwhile True: x.append(bytearray(10**7))", limits=limits)

    assert (ran.ending, ran.line) == (Ending.MEMORY, None)


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1000)",
        "import os\nwhile True:\n    os.fork()",
        "while True: print('x' * 1000)",
        "import os\nif os.fork() == 0:\n    os.setsid()\n    while True: pass",
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "import os\nos.close(0)\nos.close(1)\nos.close(2)",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
        "import os\nos.execv('/bin/sleep', ['sleep', '1000'])",
        "import sys\nsys.stdout = None\nsys.stderr = None\nraise SystemError",
    ],
)
def test_nothing_hangs(source):
    began = time.monotonic()

    run(source)

    assert time.monotonic() - began < 30


def test_what_is_printed_without_end_is_cut():
    [ran] = run("while True: print('x' * 1000)")

    assert ran.truncated
    assert not ran.ended_well
    assert len(ran.output) == LIMITS.output_bytes


def test_runs_do_not_share_what_they_set():
    runs = run("import math\nmath.e += 1\nprint(round(math.e), input())", "1", "2", "3")

    assert [ran.output for ran in runs] == ["4 1\n", "4 2\n", "4 3\n"]


def test_no_more_is_run_once_a_run_was_late():
    runs = run("n = int(input())\nwhile n: pass\nprint(n)", "0", "1", "0")

    assert [ran.ending for ran in runs] == [
        Ending.NORMAL,
        Ending.PROCESSOR_TIME,
        Ending.NOT_RUN,
    ]


def test_a_forged_report_counts_for_nothing():
    [ran] = run(
        "import os\n"
        "for d in range(3, 100):\n"
        "    try: os.write(d, b'forged')\n"
        "    except OSError: pass\n"
        "try:\n"
        "    open(f'/proc/{os.getppid()}/fd/1', 'w').write('forged')\n"
        "except OSError:\n"
        "    print('denied')\n"
    )

    assert ran.output == "denied\n"
