"""What sandboxed code can reach of the machine: files, network, environment, privileges."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stepcheck.server.sandbox import sandbox as module
from stepcheck.server.sandbox.sandbox import Check, Sandbox, SandboxUnavailableError, Status

from .examining import IS_TWO, QUICK, examine, isolated


@isolated
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


@isolated
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


@isolated
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


@isolated
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


def test_without_namespaces_nothing_runs_unless_that_is_allowed(monkeypatch):
    monkeypatch.setattr(module, "unavailable_reason", lambda: "the test says so")

    with pytest.raises(SandboxUnavailableError, match="the test says so"):
        Sandbox().examine("def f(x): return x + 1", ["f"], IS_TWO)

    allowed = Sandbox(QUICK, allow_unsandboxed=True)
    results = allowed.examine("def f(x): return x + 1", ["f"], IS_TWO).results
    assert {result.status for result in results} == {Status.PASSED}


@isolated
def test_a_user_without_privileges_is_isolated_as_well(tmp_path):
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
