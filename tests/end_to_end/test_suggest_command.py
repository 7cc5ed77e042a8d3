import json
from collections.abc import Callable
from pathlib import Path

from stepcheck.exit_codes import ExitCode

from .conftest import Run

WriteFile = Callable[[str], Path]

FILE = """theorem sum (a b : Nat) : a + b = b + a := by
  sorry

theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  sorry
"""


def test_the_bundled_model_suggests_steps_that_lean_accepts(
    run_stepcheck: Run, lean_file: WriteFile
):
    file = lean_file(FILE)
    done = run_stepcheck("suggest", "--serve", "--json", f"{file}:2", f"{file}:5")
    assert done.returncode == ExitCode.OK, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["goals"] == ["a b : Nat\n⊢ a + b = b + a"]
    assert first["suggestions"][0]["verdict"] == "proved"
    assert second["suggestions"][0]["verdict"] in ("proved", "progress")
    for report in (first, second):
        order = [step["verdict"] for step in report["suggestions"]]
        assert order.index("proved") == 0 if "proved" in order else True


def test_every_suggestion_begins_with_the_prefix(run_stepcheck: Run, lean_file: WriteFile):
    file = lean_file(FILE)
    done = run_stepcheck("suggest", "--serve", "--json", "--prefix", "exact N", f"{file}:2")
    steps = json.loads(done.stdout)["suggestions"]
    assert steps, done.stderr
    assert all(step["step"].startswith("exact N") for step in steps)


def test_without_a_server_lean_proposes_and_the_remedy_is_named(
    run_stepcheck: Run, lean_file: WriteFile
):
    done = run_stepcheck(
        "suggest", f"{lean_file(FILE)}:2", STEPCHECK_CLIENT_SERVER_URL="http://127.0.0.1:9"
    )
    assert done.returncode == ExitCode.OK
    assert "⊢ a + b = b + a" in done.stdout
    assert "✓ proved" in done.stdout
    assert "stepcheck serve" in done.stderr


def test_without_a_server_and_a_proposal_the_goal_is_shown_and_the_remedy_named(
    run_stepcheck: Run, lean_file: WriteFile
):
    done = run_stepcheck(
        *("suggest", f"{lean_file(FILE)}:2", "--prefix", "no such tactic"),
        STEPCHECK_CLIENT_SERVER_URL="http://127.0.0.1:9",
    )
    assert done.returncode == ExitCode.SERVER_UNREACHABLE
    assert "⊢ a + b = b + a" in done.stdout
    assert "stepcheck serve" in done.stderr


def test_an_unknown_model_ends_the_command_with_its_path(run_stepcheck: Run, lean_file: WriteFile):
    done = run_stepcheck(
        "suggest", "--serve", f"{lean_file(FILE)}:2", STEPCHECK_MODEL_PATH="/no/such/model"
    )
    assert done.returncode == ExitCode.MODEL_UNAVAILABLE
    assert "/no/such/model" in done.stderr
