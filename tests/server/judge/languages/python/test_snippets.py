import ast

import pytest

from stepcheck.server.judge.languages.python.snippets import (
    NAME,
    Head,
    Outcome,
    read_snippet,
    to_function,
)


def function_of(source, parameters=None):
    snippet = read_snippet(source)
    names = tuple(parameters or snippet.variables)
    return to_function(snippet, Head(NAME, names, (None,) * len(names)), snippet.variables)


def run(source, *values):
    made = function_of(source)
    known = {}
    exec(made.source, known)
    return known[NAME](*values)


@pytest.mark.parametrize(
    ("source", "values", "result"),
    [
        ("sorted(d.items(), key=lambda x: x[1])", [{"a": 2, "b": 1}], [("b", 1), ("a", 2)]),
        ("[x for x in lst if x]", [[0, 1]], [1]),
        ("print(sum(i for i in a))", [[1, 2]], 3),
        ("result = []\nfor x in xs:\n    result.append(x * 2)", [[1, 2]], [2, 4]),
        ("x = x.strip()", [" a "], "a"),
        ("first, *rest = xs\nrest", [[1, 2, 3]], [2, 3]),
        ("a, b = b, a", [1, 2], (2, 1)),
        ("total = 0\nfor x in xs: total += x", [[1, 2]], 3),
        ("ys = list(xs)\nys.reverse()", [[1, 2]], [2, 1]),
        ("import math; math.floor(x)", [1.5], 1),
        ("re.sub('[0-9]', '', s)", ["a1"], "a"),
        ("Counter(words).most_common(1)", ["aab"], [("a", 2)]),
        ("string.replace('a', 'b')", ["aa"], "bb"),
        ("datetime.strptime(s, '%Y').year", ["2001"], 2001),
        ("datetime.date(y, 1, 1).year", [2001], 2001),
        ("text = '''a\n  b'''\ntext + s", ["c"], "a\n  bc"),
        ("'é' + (x)  # a remark", ["ü"], "éü"),
        ("if x:\n    y = 1\nelse:\n    y = 2\ny", [0], 2),
        ("sum(x * y for x, y in\n    zip(a, b))", [[1, 2], [3, 4]], 11),
    ],
)
def test_a_snippet_is_a_function_of_its_variables(source, values, result):
    assert run(source, *values) == result


@pytest.mark.parametrize(
    "source",
    ["", "def f(): pass", "class C: pass", "import os", "x = (", "n = int(input())\nprint(n)"],
)
def test_what_is_no_snippet(source):
    assert read_snippet(source) is None


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("xs.sort()", Outcome.EFFECT),
        ("sorted(xs)", Outcome.VALUE),
        ("d['a'] = 1", Outcome.EFFECT),
        ("print(a, b)", Outcome.EFFECT),
        ("print(a)", Outcome.VALUE),
        ("for x in xs:\n    print(x)", Outcome.EFFECT),
        ("y = xs[0]", Outcome.VALUE),
    ],
)
def test_what_a_snippet_comes_to(source, outcome):
    assert read_snippet(source).outcome is outcome


def test_statements_that_may_stand_in_no_function_make_none():
    assert function_of("await x") is None
    assert function_of("from os import *\nlistdir(x)") is None


def test_parameters_of_other_names_are_given_on():
    made = function_of("a - b", ("x", "y"))

    known = {}
    exec(made.source, known)
    assert known[NAME](5, 3) == 2
    assert made.source.splitlines()[made.lines_before].strip() == "return (a - b)"


@pytest.mark.parametrize("source", ["np.array(a)", "math.sqrt(x) + sqrt", "json = json"])
def test_the_lines_before_are_counted(source):
    made = function_of(source)

    body = made.source.splitlines()[made.lines_before :]
    assert ast.unparse(ast.parse(source)).split("(")[0] in "\n".join(body)
