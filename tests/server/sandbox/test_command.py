"""Real commands in the real sandbox: what they see, what they get back, and how they end."""

import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from stepcheck.server.sandbox import sandbox as module
from stepcheck.server.sandbox.sandbox import (
    CancelledError,
    CommandRequest,
    Limits,
    Sandbox,
    SandboxUnavailableError,
    StopReason,
    unavailable_reason,
)

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
RUNTIME = Limits(
    seconds=60, cpu_seconds=30, memory_bytes=None, processes=128, open_files=256, file_bytes=1 << 26
)


def run(*command, is_cancelled=lambda: False, **options):
    return Sandbox().run(CommandRequest(command, **options), is_cancelled=is_cancelled)


def shell(script, **options):
    return run("sh", "-c", script, **options)


def python(script, **options):
    return run(str(Path(sys.executable).resolve()), "-c", script, **options)


def test_it_gets_its_input_files_and_environment_and_nothing_else(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")

    done = shell(
        'cat; cat folder/note; echo "$WANTED $SECRET"; echo oops >&2; exit 3',
        stdin=b"input ",
        files={"folder/note": b"note "},
        environment={"WANTED": "value"},
    )

    assert (done.exit_status, done.stdout, done.stderr) == (3, b"input note value \n", b"oops\n")
    assert not done.timed_out


def test_files_come_back_but_no_link_does(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")

    done = shell(
        f"mkdir made; echo new > made/file; ln -s {secret} linked; ln -s / root; mkfifo pipe",
        readable=[tmp_path],
        collect=["made/file", "linked", "pipe", "absent", f"root{secret}"],
    )

    assert done.files == {"made/file": b"new\n"}


def test_what_is_readable_cannot_be_written(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("here")
    tmp_path.chmod(0o777)

    done = shell("cat kept; rm -rf *; echo new > other", readable=[tmp_path], folder=tmp_path)

    assert done.stdout == b"here"
    assert kept.read_text() == "here"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", ""])
def test_files_lie_in_the_folder_of_the_command(name):
    with pytest.raises(ValueError, match="folder"):
        run("true", files={name: b""})


def test_a_program_that_is_not_there_is_status_127():
    done = run("no-such-program")

    assert done.exit_status == 127
    assert b"no-such-program" in done.stderr


def test_a_signal_is_a_negative_status():
    assert shell("kill -SEGV $$").exit_status == -11


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("while :; do :; done", id="itself"),
        pytest.param("(while :; do :; done) & wait", id="a child of it"),
    ],
)
def test_processor_time_ends_it(script):
    done = shell(script, limits=Limits(seconds=60, cpu_seconds=0.5))

    assert (done.stopped, done.exit_status) == (StopReason.PROCESSOR_TIME, None)
    assert done.timed_out


def test_time_that_others_may_have_used_is_told_from_its_own():
    done = shell("sleep 60", limits=Limits(seconds=0.5))

    assert done.stopped is StopReason.WALL_TIME
    assert done.timed_out


def test_memory_is_limited_for_all_processes_together():
    script = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        kept = b'x' * (60 << 20); time.sleep(60)\n"
        "time.sleep(60)\n"
    )

    done = python(script, limits=Limits(seconds=60, resident_bytes=200 << 20))

    assert done.stopped is StopReason.MEMORY


def test_output_beyond_the_cap_is_dropped():
    done = shell("head -c 3000000 /dev/zero", limits=Limits(output_bytes=1000))

    assert (done.exit_status, done.stdout, done.truncated) == (0, bytes(1000), True)


def test_nothing_it_started_outlives_it():
    started = time.monotonic()

    done = shell("setsid sleep 600 & echo started")

    assert (done.exit_status, done.stdout) == (0, b"started\n")
    assert time.monotonic() - started < 10


def test_it_sees_no_processes_but_its_own():
    assert shell("ls /proc | grep -c '^[0-9]'").stdout in (b"0\n", b"2\n", b"3\n")


def test_it_ends_when_whoever_asked_has_left():
    left = threading.Event()
    threading.Timer(0.3, left.set).start()

    with pytest.raises(CancelledError):
        run("sleep", "60", is_cancelled=left.is_set, limits=Limits(seconds=60))


def test_unsandboxed_it_runs_only_where_that_is_allowed(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "unavailable_reason", lambda: "the test says so")

    with pytest.raises(SandboxUnavailableError, match="the test says so"):
        Sandbox().run(CommandRequest(["true"]))

    request = CommandRequest(
        ["sh", "-c", "cat note; echo new > made"], files={"note": b"note"}, collect=["made"]
    )
    done = Sandbox(allow_unsandboxed=True).run(request)
    assert (done.stdout, done.files) == (b"note", {"made": b"new\n"})


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
def test_node_runs():
    node = Path(shutil.which("node")).resolve()

    done = run(str(node), "-e", "console.log(6 * 7)", limits=RUNTIME, readable=[node.parents[1]])

    assert done.stdout == b"42\n", done


@pytest.mark.skipif(not shutil.which("java"), reason="no Java")
def test_java_runs():
    java = Path(shutil.which("java")).resolve()

    done = run(str(java), "-version", limits=RUNTIME, readable=[java.parents[1]])

    assert done.exit_status == 0, done


@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler")
def test_cpp_is_compiled_and_runs():
    source = b"#include <iostream>\nint main() { std::cout << 42; }\n"

    compiled = run("g++", "a.cc", files={"a.cc": source}, collect=["a.out"], limits=RUNTIME)
    done = shell("chmod +x a.out && ./a.out", files=compiled.files)

    assert done.stdout == b"42", (compiled.stderr, done)
