"""Real hostile code in the real sandbox: contained, reported, and never passed."""

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stepcheck.server.sandbox import sandbox as module
from stepcheck.server.sandbox.sandbox import (
    CancelledError,
    Check,
    Limits,
    Sandbox,
    SandboxUnavailableError,
    Status,
    unavailable_reason,
)

confined = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
QUICK = Limits(seconds=60, seconds_per_call=1)
IS_TWO = (Check("f(1)", "2"), Check("assert f(1) == 2"))


def examine(source, checks=IS_TWO, functions=("f",)):
    return Sandbox(QUICK).examine(source, functions, checks)


def statuses(source, checks=IS_TWO):
    return {result.status for result in examine(source, checks).results}


@confined
def test_a_right_candidate_passes():
    assert statuses("def f(x):\n    return x + 1\n") == {Status.PASSED}


@confined
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


@confined
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


@confined
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


@confined
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


@confined
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "class Same:\n"
            "    def __eq__(self, other): return True\n"
            "    def __bool__(self): return True\n"
            "def f(x): return Same()",
            id="equal to everything",
        ),
        pytest.param(
            "class Same(int):\n"
            "    def __eq__(self, other): return True\n"
            "    def __hash__(self): return 2\n"
            "def f(x): return Same(7)",
            id="an int equal to everything",
        ),
        pytest.param(
            "import builtins\n"
            "builtins.AssertionError = ValueError\n"
            "builtins.eval = lambda *_: 2\n"
            "builtins.exec = lambda *_: None\n"
            "def f(x): return 3",
            id="patched builtins",
        ),
        pytest.param(
            "import sys\n"
            "for name, module in list(sys.modules.items()):\n"
            "    if name.startswith('stepcheck'):\n"
            "        for key, value in list(vars(module).items()):\n"
            "            if callable(value) and not key.startswith('__'):\n"
            "                try: setattr(module, key, lambda *a, **k: {'value': 3})\n"
            "                except Exception: pass\n"
            "def f(x): return 3",
            id="patched our modules",
        ),
        pytest.param(
            "import os\n"
            "for number in range(256):\n"
            '    try: os.write(number, b\'{"load": {}}\\n{"status": "passed", "message": "",\'\n'
            '             b\' "check_line": null, "candidate_line": null}\\n\')\n'
            "    except OSError: pass\n"
            "def f(x): return 3",
            id="wrote results to every descriptor",
        ),
        pytest.param(
            "import gc, sys\n"
            "def f(x):\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        for value in list(frame.f_locals.values()):\n"
            "            if isinstance(value, dict) and 'expected' in value:\n"
            "                return eval(value['expected'])\n"
            "        frame = frame.f_back\n"
            "    return [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]",
            id="looked for the expected result",
        ),
    ],
)
def test_a_cheating_candidate_never_passes(source):
    assert Status.PASSED not in statuses(source)


@confined
def test_processes_are_few_and_end_with_the_run():
    name = f"judged{secrets.randbelow(10**8)}"
    source = (
        "import ctypes, os, time\n"
        f"ctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n"
        "def f(x):\n"
        "    started = 0\n"
        "    try:\n"
        "        while started < 60:\n"
        "            if os.fork() == 0:\n"
        "                os.setsid(); time.sleep(987); os._exit(0)\n"
        "            started += 1\n"
        "    except OSError:\n"
        "        pass\n"
        "    return started < 10\n"
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


@confined
@pytest.mark.parametrize("path", ["~/.ssh", "~", "/home", "/etc/passwd", "/proc/self", "/var"])
def test_files_of_the_machine_are_out_of_sight(path):
    place = os.path.expanduser(path)  # noqa: PTH111 - of this process, not the candidate's
    source = "import os\ndef f(path):\n    return os.path.exists(path) and os.listdir(path)\n"

    [result] = examine(source, [Check(f"f({place!r})", "False")]).results

    # The interpreter's own folder may lie below the home: then that alone is seen there.
    if path == "~" and sys.base_prefix.startswith(place):
        below = Path(sys.base_prefix).relative_to(place).parts[0]
        [result] = examine(source, [Check(f"f({place!r})", repr([below]))]).results
    assert result.status is Status.PASSED, result.message


@confined
def test_nothing_of_the_machine_can_be_deleted_or_written(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("here")
    headers = list(Path(sys.base_prefix, "include").rglob("*"))
    source = (
        "import os, shutil, sys\n"
        "def f(path):\n"
        "    shutil.rmtree(path, ignore_errors=True)\n"
        "    shutil.rmtree(sys.base_prefix + '/include', ignore_errors=True)\n"
        "    denied = []\n"
        "    for place in ('/x', '/usr/x', sys.base_prefix + '/x', '/dev/x'):\n"
        "        try: open(place, 'w')\n"
        "        except OSError: denied.append(place)\n"
        "    open('/tmp/x', 'w').write('mine')\n"
        "    return len(denied)\n"
    )

    [result] = examine(source, [Check(f"f({str(tmp_path)!r})", "4")]).results

    assert result.status is Status.PASSED, result.message
    assert kept.read_text() == "here"
    assert list(Path(sys.base_prefix, "include").rglob("*")) == headers


@confined
def test_there_is_no_network_not_even_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = (
            "import socket\n"
            "def f(port):\n"
            "    try: socket.create_connection(('127.0.0.1', port), 1)\n"
            "    except OSError: return 'refused'\n"
        )

        [result] = examine(source, [Check(f"f({port})", "'refused'")]).results

    assert result.status is Status.PASSED, result.message


@confined
def test_neither_environment_nor_privileges_are_inherited(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    source = (
        "import ctypes, os\n"
        "def f(flags):\n"
        "    mounted = ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)\n"
        "    return 'SECRET' in os.environ, mounted, os.getuid() == 0\n"
    )

    [result] = examine(source, [Check("f(0)", "(False, -1, False)")]).results

    assert result.status is Status.PASSED, result.message


@confined
def test_files_are_small():
    source = (
        "def f(size):\n"
        "    try: open('/tmp/x', 'wb').write(bytes(size)); return 'written'\n"
        "    except OSError: return 'refused'\n"
    )

    [result] = examine(source, [Check("f(100_000_000)", "'refused'")]).results

    assert result.status is Status.PASSED, result.message


@confined
def test_a_change_of_an_argument_is_seen():
    check = Check("given = [3, 1]\nf(given)\nassert given == [1, 3]")

    assert statuses("def f(x): x.sort()", [check]) == {Status.PASSED}
    assert statuses("def f(x): sorted(x)", [check]) == {Status.FAILED}


@confined
def test_exceptions_keep_their_type_and_name_the_line():
    source = "def f(x):\n    raise ValueError('no')\n"
    expects = Check("try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False")

    passed, raised = examine(source, [expects, Check("f(1)", "2")]).results

    assert passed.status is Status.PASSED
    assert (raised.status, raised.candidate_line) == (Status.RAISED, 2)


@confined
@pytest.mark.parametrize(
    ("source", "check"),
    [
        ("def f(x): return x", Check("assert True")),
        ("def f(x): return x", Check("assert undefined_in_the_test == f(1)")),
        ("def f(x): return object()", Check("assert f(1) == 2")),
        ("def f(x): return object()", Check("f(1)", "2")),
        ("def f(x): return x", Check("f(__import__('io'))")),
        ("import a_module_that_is_not_there\ndef f(x): return x", Check("assert f(1)")),
    ],
)
def test_what_says_nothing_about_the_candidate_is_inconclusive(source, check):
    assert statuses(source, [check]) == {Status.INCONCLUSIVE}


CLASSES = """
from dataclasses import dataclass

class EmptyError(IndexError):
    pass

class Stack:
    limit = 3
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def lowest(self):
        if not self.items: raise EmptyError("nothing there")
        return min(self.items)
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    @property
    def top(self): return self.items[-1]

@dataclass
class Vector:
    x: int
    y: int
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)

def apply(function, x):
    return 0 if x > 5 else function(x)

class Same:
    def __eq__(self, other): return True
    def __contains__(self, other): return True
    def __sub__(self, other): return 0

def cheat(x):
    return Same()
"""


def check_classes(source, expected=None):
    names = ("EmptyError", "Stack", "Vector", "apply", "cheat")
    [result] = Sandbox(QUICK).examine(CLASSES, names, [Check(source, expected)]).results
    return result


@confined
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s = Stack(); s.push(3); s.push(1)\ns.lowest()", "1"),
        ("s = Stack()\ntry: s.lowest()\nexcept EmptyError: pass\nelse: assert False", None),
        ("s = Stack()\ntry: s.lowest()\nexcept IndexError: pass\nelse: assert False", None),
        ("s = Stack(); s.push(3); assert len(s) == 1 and list(s) == [3] and s.top == 3", None),
        ("s = Stack(); s.items = [7]; assert s.items[0] == 7 and Stack.limit == 3", None),
        ("assert isinstance(Stack(), Stack) and not isinstance(Stack(), Vector)", None),
        ("apply(lambda v: 2 * v, 4)", "8"),
        ("apply(str, 4)", "'4'"),
        ("add = Vector(1, 2).__add__\nadd(Vector(0, 1)).y", "3"),
        ("Vector(1, 2) + Vector(2, 3)", "Vector(x=3, y=5)"),
    ],
)
def test_objects_stay_with_the_candidate_and_are_used_from_afar(source, expected):
    result = check_classes(source, expected)

    assert result.status is Status.PASSED, result


@confined
@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 5)", Status.VOUCHED),
        ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 6)", Status.FAILED),
        ("assert cheat(1) == cheat(2)", Status.VOUCHED),
        ("assert 2 in cheat(1)", Status.VOUCHED),
        ("assert abs(cheat(1) - 2) < 0.1", Status.VOUCHED),
        ("assert cheat(1) == 2", Status.INCONCLUSIVE),
        ("assert cheat(1) != 3", Status.INCONCLUSIVE),
        ("assert [cheat(1)] == [2]", Status.INCONCLUSIVE),
        ("assert cheat(1) is None", Status.FAILED),
    ],
)
def test_what_a_candidate_says_of_its_own_objects_passes_nothing(source, status):
    assert check_classes(source).status is status


@confined
def test_a_call_back_that_fails_does_so_in_the_candidate():
    assert check_classes("apply(lambda v: 1 / 0, 4)", "8").message.startswith("ZeroDivisionError")


@confined
def test_the_lines_that_ran_are_told_for_each_check():
    source = "def f(x):\n    if x > 1:\n        return 1\n    return 2\n"
    checks = [Check("f(2)", "1"), Check("f(0)", "2")]

    traced = Sandbox(QUICK).examine(source, ["f"], checks, traced=True).results
    untraced = Sandbox(QUICK).examine(source, ["f"], checks).results

    assert [result.lines for result in traced] == [(2, 3), (2, 4)]
    assert [result.lines for result in untraced] == [(), ()]


@confined
def test_a_check_that_never_ends_costs_no_more_than_the_limit():
    started = time.monotonic()

    result = Sandbox(Limits(seconds=1.5)).examine(
        "def f(x): return x", ["f"], [Check("while f(1): pass")]
    )

    assert result.results[0].status is Status.INCONCLUSIVE
    assert time.monotonic() - started < 5


@confined
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


def test_without_namespaces_nothing_runs_unless_that_is_allowed(monkeypatch):
    monkeypatch.setattr(module, "unavailable_reason", lambda: "the test says so")

    with pytest.raises(SandboxUnavailableError, match="the test says so"):
        Sandbox().examine("def f(x): return x + 1", ["f"], IS_TWO)

    allowed = Sandbox(QUICK, allow_unconfined=True)
    results = allowed.examine("def f(x): return x + 1", ["f"], IS_TWO).results
    assert {result.status for result in results} == {Status.PASSED}


@confined
def test_a_user_without_privileges_is_confined_as_well(tmp_path):
    """As root, become somebody first; else this is what every other test has shown."""
    if os.getuid() != 0:
        pytest.skip("not root: the other tests have shown it")
    program = (
        "import os, sys\n"
        "from stepcheck.server.sandbox.sandbox import *\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(repr(unavailable_reason()))\n"
        "print(Sandbox().examine('def f(x): return x + 1', ['f'], [Check('f(1)', '2')]))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd="/", timeout=60
    )

    if "PermissionError" in done.stderr:
        pytest.skip("the interpreter lies where only root can read it")
    assert "passed" in done.stdout, done.stderr
