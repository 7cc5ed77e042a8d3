import ast

import pytest

from stepcheck.server.judge.languages.python.free_names import free_names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("sorted(d.items(), key=lambda x: x[1])", "d"),
        ("[x for x in lst if x > least]", "lst least"),
        ("{k: v for k, v in d.items()}", "d"),
        ("[[row[i] for row in m] for i in range(n)]", "m n"),
        ("a[i] = b", "a i b"),
        ("x = x.strip()", "x"),
        ("x = 1\nx + y", "y"),
        ("total += 1", "total"),
        ("for x in xs:\n    total += x", "xs total"),
        ("for i, (a, b) in enumerate(pairs):\n    print(i, a, b)", "pairs"),
        ("with open(path) as f:\n    data = f.read()", "path"),
        ("import os\nos.listdir(path)", "path"),
        ("try:\n    x\nexcept KeyError as e:\n    print(e)", "x"),
        ("if (n := len(xs)) > 3:\n    print(n)", "xs"),
        ("del xs[0], ys", "xs ys"),
        ("(lambda a, b=c: a + b + d)(1)", "c d"),
        ("[y for x in xs for y in x]", "xs"),
        ("sum(i for i in x) + i", "x i"),
        ("print(len('a'))", ""),
        ("while not done:\n    done = True", "done"),
        ("x: int = y", "y"),
        ("f'{a} {b!r:>{width}}'", "a b width"),
    ],
)
def test_names_without_a_value_in_the_order_of_their_first_use(source, names):
    found = free_names(ast.parse(source).body)

    assert sorted(found) == sorted(names.split())
    places = [source.index(name) for name in found if len(name) > 1]
    assert places == sorted(places)
