"""`stepcheck bridge` as a process: what it prints, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from stepcheck.exit_codes import ExitCode

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")


@pytest.fixture
def bridging(tmp_path):
    """Run `stepcheck bridge` until the end of the block; yields process and its first line."""
    kept = {name: value for name, value in os.environ.items() if "STEPCHECK" not in name}

    @contextmanager
    def run(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "-m", "stepcheck", "bridge", *arguments],
            env=kept | {"XDG_CONFIG_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"} | variables,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()
            process.communicate()

    return run


def ask(folder, identifier="a", **fields):
    """Ask as the tactic does and return the answer."""
    temporary = folder / f"request-{identifier}.tmp"
    temporary.write_text(json.dumps(fields))
    temporary.rename(folder / f"request-{identifier}.json")
    response = folder / f"response-{identifier}.json"
    deadline = time.monotonic() + 60
    while not response.exists():
        assert time.monotonic() < deadline, "no response"
        time.sleep(0.01)
    return json.loads(response.read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_interrupted(
    bridging, start_server, fake_generator, tmp_path, number
):
    url = start_server(fake_generator()).url
    with bridging("spool", "--verbose", STEPCHECK_CLIENT_SERVER_URL=url) as (process, line):
        assert "spool" in line
        assert url in line
        answer = ask(tmp_path / "spool", goal="a secret goal", n=1)
        assert answer["body"]["suggestions"][0]["text"] == "step 0 of a secret goal"

        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == ExitCode.OK
    assert "request a: 200" in errors
    assert "Traceback" not in errors
    assert "secret" not in errors


def test_it_brings_its_own_server_and_ends_it(bridging, tmp_path):
    with bridging("spool", "--serve") as (process, line):
        [url] = [word for word in line.split() if word.startswith("http://")]
        answer = ask(tmp_path / "spool", goal="p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q", n=4)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert answer["status"] == 200
    assert len(answer["body"]["suggestions"]) == 4
    assert answer["body"]["model"] == "bundled"
    assert process.returncode == ExitCode.OK
    import httpx

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


def test_a_removed_folder_ends_it_with_a_reason(bridging, tmp_path):
    with bridging("spool") as (process, _):
        (tmp_path / "spool").rmdir()
        _, errors = process.communicate(timeout=20)

    assert process.returncode == ExitCode.FOLDER_UNUSABLE
    assert "spool is gone" in errors
    assert "Traceback" not in errors


def test_a_file_for_a_folder_is_refused(bridging, tmp_path):
    (tmp_path / "file").touch()
    with bridging("file") as (process, line):
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, line) == (ExitCode.FOLDER_UNUSABLE, "")
    assert "not a folder" in errors
    assert "Traceback" not in errors
