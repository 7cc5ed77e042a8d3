"""Real code that breaks or outlasts its run: contained, and reported as what it is."""

import secrets
import threading
import time
from pathlib import Path

import pytest

from stepcheck.server.sandbox.sandbox import CancelledError, Check, Limits, Sandbox, Status

from .examining import IS_TWO, examine, isolated, statuses


@isolated
def test_a_right_candidate_passes():
    assert statuses("def f(x):\n    return x + 1\n") == {Status.PASSED}


@isolated
@pytest.mark.parametrize(
    ("source", "status"),
    [
        pytest.param("import os\nos._exit(0)", Status.CRASHED, id="exits while it is loaded"),
        pytest.param("import os\ndef f(x): os._exit(0)", Status.CRASHED, id="exits when called"),
        pytest.param("import sys\nsys.exit(0)", Status.RAISED, id="sys.exit while it is loaded"),
        pytest.param("import sys\ndef f(x): sys.exit(0)", Status.RAISED, id="sys.exit when called"),
        pytest.param("raise KeyboardInterrupt", Status.RAISED, id="interrupts"),
        pytest.param("def f(x): print(2)", Status.FAILED, id="prints the expected result"),
        pytest.param("def f(x):\n    while True: pass", Status.TIMEOUT, id="never returns"),
        pytest.param("while True: pass", Status.TIMEOUT, id="is never loaded"),
        pytest.param(
            "def f(x):\n    while True: print('y' * 100_000)", Status.TIMEOUT, id="endless output"
        ),
        pytest.param(
            "import os\ndef f(x):\n    while True: os.write(1, b'y' * 65536)",
            Status.TIMEOUT,
            id="endless output past sys.stdout",
        ),
        pytest.param("def f(x): return bytearray(3 << 30)", Status.RAISED, id="takes all memory"),
        pytest.param("def f(x): return f(x)", Status.RAISED, id="recurses"),
        pytest.param("import ctypes\ndef f(x): ctypes.string_at(0)", Status.CRASHED, id="segfault"),
        pytest.param(
            "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
            Status.INCONCLUSIVE,
            id="is killed, by whom nobody can tell",
        ),
        pytest.param(
            "import os\ndef f(x): os.kill(os.getpid(), 40)",
            Status.INCONCLUSIVE,
            id="dies of a signal without a name",
        ),
    ],
)
def test_code_that_breaks_the_run_is_reported_as_what_it_is(source, status):
    assert statuses(source) == {status}


@isolated
@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param("import time\ndef f(x): time.sleep(60)", "computing for 0.0", id="sleeps"),
        pytest.param("import time\ntime.sleep(60)", "computing for 0.0", id="sleeps when loaded"),
        pytest.param(
            "import os, socket, sys\ndef f(x):\n    os.closerange(0, 64)\n    while True: pass",
            "killed",
            id="cuts the connection",
        ),
    ],
)
def test_time_that_the_machine_may_have_lost_decides_nothing(source, why):
    limits = Limits(seconds=60, seconds_per_call=0.2)

    results = Sandbox(limits).examine(source, ["f"], IS_TWO).results

    assert {result.status for result in results} == {Status.INCONCLUSIVE}
    assert why in results[0].message


@isolated
@pytest.mark.parametrize("waste", ["while True: pass", "subprocess.run(['yes'])"])
def test_processor_time_is_counted_by_call_and_with_that_of_children(waste):
    source = (
        "import subprocess, time\n"
        "def f(x):\n"
        "    began = time.process_time()\n"
        "    while time.process_time() < began + 0.4: pass\n"
        "    return x + 1\n"
        f"def g(x):\n    {waste}\n"
    )
    limits = Limits(seconds=60, seconds_per_call=1)
    checks = [*[Check("f(1)", "2")] * 4, Check("g(1)", "2")]

    results = Sandbox(limits).examine(source, ["f", "g"], checks).results

    assert [result.status for result in results] == [*[Status.PASSED] * 4, Status.TIMEOUT]
    assert "processor time" in results[-1].message


@isolated
def test_memory_is_limited_for_all_processes_of_a_candidate_together():
    source = (
        "import os, time\n"
        "def f(x):\n"
        "    for _ in range(4):\n"
        "        if os.fork() == 0:\n"
        "            kept = b'x' * (60 << 20); time.sleep(60)\n"
        "    time.sleep(60)\n"
    )
    limits = Limits(seconds=60, seconds_per_call=20, resident_bytes=200 << 20)

    [result] = Sandbox(limits).examine(source, ["f"], [Check("f(1)", "2")]).results

    assert (result.status, "memory" in result.message) == (Status.CRASHED, True)


@isolated
def test_processes_are_few_and_end_with_the_run():
    name = f"judged{secrets.randbelow(10**8)}"
    source = (
        "import ctypes, os, time\n"
        f"ctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n"
        "def f(x):\n"
        "    started = 0\n"
        "    try:\n"
        "        while started < 160:\n"
        "            if os.fork() == 0:\n"
        "                os.setsid(); time.sleep(987); os._exit(0)\n"
        "            started += 1\n"
        "    except OSError:\n"
        "        pass\n"
        "    return started < 100\n"
    )

    assert {r.status for r in examine(source, [Check("f(1)", "True")]).results} == {Status.PASSED}

    deadline = time.monotonic() + 5
    while (left := alive(name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def alive(name):
    """The processes of that name that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            named = (folder / "comm").read_text().strip() == name
            stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if named and stat[0] != "Z":
            found.append(folder.name)
    return found


@isolated
def test_files_are_small():
    source = (
        "def f(size):\n"
        "    try: open('/tmp/x', 'wb').write(bytes(size)); return 'written'\n"
        "    except OSError: return 'refused'\n"
    )

    [result] = examine(source, [Check("f(200_000_000)", "'refused'")]).results

    assert result.status is Status.PASSED, result.message


@isolated
def test_a_check_that_never_ends_costs_no_more_than_the_limit():
    started = time.monotonic()

    result = Sandbox(Limits(seconds=1.5)).examine(
        "def f(x): return x", ["f"], [Check("while f(1): pass")]
    )

    assert result.results[0].status is Status.INCONCLUSIVE
    assert time.monotonic() - started < 5


@isolated
def test_it_ends_when_whoever_asked_has_left():
    left = threading.Event()
    timer = threading.Timer(0.5, left.set)
    timer.start()
    started = time.monotonic()

    with pytest.raises(CancelledError):
        Sandbox(Limits(seconds=60, seconds_per_call=60)).examine(
            "def f(x):\n    while True: pass", ["f"], IS_TWO, left.is_set
        )

    assert time.monotonic() - started < 5
