"""Sessions mean what `doctest` means by them, which is asked here as well."""

import doctest
from types import ModuleType

import pytest

from stepcheck.server.judge.evidence.doctests import find_sessions
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, Verdict
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


def judged(code, **known):
    return Judge(Sandbox()).judge(Question(code=code, **known))


def doctest_passes(code):
    module = ModuleType("candidate")
    exec(compile(code, "candidate", "exec"), module.__dict__)
    runner = doctest.DocTestRunner(verbose=False)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, "candidate", module=module, globs=vars(module)):
        runner.run(test, out=lambda _: None)
    return runner.failures == 0 and runner.tries > 0


FUNCTION = '{before}def {name}({given}):\n    """Do.\n\n{session}\n    """\n{body}'


def function(session, body, name="f", given="n", before=""):
    """Return a module with one documented function."""
    lines = "\n".join(f"    {line}".rstrip() for line in session.strip("\n").splitlines())
    indented = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    text = FUNCTION.format(before=before, name=name, given=given, session=lines, body=indented)
    return text.replace("\\", "\\\\")


# A session, a body that doctest passes, and one that it does not.
SESSIONS = {
    "prints what it shows": (">>> f(3)\n3", "print(n)", "print(n + 1)"),
    "prints instead of returning a text": (">>> f(3)\nthree", "print('three')", "return 'three'"),
    "several printed lines": (
        ">>> f(3)\n0\n1\n2",
        "for i in range(n): print(i)",
        "for i in range(n - 1): print(i)",
    ),
    "printed out of order": (
        ">>> f(2)\n1\n0",
        "for i in range(n)[::-1]: print(i)",
        "for i in range(n): print(i)",
    ),
    "a blank line in between": (
        ">>> f(1)\na\n<BLANKLINE>\nb",
        "print('a'); print(); print('b')",
        "print('a'); print('b')",
    ),
    "two blank lines": (
        ">>> f(1)\n<BLANKLINE>\n<BLANKLINE>\nb",
        "print(); print(); print('b')",
        "print(); print('b')",
    ),
    "lists line by line": (
        ">>> f(2)\n[0]\n[0, 1]",
        "for i in range(n): print(list(range(i + 1)))",
        "for i in range(n): print(list(range(i)))",
    ),
    "a triangle of text": (
        ">>> f(2)\n*\n**",
        "for i in range(n): print('*' * (i + 1))",
        "for i in range(n): print('*' * n)",
    ),
    "a printed True": (">>> f(3)\nTrue", "print(n > 2)", "print(n < 2)"),
    "a printed None": (">>> f(3)\nNone", "print(None)", "return None"),
    "1 for True": (">>> f(3)\nTrue", "return n > 2", "return 1"),
    "9 for 9.0": (">>> f(3)\n9.0", "return n * 3.0", "return n * 3"),
    "9.0 for 9": (">>> f(3)\n9", "return n * 3", "return n * 3.0"),
    "a tuple for a list": (">>> f(3)\n[3]", "return [n]", "return (n,)"),
    "off by 1e-6": (">>> f(3)\n1.5", "return n / 2", "return n / 2 + 1e-6"),
    "prints something else as well": (">>> f(3)\n9", "return n * n", "print('now'); return n * n"),
    "prints what a statement does not show": (
        ">>> x = f(3)\n>>> x\n9",
        "return n * n",
        "print('now'); return n * n",
    ),
    "prints after it": (">>> f(3)\n9\n>>> f(1)\n1", "return n * n", "print(n); return n * n"),
    "ellipsis": (
        ">>> f(9)  # doctest: +ELLIPSIS\n'0,1,2,...'",
        "return ','.join(map(str, range(n)))",
        "return ','.join(map(str, range(1, n)))",
    ),
    "ellipsis over lines": (
        ">>> f(9)  # doctest: +ELLIPSIS\n0\n...\n8",
        "for i in range(n): print(i)",
        "for i in range(n - 1): print(i)",
    ),
    "white space that counts for nothing": (
        ">>> f(3)  # doctest: +NORMALIZE_WHITESPACE\n[0,  1,\n 2]",
        "return list(range(n))",
        "return list(range(1, n))",
    ),
    "a loop": (">>> for i in range(2):\n...     f(i)\n0\n1", "return n", "return n + 1"),
    "a loop that prints": (
        ">>> for i in range(2):\n...     print(f(i))\n0\n1",
        "return n",
        "return n + 1",
    ),
    "a condition": (">>> if f(3):\n...     print('yes')\nyes", "return n > 2", "return n > 3"),
    "a function of its own": (
        ">>> def twice(x):\n...     return f(f(x))\n>>> twice(1)\n3",
        "return n + 1",
        "return n + 2",
    ),
    "a name kept between examples": (
        ">>> a = [3]\n>>> f(a)\n>>> a\n[3, 1]",
        "n.append(1)",
        "n.insert(0, 1)",
    ),
    "an import of its own": (
        ">>> from collections import Counter\n>>> f(Counter('aab'))\n2",
        "return n['a']",
        "return n['b']",
    ),
    "an exception with its message": (
        ">>> f(0)\nTraceback (most recent call last):\n    ...\nValueError: too small",
        "raise ValueError('too small')",
        "raise ValueError('other')",
    ),
    "an exception of another kind": (
        ">>> f(0)\nTraceback (most recent call last):\nKeyError: 0",
        "raise KeyError(n)",
        "raise IndexError(n)",
    ),
    "an exception that does not come": (
        ">>> f(0)\nTraceback (most recent call last):\nKeyError: 0",
        "raise KeyError(n)",
        "return n",
    ),
    "an exception whatever it says": (
        ">>> f(0)  # doctest: +IGNORE_EXCEPTION_DETAIL\n"
        "Traceback (most recent call last):\nValueError: too small",
        "raise ValueError('other')",
        "raise TypeError('too small')",
    ),
    "an ordered dictionary": (
        ">>> f(1)\nOrderedDict([('a', 1)])",
        "from collections import OrderedDict\nreturn OrderedDict(a=n)",
        "return {'a': n}",
    ),
    "a counter": (
        ">>> f('aab')\nCounter({'a': 2, 'b': 1})",
        "from collections import Counter\nreturn Counter(n)",
        "return {'a': 2, 'b': 1}",
    ),
    "a default dictionary": (
        ">>> f(1)\ndefaultdict(<class 'int'>, {'a': 1})",
        "from collections import defaultdict\nreturn defaultdict(int, a=n)",
        "return {'a': n}",
    ),
    "awaited by asyncio": (
        ">>> import asyncio\n>>> asyncio.run(f(1))\n2",
        "async def g():\n    return n + 1\nreturn g()",
        "async def g():\n    return n\nreturn g()",
    ),
}
MODULES = {
    "math imported by the module": (
        function(">>> math.floor(f(10))\n3", "return math.sqrt(n)", before="import math\n"),
        function(">>> math.floor(f(10))\n3", "return math.sqrt(n) + 1", before="import math\n"),
    ),
    "a constant of the module": (
        function(">>> f(LIMIT)\n7", "return n", before="LIMIT = 7\n"),
        function(">>> f(LIMIT)\n7", "return n + 1", before="LIMIT = 7\n"),
    ),
    "a helper of the module": (
        function(">>> f(half(4))\n2", "return n", before="def half(n): return n // 2\n"),
        function(">>> f(half(4))\n2", "return n", before="def half(n): return n\n"),
    ),
    "an enumeration of the module": (
        function(
            ">>> f(1)\n<Color.RED: 1>",
            "return Color(n)",
            before="import enum\nclass Color(enum.Enum):\n    RED = 1\n",
        ),
        function(
            ">>> f(1)\n<Color.RED: 1>",
            "return Color(n)",
            before="import enum\nclass Color(enum.Enum):\n    BLUE = 1\n",
        ),
    ),
    "a named tuple": (
        function(
            ">>> f(1)\nPair(left=1, right=2)",
            "return Pair(n, 2)",
            before="from collections import namedtuple\nPair = namedtuple('Pair', 'left right')\n",
        ),
        function(
            ">>> f(1)\nPair(left=1, right=2)",
            "return (n, 2)",
            before="from collections import namedtuple\nPair = namedtuple('Pair', 'left right')\n",
        ),
    ),
}
CLASS = '''
class Counter:
    """Count.

    >>> c = Counter()
    >>> c.add(1)
    >>> c.show()
    1
    """
    def __init__(self): self.n = 0
    def add(self, n):
        {add}
    def show(self):
        {show}
'''
METHOD = '''
class Stack:
    def __init__(self): self.items = []
    def push(self, x):
        """Push.

        >>> s = Stack()
        >>> s.push(1).push(2).items
        [1, 2]
        """
        {body}
'''
AFTER = '''
def bitcount(n):
    count = 0
    while n:
        n {operator}= n - 1
        count += 1
        if count > 99: break
    return count

"""
Bitcount

Examples:
    >>> bitcount(127)
    7
    >>> bitcount(128)
    1
"""
'''
TEST = "def f(n):\n    return {value}\n\n__test__ = {{'small': '''\n>>> f(2)\n4\n'''}}\n"
TOP = '"""Squares.\n\n>>> f(2)\n4\n"""\ndef f(n):\n    return {value}\n'
INNER = '''
def f(n):
    """Square.

    >>> f(1)
    1
    """
    return n * n

def g(n):
    """Double.

    >>> g(3)
    6
    """
    return {value}

def last(n):
    return n
'''
MODULES |= {
    "a class": (
        CLASS.format(add="self.n += n", show="print(self.n)"),
        CLASS.format(add="self.n -= n", show="print(self.n)"),
    ),
    "a class that prints too much": (
        CLASS.format(add="self.n += n", show="print(self.n)"),
        CLASS.format(add="self.n += n; print('added')", show="print(self.n)"),
    ),
    "a class that returns too much": (
        CLASS.format(add="self.n += n", show="print(self.n)"),
        CLASS.format(add="self.n += n; return self.n", show="print(self.n)"),
    ),
    "a method": (
        METHOD.format(body="self.items.append(x); return self"),
        METHOD.format(body="self.items.insert(0, x); return self"),
    ),
    "__test__": (TEST.format(value="n * n"), TEST.format(value="n * 3")),
    "the module's docstring": (TOP.format(value="n * n"), TOP.format(value="n * 3")),
    "a function that is not the last": (INNER.format(value="2 * n"), INNER.format(value="n")),
}
CASES = {
    **{
        name: tuple(function(session, body) for body in bodies)
        for name, (session, *bodies) in SESSIONS.items()
    },
    **MODULES,
}


@isolated
@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_that_of_doctest(name):
    right, wrong = CASES[name]
    assert (doctest_passes(right), doctest_passes(wrong)) == (True, False)

    verdicts = [judged(code).verdict for code in (right, wrong)]

    assert verdicts == [Verdict.CORRECT, Verdict.INCORRECT]


@isolated
@pytest.mark.parametrize("operator", ["&", "^"])
def test_a_text_after_the_code_counts_as_a_docstring(operator):
    right = operator == "&"

    verdict = judged(AFTER.format(operator=operator)).verdict

    assert verdict is (Verdict.CORRECT if right else Verdict.INCORRECT)


@isolated
@pytest.mark.parametrize("field", ["intent", "examples"])
def test_sessions_of_the_task_run_in_the_code_s_own_globals(field):
    session = "Floor of a root:\n\n>>> math.floor(root(LIMIT))\n3\n>>> for i in (1, 4):\n"
    session += "...     print(root(i))\n1.0\n2.0\n"
    code = "import math\nLIMIT = 10\ndef root(x):\n    return math.sqrt(x){}\n"

    assert judged(code.format(""), **{field: session}).verdict is Verdict.CORRECT
    assert judged(code.format(" + 1"), **{field: session}).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    "session",
    [
        ">>> await f(1)\n2",
        ">>> x = await f(1)\n>>> x\n2",
        ">>> async for i in g(2):\n...     print(i)\n1\n2",
        ">>> [i async for i in g(2)]\n[1, 2]",
        ">>> import asyncio\n>>> async def main():\n...     return [i async for i in g(2)]\n"
        ">>> asyncio.run(main())\n[1, 2]",
    ],
)
def test_what_is_awaited_at_the_top_is_run_by_a_loop(session):
    code = (
        "async def f(x):\n    return x + {0}\n"
        "async def g(n):\n    for i in range(n):\n        yield i + {0}\n"
    )

    assert judged(code.format(1), examples=session).verdict is Verdict.CORRECT
    assert judged(code.format(2), examples=session).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    ("session", "result"),
    [
        ('>>> f(1)\n"one"', "'one'"),
        (">>> f(1)\n{'b', 'a'}", "{'a', 'b'}"),
        (">>> f(1)\n{'b':1,'a':2}", "{'a': 2, 'b': 1}"),
        (">>> f(1)\n[1,2]", "[1, 2]"),
        (">>> f(1)\n0.3", "0.1 + 0.2"),
        (">>> f(1) == 'xix'", "'xix'"),
        (">>> f(1)\n3\nThis is because three comes next.", "3"),
        (">>> f(1)\n3\n    '''", "3"),
    ],
)
def test_another_spelling_of_the_same_value_is_no_fault(session, result):
    assert judged(f"def f(x): return {result}", examples=session).verdict is Verdict.CORRECT
    assert judged("def f(x): return 'b'", examples=session).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    ("session", "body"),
    [
        (">>> f(1)\n[0, 1, ..., 9]", "return list(range(10))"),
        (">>> f(1)\nTraceback (most recent call last):\nValueError", "raise ValueError('no')"),
        (">>> f(1)", "return 3"),
        (">>> 1 + 1\n2", "return 3"),
    ],
)
def test_what_a_session_leaves_open_decides_nothing(session, body):
    assert judged(f"def f(x):\n    {body}\n", examples=session).verdict is Verdict.UNKNOWN


@isolated
def test_skipped_examples_are_counted_and_named():
    session = ">>> f(1)\n2\n>>> f(3)  # doctest: +SKIP\n7\n"

    judgement = judged("def f(x): return x + 1", examples=session)

    [shown] = [each for each in judgement.evidence if each.kind is EvidenceKind.EXAMPLES]
    assert judgement.verdict is Verdict.CORRECT
    assert (shown.passed, shown.set_aside) == (1, 1)
    assert any("f(3)" in note for note in shown.notes)


@isolated
@pytest.mark.parametrize(
    "body",
    [
        "import sys\n    sys.stdout.write('3')",
        "import builtins\n    builtins.print = lambda *_: None\n    return 3",
        "import doctest\n    doctest.OutputChecker.check_output = lambda *_: True\n    return 3",
        "import sys\n    sys.stdout = None\n    return 3",
        "import sys\n    print(sys.argv, sys._getframe(1).f_locals)\n    return 3",
    ],
)
def test_what_the_code_does_to_the_session_gains_nothing(body):
    verdict = judged(f"def f(x):\n    {body}\n", examples=">>> f(1)\n2").verdict

    assert verdict is not Verdict.CORRECT


def test_sessions_that_cannot_be_read_as_a_whole_are_read_by_paragraphs():
    text = ">>> f(1)\n2\n\n  >>> f(2)\n3\n\n>>>f(3)\n4\n\n>>> f(4)\n5\n"

    assert [check.source.strip() for check in find_sessions(text, {"f"}).checks] == ["f(1)", "f(4)"]
