import ast

import pytest

from stepcheck.server.judge.static import signatures


@pytest.mark.parametrize(
    ("before", "after", "fits"),
    [
        ("a, b", "a, b", True),
        ("a, b", "a, b, c=1", True),
        ("a, b", "a, b, *, c=1", True),
        ("a, b", "a, b=1", True),
        ("a, *, b", "a, b=1", True),
        ("a", "a, **rest", True),
        ("a, b", "b, a", False),
        ("a, b", "a", False),
        ("a", "a, b", False),
        ("a=1", "a", False),
        ("a", "a, /", False),
        ("a, *rest", "a", False),
        ("a, **rest", "a", False),
        ("a, *, b", "a", False),
        ("a", "a, *, b", False),
    ],
)
def test_a_signature_changed_where_an_old_call_no_longer_fits(before, after, fits):
    changed = signatures.find_changed(
        ast.parse(f"def f({before}): pass"), ast.parse(f"def f({after}): pass")
    )

    assert [each.function for each in changed] == ([] if fits else ["f"])


def misfits(source, before=None):
    old = ast.parse(before) if before is not None else None
    return [each.function for each in signatures.find_misfits(old, ast.parse(source))]


@pytest.mark.parametrize(
    ("call", "fits"),
    [
        ("f(1, 2)", True),
        ("f(1, b=2)", True),
        ("f(*x)", True),
        ("f(**x)", True),
        ("f(1)", False),
        ("f(1, 2, 3)", False),
        ("f(1, 2, c=3)", False),
        ("f(1, 2, a=3)", False),
        ("x.f(1)", True),
    ],
)
def test_a_call_that_cannot_be_bound_is_found(call, fits):
    source = f"def f(a, b): pass\ndef g(x):\n    return {call}\n"

    assert misfits(source) == ([] if fits else ["f"])
    assert misfits(source, before=source) == []


@pytest.mark.parametrize(
    "source",
    [
        "@wraps\ndef f(a): pass\ndef g(): f()",
        "def f(a): pass\nf = partial(f, 1)\ndef g(): f()",
        "def f(a): pass\ndef g(f): f()",
        "from m import f\ndef f(a): pass\ndef g(): f()",
        "if x:\n    def f(a): pass\nelse:\n    def f(): pass\ndef g(): f()",
    ],
)
def test_a_name_that_may_mean_another_function_is_left_alone(source):
    assert misfits(source) == []


def test_methods_are_called_on_self():
    source = (
        "class A:\n    def f(self, a): pass\n    def g(self): self.f()\n    def h(self): self.f(1)"
    )

    assert misfits(source) == ["A.f"]
