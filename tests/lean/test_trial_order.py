"""In which order several threads begin with candidates: Lean's own answer."""

import json
import subprocess
from collections.abc import Iterable

import pytest

from stepcheck.lean.embedded.installation import installed_lean
from stepcheck.lean.sources import checker_sources

TAKEN_LONG = {"grind": 9, "exact? using h": 20, "simp": 4, "rfl": 1}
LIST = ("rfl", "grind", "simp [h]", "exact?", "grind [h]", "omega")


def learning(times: Iterable[tuple[str, int]]) -> str:
    """A program that learns what steps have taken; it is to be continued."""
    lines = [f'  costs.learn "{step}" {time}' for step, time in times]
    head = "#eval show IO Unit from do\n  let costs ← LLMstep.TrialCosts.new"
    return "\n".join([head, *lines, ""])


def say(text: str) -> str:
    """Return what Lean prints for a document that knows the checker's modules."""
    lean = installed_lean()
    assert lean is not None, "these tests need the embedded Lean: stepcheck lean install"
    folder = lean.compile(checker_sources())
    command = lean.prepared.command(("--stdin",), modules=(folder,))
    return subprocess.run(
        command.arguments,
        env=dict(command.environment),
        cwd=command.working_directory,
        input=f"import LLMstep.TrialOrder\n{text}",
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    ).stdout.strip()


@pytest.mark.parametrize(
    ("by_cost", "order"),
    [
        ([False] * 7, "0 1 2 3 4 5 none"),
        ([True] * 7, "3 1 4 2 0 5 none"),
        ([False, True] * 3, "0 3 1 4 2 5"),
    ],
)
def test_a_thread_goes_by_the_list_or_by_what_has_taken_long_before(
    by_cost: list[bool], order: str
) -> None:
    program = learning(TAKEN_LONG.items())
    program += f"  let waiting ← costs.waiting #{json.dumps(LIST)}\n"
    for longest in by_cost:
        program += f"  let taken ← waiting.take? (longest := {str(longest).lower()})\n"
        program += '  IO.print ((taken.map Nat.repr).getD "none" ++ " ")\n'
    assert say(program) == order


def test_what_a_tactic_took_lately_counts_more() -> None:
    program = learning([("simp", 1000)] * 20 + [("simp only [h]", 10)] * 20)
    program += '  IO.println s!"{← costs.expected "simp at h"} {← costs.expected "unheard of"}"\n'
    lately, unknown = map(int, say(program).split())
    assert 10 <= lately < 20
    assert unknown == 0
