"""Machine code that is kept: whether the next Node.js takes it, and what becomes of other code."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.glue_functions import FUNCTIONS
from stepcheck.lean.embedded.installation import EmbeddedLean, installed_lean
from stepcheck.lean.embedded.launch import CODE_FILE, CODE_VARIABLE, PreparedLean
from stepcheck.lean.embedded.practice import PRACTICE_FILE, ROUNDS, practise

SCRIPT = """
const fs = require("node:fs");
const known = moduleWithCode(fs.readFileSync(process.argv[2]));
fs.writeSync(1, JSON.stringify(known ? WebAssembly.Module.exports(known) : null));
"""


@pytest.fixture(scope="module")
def practised() -> EmbeddedLean:
    """The embedded Lean of the user's cache, which has practised."""
    lean = installed_lean()
    assert lean is not None, "these tests need the embedded Lean: stepcheck lean install"
    lean.practise()
    return lean


def load(lean: PreparedLean, script: Path, *flags: str) -> object:
    """Return the exports of the module that comes with the code, or None if the code is refused."""
    script.write_text(FUNCTIONS + SCRIPT)
    command = lean.command(())
    node, *own = command.arguments[: command.arguments.index(str(lean.glue))]
    wasm = str(lean.root / "lean.wasm")
    finished = subprocess.run(
        (node, *flags, *own, f"--allow-fs-read={script}", str(script), wasm),
        env=dict(command.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(finished.stdout)


def test_the_next_process_takes_the_code_that_was_kept(
    practised: EmbeddedLean, tmp_path: Path
) -> None:
    exports = load(practised.prepared, tmp_path / "load.js")
    assert isinstance(exports, list)
    assert {"name": "lean_shell_main", "kind": "function"} in exports


def test_the_code_of_another_node_is_passed_over(practised: EmbeddedLean, tmp_path: Path) -> None:
    assert load(practised.prepared, tmp_path / "load.js", "--no-wasm-tier-up") is None


@pytest.mark.parametrize("content", [b"", b"no machine code" * 1000])
def test_what_is_no_code_is_passed_over(
    practised: EmbeddedLean, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / CODE_FILE).write_bytes(content)
    lean = PreparedLean(practised.prepared.root, tmp_path)
    assert load(lean, tmp_path / "load.js") is None


def test_a_lean_without_code_starts(practised: EmbeddedLean, tmp_path: Path) -> None:
    command = PreparedLean(practised.prepared.root, tmp_path).command(("--stdin",))
    assert not (tmp_path / CODE_FILE).exists()
    assert CODE_VARIABLE in command.environment
    finished = subprocess.run(
        command.arguments,
        env=dict(command.environment),
        cwd=command.working_directory,
        input="#check Nat\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Nat : Type" in finished.stdout
    assert finished.stderr == ""


ANSWERING = """
import json, sys
for number, line in enumerate(sys.stdin):
    request = json.loads(line)
    assert request["id"] == number
    print(json.dumps({"ready": True}), flush=True)
    for index in range(len(request.get("candidates", []))):
        print(json.dumps({"id": number, "index": index}), flush=True)
    print(json.dumps({"id": number, "done": True}), flush=True)
    open(sys.argv[1], "w").write(str(number + 1))
"""


def test_everything_is_practised_and_answered(tmp_path: Path) -> None:
    log = tmp_path / "log"
    practise(LeanCommand((sys.executable, "-c", ANSWERING, str(log)), {}, tmp_path))
    texts = len(tomllib.loads(PRACTICE_FILE.read_text(encoding="utf-8"))["texts"])
    assert int(log.read_text()) == 2 * ROUNDS * texts


@pytest.mark.parametrize("program", ["pass", "print('no answer')", "import sys; sys.exit(3)"])
def test_a_process_that_fails_has_practised_less(tmp_path: Path, program: str) -> None:
    practise(LeanCommand((sys.executable, "-c", program), {}, tmp_path))
