"""What a check can do with a candidate in another process, and what its outcome is."""

import pytest

from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status

from .examining import QUICK, examine, isolated, statuses


@isolated
def test_a_change_of_an_argument_is_seen():
    check = Check("given = [3, 1]\nf(given)\nassert given == [1, 3]")

    assert statuses("def f(x): x.sort()", [check]) == {Status.PASSED}
    assert statuses("def f(x): sorted(x)", [check]) == {Status.FAILED}


@isolated
def test_exceptions_keep_their_type_and_name_the_line():
    source = "def f(x):\n    raise ValueError('no')\n"
    expects = Check("try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False")

    passed, raised = examine(source, [expects, Check("f(1)", "2")]).results

    assert passed.status is Status.PASSED
    assert (raised.status, raised.candidate_line) == (Status.RAISED, 2)


@isolated
@pytest.mark.parametrize(
    ("source", "check"),
    [
        ("def f(x): return x", Check("assert True")),
        ("def f(x): return x", Check("assert undefined_in_the_test == f(1)")),
        ("def f(x): return object()", Check("assert f(1) == 2")),
        ("def f(x): return object()", Check("f(1)", "2")),
        ("def f(x): return x", Check("f(__import__('io'))")),
        ("import a_module_that_is_not_there\ndef f(x): return x", Check("assert f(1)")),
    ],
)
def test_what_says_nothing_about_the_candidate_is_inconclusive(source, check):
    assert statuses(source, [check]) == {Status.INCONCLUSIVE}


CLASSES = """
from dataclasses import dataclass

class EmptyError(IndexError):
    pass

class Stack:
    limit = 3
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def lowest(self):
        if not self.items: raise EmptyError("nothing there")
        return min(self.items)
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    @property
    def top(self): return self.items[-1]

@dataclass
class Vector:
    x: int
    y: int
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)

def apply(function, x):
    return 0 if x > 5 else function(x)

class Same:
    def __eq__(self, other): return True
    def __contains__(self, other): return True
    def __sub__(self, other): return 0

def cheat(x):
    return Same()
"""


def check_classes(source, expected=None):
    names = ("EmptyError", "Stack", "Vector", "apply", "cheat")
    [result] = Sandbox(QUICK).examine(CLASSES, names, [Check(source, expected)]).results
    return result


@isolated
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s = Stack(); s.push(3); s.push(1)\ns.lowest()", "1"),
        ("s = Stack()\ntry: s.lowest()\nexcept EmptyError: pass\nelse: assert False", None),
        ("s = Stack()\ntry: s.lowest()\nexcept IndexError: pass\nelse: assert False", None),
        ("s = Stack(); s.push(3); assert len(s) == 1 and list(s) == [3] and s.top == 3", None),
        ("s = Stack(); s.items = [7]; assert s.items[0] == 7 and Stack.limit == 3", None),
        ("assert isinstance(Stack(), Stack) and not isinstance(Stack(), Vector)", None),
        ("apply(lambda v: 2 * v, 4)", "8"),
        ("apply(str, 4)", "'4'"),
        ("add = Vector(1, 2).__add__\nadd(Vector(0, 1)).y", "3"),
        ("Vector(1, 2) + Vector(2, 3)", "Vector(x=3, y=5)"),
    ],
)
def test_objects_stay_with_the_candidate_and_are_used_from_afar(source, expected):
    result = check_classes(source, expected)

    assert result.status is Status.PASSED, result


@isolated
@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 5)", Status.SELF_REPORTED),
        ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 6)", Status.FAILED),
        ("assert cheat(1) == cheat(2)", Status.SELF_REPORTED),
        ("assert 2 in cheat(1)", Status.SELF_REPORTED),
        ("assert abs(cheat(1) - 2) < 0.1", Status.SELF_REPORTED),
        ("assert cheat(1) == 2", Status.INCONCLUSIVE),
        ("assert cheat(1) != 3", Status.INCONCLUSIVE),
        ("assert [cheat(1)] == [2]", Status.INCONCLUSIVE),
        ("assert cheat(1) is None", Status.FAILED),
    ],
)
def test_what_a_candidate_says_of_its_own_objects_passes_nothing(source, status):
    assert check_classes(source).status is status


@isolated
def test_a_call_back_that_fails_does_so_in_the_candidate():
    assert check_classes("apply(lambda v: 1 / 0, 4)", "8").message.startswith("ZeroDivisionError")


@isolated
def test_the_lines_that_ran_are_told_for_each_check():
    source = "def f(x):\n    if x > 1:\n        return 1\n    return 2\n"
    checks = [Check("f(2)", "1"), Check("f(0)", "2")]

    traced = Sandbox(QUICK).examine(source, ["f"], checks, traced=True).results
    untraced = Sandbox(QUICK).examine(source, ["f"], checks).results

    assert [result.lines for result in traced] == [(2, 3), (2, 4)]
    assert [result.lines for result in untraced] == [(), ()]
