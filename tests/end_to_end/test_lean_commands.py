import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode

from .conftest import Run

WriteFile = Callable[[str], Path]

PROOFS = """import LLMstep

example (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  llmstep

example (xs : List Nat) : (xs ++ []).length = xs.length := by
  llmqed
"""


def test_the_tactics_show_what_the_bundled_model_suggests_and_lean_accepts(
    run_stepcheck: Run, lean_file: WriteFile
):
    done = run_stepcheck("lean", "run", "--serve", "--json", str(lean_file(PROOFS)))
    assert done.returncode == ExitCode.OK, done.stderr
    messages = json.loads(done.stdout)
    shown = {m["line"]: m["text"] for m in messages if m["text"].startswith("Try th")}
    assert "✓ proved" in shown[4]
    assert "✓ proved" in shown[7]


def test_what_lean_says_of_a_file_is_printed_with_its_place(
    run_stepcheck: Run, lean_file: WriteFile
):
    file = lean_file("example : 1 = 2 := by\n  omega\n\n#check Nat\n")
    done = run_stepcheck("lean", "run", str(file))
    assert done.returncode == ExitCode.NEGATIVE
    assert f"{file}:2:2 error" in done.stdout
    assert "Nat : Type" in done.stdout


@pytest.mark.parametrize(
    ("goal", "code"),
    [
        pytest.param("True", ExitCode.OK, id="Lean's own proposals prove it"),
        pytest.param("False", ExitCode.NEGATIVE, id="nothing proves it"),
    ],
)
def test_a_dead_server_is_one_line_with_the_command_that_starts_it(
    run_stepcheck: Run, lean_file: WriteFile, goal: str, code: ExitCode
):
    file = lean_file(f"import LLMstep\n\nexample : {goal} := by\n  llmstep\n")
    nothing_there = "http://127.0.0.1:9"
    done = run_stepcheck("lean", "run", str(file), STEPCHECK_CLIENT_SERVER_URL=nothing_there)
    assert done.returncode == code, done.stdout
    (line,) = [line for line in done.stdout.splitlines() if nothing_there in line]
    assert "The model did not answer" in line
    assert "Start it with `stepcheck serve`" in line


def test_a_file_that_lean_does_not_finish_is_given_up(run_stepcheck: Run, lean_file: WriteFile):
    file = lean_file(
        "def loop (n : Nat) : IO Nat := do\n  IO.sleep 60000\n  pure n\n#eval loop 1\n"
    )
    done = run_stepcheck("lean", "run", "--timeout", "3", str(file), seconds=60)
    assert done.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "within 3 s" in done.stderr


def test_build_prints_the_folder_of_the_compiled_package(run_stepcheck: Run):
    done = run_stepcheck("lean", "build")
    assert done.returncode == ExitCode.OK, done.stderr
    assert (Path(done.stdout.strip()) / "LLMstep" / "Tactic.olean").is_file()
