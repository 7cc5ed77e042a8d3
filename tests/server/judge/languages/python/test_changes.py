import textwrap

import pytest

from stepcheck.server.judge.languages.change import MODULE, ChangeKind
from stepcheck.server.judge.languages.python.changes import changed_lines, find_changes
from stepcheck.server.judge.languages.python.source import SourceError

BEFORE = textwrap.dedent('''
    import os

    class Stack:
        """A stack."""

        limit = 10

        def push(self, item):
            self.items.append(item)  # at the end

        @property
        def size(self):
            return 1

        @size.setter
        def size(self, value):
            self.value = value

    def total(values):
        def add(left, right):
            return left + right
        return sum(values)

    if os.name == "posix":
        def where():
            return "/"
''')


def changed(before, after):
    return {change.name: change.kind for change in find_changes(before, after)}


def edited(old, new):
    assert old in BEFORE
    return changed(BEFORE, BEFORE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # at the end", ""),
        ("return sum(values)", "return (\n        sum(values)\n    )"),
        ('"posix"', "'posix'"),
        ("\nclass", "\n\n\nclass"),
        ('"""A stack."""', '"""A pile."""'),
        ("\nimport os", '\n"""A module."""\n\nimport os'),
    ],
)
def test_spelling_is_no_change(old, new):
    assert edited(old, new) == {}


def test_the_order_of_functions_is_no_change():
    first, second = "def f():\n    return 1\n", "def g():\n    return 2\n"

    assert changed(first + second, second + first) == {}


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("left + right", "left - right", "total"),
        ("append(item)", "append(1)", "Stack.push"),
        ("self.value = value", "self.value = 1", "Stack.size"),
        ('"/"', '"."', "where"),
        ("limit = 10", "limit = 11", "Stack"),
        ('"""A stack."""', '"""A pile.\n\n    >>> Stack()\n    """', "Stack"),
        ("class Stack:", "class Stack(dict):", "Stack"),
        ("import os", "import os, sys", MODULE),
        ('== "posix"', '!= "posix"', MODULE),
        ("    def push", "    @staticmethod\n    def push", "Stack.push"),
    ],
)
def test_a_change_belongs_to_what_holds_it(old, new, name):
    assert edited(old, new) == {name: ChangeKind.CHANGED}


def test_what_is_new_and_what_is_gone():
    after = BEFORE.replace("def total", "def twice(x):\n    return 2 * x\n\ndef sums")

    assert changed("def f(): pass\n", "def g(): return 1\n") == {
        "g": ChangeKind.ADDED,
        "f": ChangeKind.DELETED,
    }
    assert changed(BEFORE, after) == {"twice": ChangeKind.ADDED, "sums": ChangeKind.RENAMED}


def test_a_renamed_function_may_call_itself():
    before = "def f(n):\n    return f(n - 1)\n"

    [change] = find_changes(before, before.replace("f(n", "down(n"))

    assert (change.name, change.was, change.kind) == ("down", "f", ChangeKind.RENAMED)


def test_a_deleted_class_takes_its_methods_along():
    before = "class A:\n    def f(self): pass\n"

    assert changed(before, "") == {"A": ChangeKind.DELETED}


def test_without_a_before_everything_is_new():
    after = 'class A:\n    """A."""\n    def f(self): pass\n'

    for before in (None, "", "this is no Python"):
        assert changed(before, after) == {"A": ChangeKind.ADDED, "A.f": ChangeKind.ADDED}


def test_ranges_are_of_the_new_text_with_decorators():
    before = "x = 1\n\n@cache\ndef f():\n    return 1\n"
    after = "y = 0\nx = 1\n\n@cache\ndef f():\n    return 2\n"

    module, function = find_changes(before, after)

    assert (module.range.first_line, module.range.last_line) == (1, 1)
    assert (function.range.first_line, function.range.last_line) == (4, 6)


@pytest.mark.parametrize("after", ["def f(:", "x\0", "(" * 10_000, "x = " + "-" * 90_000 + "1"])
def test_what_is_no_python_is_an_error(after):
    with pytest.raises(SourceError):
        find_changes("", after)


def test_the_lines_that_differ_are_those_of_the_new_text():
    before = "def f(x):\n    a = 1\n    b = 2\n    return a\n"

    def differing(after):
        [change] = find_changes(before, after)
        return change.differing and (change.differing.first_line, change.differing.last_line)

    assert differing("\n\n" + before.replace("b = 2", "b = 3\n    c = 4")) == (5, 6)
    assert differing(before.replace("a = 1", "a = 0").replace("return a", "return b")) == (2, 4)
    assert differing(before.replace("    b = 2\n", "")) is None


def test_lines_are_changed_if_the_former_text_has_them_not():
    assert changed_lines("a\nb\nc\n", "a\nx\nc\nd\n") == {2, 4}
    assert changed_lines("a\nb\n", "a\nb\n") == frozenset()
