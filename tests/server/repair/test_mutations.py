import ast
import re

import pytest

from stepcheck.server.repair.mutations import mutate
from stepcheck.server.repair.program import Program, apply_edits


def variants(source):
    return {apply_edits(source, mutation.edits) for mutation in mutate(Program(source))}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("if a < b: pass", "if a <= b: pass"),
        ("if a not in b: pass", "if a in b: pass"),
        ("x = a + b", "x = a - b"),
        ("x = (a - b) * c", "x = a - b * c"),
        ("x = a - b + c", "x = a - (b + c)"),
        ("x = a + b * c", "x = (a + b) * c"),
        ("x = a and b", "x = a or b"),
        ("if a and b: pass", "if b: pass"),
        ("if a: pass", "if not a: pass"),
        ("for i in range(n): pass", "for i in range(n + 1): pass"),
        ("for i in range(n): pass", "for i in range(1, n): pass"),
        ("for i in range(0, n): pass", "for i in range(n): pass"),
        ("y = x[i]", "y = x[i - 1]"),
        ("y = x[i][j]", "y = x[j][i]"),
        ("y = x[1:n]", "y = x[1:]"),
        ("x = 3", "x = 4"),
        ("x = 0", "x = float('-inf')"),
        ("x = None", "x = []"),
        ("f(a, b)", "f(b, a)"),
        ("x = a - b", "x = abs(a - b)"),
        ("x = sorted(a)", "x = sorted(a, reverse=True)"),
        ("x = min(a)", "x = max(a)"),
        ("x.append(y)", "x.extend(y)"),
        ("x.push(y)", "x.append(y)"),
        ("n = x.size()", "n = len(x)"),
        ("x += 1", "x -= 1"),
        ("x = 'inf'", "x = float('inf')"),
        ("a, b = c", "b, a = c"),
        ("n ^= m", "n &= m"),
        ("n <<= 1", "n >>= 1"),
        ("n |= m", "n ^= m"),
        ("n //= 2", "n /= 2"),
        ("s.replace(a, b)", "s = s.replace(a, b)"),
        ("xs.sort()", "xs = xs.sort()"),
        ("sorted(xs)", "xs = sorted(xs)"),
        ("x = d[k]", "x = d.get(k, 0)"),
        ("for i in range(n): pass", "for i in range(1, n + 1): pass"),
        ("for i in range(n): pass", "for i in range(n - 1, -1, -1): pass"),
        ("for i in range(a, b): pass", "for i in range(a + 1, b + 1): pass"),
        ("for i in range(a, b): pass", "for i in range(b - 1, a - 1, -1): pass"),
        ("x = []", "x = [[]]"),
        ("x = xs + f(y)", "x = xs + [f(y)]"),
        ("x = 1\nwhile True: x = 0", "x = 1\nwhile x: x = 0"),
        ("for x in xs: pass", "for x in xs[1:]: pass"),
        ("x = sum(xs)", "x = sum(xs[:-1])"),
    ],
)
def test_a_slip_of_a_kind_is_undone(wrong, right):
    assert right in variants(wrong)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("x = 1\n    return x", "x = 1\n    return -x"),
        ("y = a\n    y", "y = a\n    return y"),
        ("b = a", "b = a\n    return b"),
        ("b = 1\n    c = 2\n    return a", "b = 1\n    c = 2\n    return b"),
        ("return aa", "return a"),
        ("return a.append(1)", "return a.append(1)\n    return a"),
        ("while a: pass\n    b = 1", "if a: pass\n    b = 1"),
        ("if a:\n        b = 1\n        return b", "if a:\n        b = 1\n    return b"),
        ("if a:\n        b = 1\n    return a", "if a:\n        b = 1\n        return a"),
        (
            "while a:\n        b = 1\n    return 2",
            "while a:\n        b = 1\n        a -= 1\n    return 2",
        ),
        ("b = 1\n    c = b\n    return c", "c = b\n    b = 1\n    return c"),
        ("b = 1\n    return b", "return b"),
        ("if a: f(a - 1)\n    b = 1", "if a: return f(a - 1)\n    b = 1"),
        ("if a: yield f(a)", "if a: yield from f(a)"),
        ("if a > 1: return 2", "if a > 1 or not a: return 2"),
        ("if a > 1 and a: return 2", "if a > 1 and a or a == 0: return 2"),
        (
            "if a: return 1\n    else: return 2",
            "if a: return 2\n    else: return 1",
        ),
    ],
)
def test_a_slip_in_a_function_is_undone(wrong, right):
    if right == "return a.append(1)\n    return a":
        right = "a.append(1)\n    return a"
    before, after = (f"def f(a):\n    {body}\n" for body in (wrong, right))
    assert after in variants(before)


def test_a_method_called_as_a_function_gets_its_self():
    source = "class A:\n    def f(self): pass\n    def g(self): return f()\n"

    assert source.replace("return f()", "return self.f()") in variants(source)


def test_every_edit_but_few_is_python_and_touches_the_lines_it_names():
    source = (
        "def f(numbers, limit):  # first\n"
        "    total = 0\n"
        "    for i, number in enumerate(numbers):\n"
        "        if number < limit and i > 0:  # second\n"
        "            total += number * 2\n"
        "    return total if total else -1\n"
    )
    wrong = 0
    lines = source.splitlines()
    for mutation in mutate(Program(source)):
        changed = apply_edits(source, mutation.edits)
        assert changed != source
        assert len(set(lines) - set(changed.splitlines())) <= 3
        try:
            ast.parse(changed)
        except SyntaxError:
            wrong += 1
    assert wrong < 10


def test_no_edit_knows_a_value_that_the_program_does_not():
    source = (
        "def f(numbers, limit):\n"
        '    """f([371, 52], 4096) == 811"""\n'
        "    total = 7\n"
        "    for number in numbers:\n"
        "        while number > limit and True:\n"
        "            number -= 13\n"
        "        total += d[number]\n"
        "    return total\n"
    )
    known = {7, 13}
    for mutation in mutate(Program(source)):
        for edit in mutation.edits:
            shown = [int(word) for word in re.findall(r"\d+", edit.text)]
            near = {number for value in known for number in (value - 1, value, value + 1)}
            assert set(shown) <= near | {0, 1, 2}, mutation
