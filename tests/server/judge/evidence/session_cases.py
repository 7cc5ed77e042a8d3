"""Documented modules: the first of each case is right by its sessions, the second is not."""

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
    "says something on standard error": (
        ">>> f(3)\n9",
        "import sys; print('slow', file=sys.stderr); return n * n",
        "print('slow'); return n * n",
    ),
    "warns and logs": (
        ">>> f(3)\n9",
        "import logging, warnings; warnings.warn('old'); logging.warning('slow'); return n * n",
        "import logging, warnings; warnings.warn('old'); logging.warning('slow'); return n + n",
    ),
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
