import pytest

from stepcheck.server.judge.static.analysis import examine
from stepcheck.server.judge.verdict import FaultKind, Finding


def kinds(source, declared=None):
    return [fault.kind for fault in examine(source, declared).faults]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x:\n    return x",
        "def f(x):\n\tif x:\n        return x",
        "def f(x):\n    return '\x00'",
        "x" * 2_000_000,
        "(" * 100_000,
    ],
)
def test_what_is_not_python_is_refuted(source):
    evidence = examine(source)

    assert [fault.kind for fault in evidence.faults] == [FaultKind.SYNTAX]
    assert evidence.finding is Finding.REFUTES


def test_an_undefined_name_is_found_where_it_stands():
    [fault] = examine("def f(x):\n    y = x\n    return math.sqrt(y)\n").faults

    assert fault.kind is FaultKind.UNDEFINED_NAME
    assert fault.range.first_line == 3


@pytest.mark.parametrize(
    "source",
    [
        "import math\ndef f(x): return math.sqrt(x)",
        "def f(x): return [y for y in x if (z := y)]",
        "from math import *\ndef f(x): return sqrt(x)",
        "def f(x): return g(x)\ndef g(x): return __name__",
        "def f(x):\n    global kept\n    kept = x\ndef g(): return kept",
        "class A:\n    b = 1\n    def c(self): return super().c() + __class__.b",
        "def f(x):\n    try: return x\n    except ValueError as error: return error",
        "class Stack:\n    def top(self):\n        last = self.items[-1]\n        return last",
        "def top(x):\n    global kept\n    kept = x\n    return kept",
        "def f[T](x: T) -> T: return x" if __import__("sys").version_info >= (3, 12) else "f = 1",
    ],
)
def test_a_defined_name_is_not_reported(source):
    assert kinds(source) == []


@pytest.mark.parametrize(
    "body", ["pass", "...", '"""Documented."""', "raise NotImplementedError", "'''a'''; pass"]
)
def test_a_stub_is_refuted(body):
    assert kinds(f"def f(x):\n    {body}\n") == [FaultKind.STUB]


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("def f(x): return x", Finding.NOTHING),
        ("def g(x): return x", Finding.REFUTES),
        ("def f(x, y): return x", Finding.NOTHING),
    ],
)
def test_a_function_that_is_gone_refutes_and_a_changed_one_is_noted(source, finding):
    assert examine(source, "def f(x): return 1").finding is finding
    assert bool(kinds(source, "def f(x): return 1")) == (source != "def f(x): return x")


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    unicode\nexcept NameError:\n    unicode = str\n",
        "def f(): return WIDTH\nglobals().update(WIDTH=1)\n",
        "def noop(): pass\ndef f(x): return x\n",
        "@overload\ndef f(x: int) -> int: ...\nfrom typing import overload\n",
    ],
)
def test_what_may_be_right_does_not_refute(source):
    assert examine(source).finding is Finding.NOTHING


def test_a_suspicion_counts_only_where_an_edit_brought_it():
    before = "def f(x):\n    x == 1\n    return x\n"
    after = before.replace("return x", "return x + 1\n    x += 1")

    assert kinds(before) == [FaultKind.SUSPICIOUS]
    assert kinds(after, before) == [FaultKind.UNREACHABLE]


def test_a_name_that_was_undefined_before_refutes_nothing():
    before = "def f(x):\n    return supplied(x)\n"

    assert examine(before).finding is Finding.REFUTES
    assert examine(before.replace("(x)\n", "(x + 1)\n"), before).finding is Finding.NOTHING
    broken = before.replace("return", "retrun")
    assert examine(before, broken).finding is Finding.NOTHING


def test_an_emptied_function_refutes_an_edit_and_a_new_hook_does_not():
    before = "def f(x):\n    return x\n"

    assert kinds("def f(x):\n    pass\n", before)[0] is FaultKind.STUB
    assert kinds(before + "def hook(): pass\n", before) == []


def test_a_caller_left_behind_refutes_the_edit_of_what_it_calls():
    before = "def f(a):\n    return a\ndef g():\n    return f(1)\n"
    after = before.replace("f(a)", "f(a, b)")

    evidence = examine(after, before, "f")

    assert evidence.finding is Finding.REFUTES
    assert [fault.range.first_line for fault in evidence.faults] == [1, 4]
    assert examine(after, before, "g").finding is Finding.REFUTES


def test_a_name_that_is_not_defined_in_a_function_called_top_is_found():
    assert kinds("def top(x):\n    return x + y\n") == [FaultKind.UNDEFINED_NAME]


def test_what_is_nested_too_deeply_is_not_called_wrong():
    deep = "def f(x):\n    return " + " + ".join(["x"] * 2000) + "\n"

    evidence = examine(deep, "def f(x):\n    return x\n", "f")

    assert evidence.finding is Finding.NOTHING
    assert evidence.notes
