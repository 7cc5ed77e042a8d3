"""`stepcheck serve` as a process: what it prints, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from stepcheck.exit_codes import ExitCode

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")


@pytest.fixture
def environment(tmp_path):
    """Nothing of this machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if "STEPCHECK" not in name}
    return kept | {"XDG_CONFIG_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def serve(environment, tmp_path):
    """Run `stepcheck serve` to its end."""

    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "stepcheck", "serve", *arguments],
            env=environment | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def serving(environment, tmp_path):
    """Run `stepcheck serve` on a free port until the end of the block; yields process and lines."""

    @contextmanager
    def run(*arguments, lines=1):
        process = subprocess.Popen(
            [sys.executable, "-m", "stepcheck", "serve", "--port", "0", *arguments],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process, [process.stdout.readline() for _ in range(lines)]
        finally:
            process.kill()
            process.communicate()

    return run


def url_in(line):
    return next(word for word in line.split() if word.startswith("http://"))


def test_finishes_what_is_admitted_when_told_to_stop(serving, tiny_model):
    with serving("--model", str(tiny_model)) as (process, [line]):
        url = url_in(line)
        fields = {"goal": "⊢ True", "n": 16, "max_tokens": 128}
        with httpx.stream(
            "POST",
            f"{url}/v1/suggest",
            json=fields,
            headers={"Accept": "text/event-stream"},
            timeout=60,
        ) as response:
            lines = response.iter_lines()
            next(lines)
            process.terminate()
            events = [line for line in lines if line.startswith("event: ")]

        assert events[-1] == "event: done"
        assert process.wait(30) == ExitCode.OK
        assert "Traceback" not in process.stderr.read()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health")


def test_shows_a_command_that_works_and_ends_on_an_interrupt(serving, tiny_model):
    with serving("--model", str(tiny_model)) as (process, [line]):
        assert "tiny on cpu" in line
        command = line[line.index("curl") :].strip()
        result = subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=60, check=True
        )
        process.send_signal(signal.SIGINT)

        assert json.loads(result.stdout)["suggestions"]
        assert process.wait(30) == ExitCode.OK
        assert "Traceback" not in process.stderr.read()


def test_without_a_model_it_judges_and_says_where_steps_are_suggested(serving):
    with serving("--judge-only") as (_, [line]):
        url = url_in(line)
        command = line[line.index("curl") :].strip()
        judged = subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=60, check=True
        )
        info = httpx.get(f"{url}/info").json()
        refused = httpx.post(f"{url}/v1/suggest", json={"goal": "⊢ True"})

        assert "verdict" in json.loads(judged.stdout)
        assert httpx.get(f"{url}/ready").status_code == 200
        assert (info["judge_only"], info["models"]) == (True, [])
        assert (refused.status_code, refused.json()["error"]) == (503, "no_model")
        assert "without --judge-only" in refused.json()["remedy"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_a_model_torch_is_not_loaded(serving):
    with serving("--judge-only") as (process, [_]):
        maps = Path(f"/proc/{process.pid}/maps").read_text()

        assert "python" in maps
        assert "torch" not in maps


def test_it_ends_with_its_input_where_it_is_told_to(environment, tmp_path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "stepcheck", "serve", "--port", "0"),
            *("--judge-only", "--stop-with-stdin"),
        ],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert "judges code" in process.stdout.readline()
        process.stdin.close()

        assert process.wait(30) == ExitCode.OK


def test_beyond_loopback_a_token_is_made_and_required(environment, serving, tiny_model, tmp_path):
    environment["STEPCHECK_MODEL_PATH"] = str(tiny_model)
    (tmp_path / "stepcheck.toml").write_text("[suggestion]\nn = 3\n")

    with serving("--host", "0.0.0.0", lines=3) as (_, lines):
        first, second, third = lines
        url = url_in(first).replace("0.0.0.0", "127.0.0.1")
        token = second.strip().partition("STEPCHECK_CLIENT_TOKEN=")[2]
        assert "not encrypted" in third

        refused = httpx.get(f"{url}/info")
        admitted = httpx.get(f"{url}/info", headers={"Authorization": f"Bearer {token}"})

        assert refused.status_code == 401
        assert admitted.status_code == 200
        assert admitted.json()["requires_token"]
        assert "not encrypted" in admitted.json()["warnings"][0]
        assert admitted.json()["models"] == [{"name": "tiny", "device": "cpu"}]
        assert admitted.json()["defaults"]["n"] == 3


def test_a_busy_port_is_named_with_the_remedy(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = serve("--port", port)

    assert result.returncode == ExitCode.USAGE
    assert port in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7", "a..b"])
def test_an_address_of_another_machine_is_named(serve, host):
    result = serve("--host", host, "--port", "0")

    assert result.returncode == ExitCode.USAGE
    assert host in result.stderr
    assert "--host" in result.stderr


def test_a_wrong_setting_is_named(serve, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[server]\nprot = 1\n")

    result = serve("--config", str(file))

    assert result.returncode == ExitCode.USAGE
    assert "server.port" in result.stderr
    assert "mine.toml" in result.stderr


def test_a_token_file_that_others_can_read_is_refused(serve, tmp_path):
    file = tmp_path / "token"
    file.write_text("secret-of-the-lab")
    file.chmod(0o644)

    result = serve("--token-file", str(file), "--port", "0")

    assert result.returncode == ExitCode.USAGE
    assert "chmod 600" in result.stderr
    assert "secret-of-the-lab" not in result.stderr


def test_an_unknown_model_is_named(serve):
    result = serve("--model", "no/such/model", "--port", "0")

    assert result.returncode == ExitCode.MODEL_UNAVAILABLE
    assert "no/such/model" in result.stderr
    assert "Traceback" not in result.stderr


def test_damaged_weights_are_named(serve, tiny_model, tmp_path):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in tiny_model.iterdir():
        content = file.read_bytes()
        cut = len(content) // 2 if file.suffix == ".safetensors" else len(content)
        (damaged / file.name).write_bytes(content[:cut])

    result = serve("--model", str(damaged), "--port", "0")

    assert result.returncode == ExitCode.MODEL_UNAVAILABLE
    assert "damaged" in result.stderr
    assert "Traceback" not in result.stderr
