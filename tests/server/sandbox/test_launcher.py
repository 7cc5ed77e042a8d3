"""Processes forked from a warm one are as those started by themselves, and hold nothing of it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from stepcheck.server.sandbox import sandbox as sandbox_module
from stepcheck.server.sandbox.launcher import Launchers
from stepcheck.server.sandbox.project import Project
from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


def ask(source, call="f", sandbox=None):
    with (sandbox or Sandbox()).open_candidate(source, 3.0) as candidate:
        candidate.load()
        return candidate.global_name(call)()


def warm_processes():
    return [
        process
        for process in psutil.Process().children()
        if process.status() != psutil.STATUS_ZOMBIE
        and any("sandbox.child.launcher" in part for part in process.cmdline())
    ]


def test_a_candidate_holds_its_own_socket_and_nothing_else_of_us():
    source = (
        "import os\n"
        "def f():\n"
        "    found = []\n"
        "    for descriptor in range(3, 300):\n"
        "        try: found.append(os.readlink(f'/proc/self/fd/{descriptor}'))\n"
        "        except OSError:\n"
        "            try: os.fstat(descriptor); found.append(descriptor)\n"
        "            except OSError: pass\n"
        "    return len(found)\n"
    )
    with Sandbox().open_candidate("def f(): pass", 3.0):
        assert ask(source) == 1


def test_hashes_and_random_numbers_differ_from_run_to_run():
    source = "import random\ndef f(): return [hash('a'), random.random()]\n"

    hashes, numbers = zip(*(ask(source) for _ in range(3)), strict=True)

    assert len(set(hashes)) == 3
    assert len(set(numbers)) == 3


def test_nothing_that_a_candidate_does_is_seen_by_the_next():
    ask("import string, builtins\nstring.digits = builtins.aiter = None\ndef f(): return 0")
    source = "import string\ndef f(): return string.digits[:1] + aiter.__name__"

    assert [ask(source) for _ in range(3)] == ["0aiter"] * 3


def test_what_a_candidate_started_is_gone_when_it_is_left():
    source = (
        "import os, time\n"
        "def f():\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        time.sleep(60)\n"
        "    return 1\n"
    )
    ask(source)
    _, alive = psutil.wait_procs(
        [each for warm in warm_processes() for each in warm.children(recursive=True)], timeout=5
    )

    assert not alive


def test_a_warm_process_that_was_lost_is_started_again():
    ask("def f(): return 0")
    for process in warm_processes():
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=5)

    for _ in range(3):
        assert ask("def f(): return 1") == 1


def test_a_candidate_ends_with_its_warm_process():
    with Sandbox().open_candidate("def f(): return 1", 3.0) as candidate:
        candidate.load()
        for warm in warm_processes():
            forks = warm.children(recursive=True)
            os.kill(warm.pid, signal.SIGKILL)
            assert not psutil.wait_procs(forks, timeout=5)[1]


def test_the_launchers_end_what_they_started():
    made = Launchers()
    known = {process.pid for process in warm_processes()}
    made.for_order({"role": "trial"}).start()
    [started] = [process for process in warm_processes() if process.pid not in known]
    made.close()

    assert not started.is_running()


@pytest.fixture
def project(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "mod.py").write_text("x = 1\n")
    (tmp_path / "statistics.py").write_text("mean = 'our own'\n")
    (tmp_path / "other.py").write_text("y = 2\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    site = next((tmp_path / ".venv").glob("lib/python3*/site-packages"))
    (site / "package.py").write_text("z = 3\n")
    (site / "some.pth").write_text("import sys; sys.by_pth = 4\n")
    return Project(tmp_path)


OF_ENVIRONMENT = "; import package; found = [sys.by_pth, package.z]"
STATE = f"""
import os, site, sys, statistics, other
found = []{OF_ENVIRONMENT}
def f():
    return [
        sys.executable, sys.prefix, sys.base_prefix, sys.path, sys.argv, found,
        sorted(os.environ.items()), os.getcwd(), hash("a"), repr(sys.flags), site.PREFIXES,
        site.ENABLE_USER_SITE, len(sys.meta_path), len(sys.path_hooks), statistics.mean,
        other.y, [name for name in sys.modules if "stepcheck" in name],
        os.path.exists("/proc/self/stat"), __name__, __file__, sys.stdin.read(),
    ]
def imports(name):
    try: return __import__(name).__name__
    except ImportError as error: return str(error)
"""


@pytest.mark.parametrize("interpreter", [None, sys.executable])
def test_a_fork_in_a_project_is_as_the_interpreter_executed(project, interpreter, monkeypatch):
    if interpreter:
        project = replace(project, interpreter=interpreter)
        monkeypatch.setitem(os.environ, "VIRTUAL_ENV", "")
    source = STATE if interpreter is None else STATE.replace(OF_ENVIRONMENT, "")
    sandbox = replace(Sandbox(), place=project.place(project.root / "mod.py", source))
    assert sandbox_module._is_own(sandbox.place)

    forked = ask(source, sandbox=sandbox)
    monkeypatch.setattr(sandbox_module, "_is_own", lambda _: False)

    assert forked == ask(source, sandbox=sandbox)


def test_a_project_folder_that_is_gone_is_no_fault_of_the_code(project):
    sandbox = replace(Sandbox(), place=project.place(project.root / "mod.py"))
    lost = replace(sandbox.place, root=project.root / "gone")
    broken = replace(sandbox, place=lost).examine("def f(): pass", ["f"], [Check("f()", "None")])

    assert broken.failure is None or broken.failure.status is Status.INCONCLUSIVE
