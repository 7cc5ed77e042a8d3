import pytest

from stepcheck.server.judge.evidence.static import examine
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
