"""How much the inputs tried could have shown, measured for real."""

import ast

import pytest

from stepcheck.server.judge.evidence import adequacy as adequacy_module
from stepcheck.server.judge.evidence import differential
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.evidence.mutants import mutants
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SIGN = (
    "def f(n: int):\n    if n < 0:\n        return -1\n    if n == 0:\n        return 0\n"
    "    return 1\n"
)


def adequacy(code, text=""):
    question = Question(code=code, reference=code, intent=text)
    return differential.examine(question, find(code, text), Sandbox(), lambda: False).adequacy


@isolated
def test_branches_that_are_reached_and_mutants_that_are_told_apart_are_counted():
    found = adequacy(SIGN)

    assert (found.branches, found.branches_reached) == (3, 3)
    # On a busy machine there may be no time for all.
    assert 0 < found.mutants_told_apart <= found.mutants


@isolated
def test_a_branch_that_no_input_reaches_is_not_counted_as_reached():
    code = "def f(n: int):\n    if n * n == 2:\n        return 5\n    return n\n"

    found = adequacy(code)

    assert (found.branches, found.branches_reached) == (2, 1)


@isolated
def test_mutants_that_only_write_a_file_in_another_layout_do_not_count(monkeypatch):
    monkeypatch.setattr(adequacy_module, "_SECONDS", 20)
    code = (
        "import json\ndef f(numbers: list[int]):\n"
        "    with open('sums.json', 'w') as file:\n"
        "        json.dump({'sum': sum(numbers) + 1}, file, indent=2)\n"
    )

    found = adequacy(code)

    assert found.mutants == found.mutants_told_apart == 2


@isolated
def test_a_mutant_that_no_input_tells_apart_counts(monkeypatch):
    monkeypatch.setattr(adequacy_module, "_SECONDS", 20)

    found = adequacy("def f(n: int):\n    if n * n == 2:\n        n += 1\n    return n\n")

    assert found.mutants > found.mutants_told_apart


def test_a_mutant_differs_in_one_place_and_is_python():
    tree = ast.parse("def f(a, b):\n    return a + 1 if a < b and not b else a % 2\n")

    made = [mutant.source for mutant in mutants(tree, tree.body[0], 20)]

    assert len(made) == len(set(made)) == 7
    assert all(len(ast.parse(one).body) == 2 for one in made)
    assert not any(one.endswith(ast.unparse(tree)) for one in made)


def test_there_are_no_more_mutants_than_asked_for():
    tree = ast.parse("def f(a):\n" + "".join(f"    a += {n}\n" for n in range(40)))

    assert 5 <= len(mutants(tree, tree.body[0], 10)) <= 10
