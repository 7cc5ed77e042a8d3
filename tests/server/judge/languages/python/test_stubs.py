import ast

import pytest

from stepcheck.server.judge.languages.python.stubs import merge_stubs

SOLUTION = "def f(x):\n    return x * 2\n"


@pytest.mark.parametrize(
    "stub",
    [
        'def f(x):\n    """Double it."""\n    pass\n\n',
        'def f(x: int) -> int:\n    """Double it."""\n    ...\n\n',
        'def f(x):\n    """Double it.\n\n    f(2) => 4\n    """\n\n',
        "def f(x):\n    raise NotImplementedError\n\n",
        "def f(x):\n    raise NotImplementedError('later')\n\n",
        "def f(x):\n    # your code here\n\n",
        "def f(x):\n\n",
        'def f(x): """Double it."""\n',
        "def f(x): pass\n",
    ],
)
def test_a_stub_leaves_and_its_docstring_and_all_lines_stay(stub):
    merged = merge_stubs(stub + SOLUTION)

    tree = ast.parse(merged)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 1
    assert functions[-1].lineno == ast.parse("\n" * stub.count("\n") + SOLUTION).body[0].lineno
    if '"""' in stub and "\n    " in stub:
        assert "Double it." in merged


@pytest.mark.parametrize(
    "source",
    [
        SOLUTION,
        f"{SOLUTION}\n{SOLUTION}",
        f"{SOLUTION}\ndef f(x):\n    pass\n",
        f"def g(x):\n    pass\n\n{SOLUTION}",
        f"@register\ndef f(x):\n    pass\n\n{SOLUTION}",
        "class C:\n    def f(self):\n        pass\n",
        "def f(x):\n    if x:\n        return 1\n",
        "x = (",
        "",
    ],
)
def test_all_else_stays_as_it_is(source):
    assert merge_stubs(source) == source


def test_a_bare_head_at_the_end_stays_wrong():
    assert merge_stubs("def f(x):\n") == "def f(x):\n"
