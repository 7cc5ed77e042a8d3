"""Real ruff."""

import ast

import pytest

from stepcheck.server.judge.static import lint
from stepcheck.server.judge.verdict import FaultKind, Severity


def rules(source):
    return [fault.message.rpartition("(")[2].rstrip(")") for fault in faults(source)]


def faults(source):
    return list(lint.find_faults(source, ast.parse(source)))


def test_findings_hold_what_ruff_says_even_where_a_comment_forbids_it():
    found = lint.findings("import os  # noqa\n")

    assert [(each.rule, each.range.first_line) for each in found] == [("F401", 1)]
    assert lint.findings("x = 1\n") == ()
    assert lint.findings("(") != ()


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("def f(x):\n    x == 1\n", "B015"),
        ("def f(x, seen=[]):\n    seen.append(x)\n", "B006"),
        ("def f(*, seen={}):\n    seen[1] = 2\n", "B006"),
        ("assert (1, 'it')\n", "F631"),
        ("def f(x): return x is 'a'\n", "F632"),
        ("print('%d %d' % (1,))\n", "F507"),
    ],
)
def test_what_is_seldom_meant_is_a_suspicion(source, rule):
    assert rules(source) == [rule]
    assert faults(source)[0].severity is Severity.SMALL


@pytest.mark.parametrize("source", ["return 1\n", "def f():\n    break\n", "await f()\n"])
def test_what_cannot_be_compiled_is_a_fact(source):
    assert all(f.kind is FaultKind.SYNTAX for f in faults(source))
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    [
        "import os\n",
        "def f(x, nothing=[]):\n    return nothing\n",
        "try:\n    unicode\nexcept NameError:\n    pass\n",
        "def f(x):\n    x.attribute\n",
        "def f( x ):\n  l=x;return (l)\n",
        "def f(xs):\n    for x in xs:\n        x = x + 1\n",
    ],
)
def test_style_and_idioms_are_neither(source):
    assert faults(source) == []
