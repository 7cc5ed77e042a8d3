import ast
import textwrap

import pytest

from stepcheck.server.judge.static import flow


def function(body):
    return ast.parse("def f(x):\n" + textwrap.indent(textwrap.dedent(body), "    "))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return x\nx += 1\n", 3),
        ("if x:\n    return 1\nelse:\n    raise ValueError\nx += 1\n", 6),
        ("while True:\n    x += 1\nreturn x\n", 4),
        ("for y in x:\n    continue\n    x += 1\n", 4),
        ("try:\n    return 1\nexcept ValueError:\n    raise\nx += 1\n", 6),
        ("match x:\n    case 1:\n        return 1\n    case _:\n        return 2\nx += 1\n", 7),
    ],
)
def test_what_nothing_leads_to_is_found(body, line):
    [fault] = flow.find_unreachable(function(body))

    assert fault.range.first_line == line


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n    if x:\n        break\nreturn x\n",
        "while True:\n    for y in x:\n        pass\n    else:\n        break\nreturn x\n",
        "while x:\n    x -= 1\nreturn x\n",
        "while True:\n    try:\n        f(lambda: x)\n    except E:\n        break\nreturn x\n",
        "return\nyield\n",
        "with suppress(E):\n    return x\nreturn 1\n",
        "try:\n    return x\nexcept E:\n    pass\nreturn 1\n",
        "if x:\n    return 1\nreturn 2\n",
        "match x:\n    case 1:\n        return 1\nreturn 2\n",
    ],
)
def test_what_may_be_reached_is_not(body):
    assert not list(flow.find_unreachable(function(body)))


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("if x:\n    return 1\n", True),
        ("for y in x:\n    return y\n", True),
        ("if x:\n    return 1\nelse:\n    return 2\n", False),
        ("with x:\n    return 1\n", False),
        ("while True:\n    return 1\n", False),
        ("if x:\n    return 1\nreturn None\n", False),
        ("if x:\n    return\n", False),
        ("yield 1\nif x:\n    return 1\n", False),
        ("def g():\n    return 1\n", False),
        ("if x:\n    return 1\nassert False\n", False),
    ],
)
def test_a_function_that_returns_on_some_paths_only_is_found(body, missing):
    assert bool(list(flow.find_missing_returns(function(body)))) is missing


def test_a_function_that_returns_nothing_any_more_is_found():
    before, after = function("return x + 1"), function("x + 1")

    assert len(list(flow.find_lost_results(before, after))) == 1
    assert not list(flow.find_lost_results(before, function("raise ValueError")))
    assert not list(flow.find_lost_results(after, after))


@pytest.mark.parametrize(
    ("body", "unused"),
    [
        ("x + 1", True),
        ("-x", True),
        ("not x", True),
        ("x or 1", True),
        ("x or x.pop()", False),
        ("x >> y", False),
        ("x.attribute", False),
        ("'text'", False),
        ("x[1]", False),
        ("-(yield)", False),
    ],
)
def test_a_result_that_nobody_uses_is_found(body, unused):
    assert bool(list(flow.find_unused_results(function(body)))) is unused
