"""What ordinary code has is let through; the attacks show what is not."""

import pytest

from stepcheck.server.judge.languages.python.runner_access import find_runner_access

HARMLESS = {
    "a function": "def f(x):\n    return sorted(x, key=len)[::-1]\n",
    "modules": "import math, re, collections\nfrom typing import List, Type\n"
    "def f(x: List[int]) -> Type: return math.sqrt(collections.Counter(x)[1]) + math.pi\n",
    "functions of modules": "import operator\nfrom functools import reduce, lru_cache\n"
    "from collections import Counter, defaultdict\n@lru_cache(maxsize=None)\n"
    "def f(x): return reduce(operator.mul, map(Counter, x), defaultdict(Counter))\n",
    "constants of modules": "import math, string, sys\nbest = math.inf\n"
    "def f(x=math.nan): return [best, -math.inf, string.digits, sys.maxsize]\n",
    "a parameter named as a module": "import string\ndef f(string): return string.upper()\n",
    "a class": "class Stack:\n    def __init__(self): self._items = []\n"
    "    def __len__(self): return len(self._items)\n"
    "    def __iter__(self): return iter(self._items)\n    def __repr__(self): return 'Stack'\n",
    "nodes": "class Node:\n    def __init__(self, val): self.val, self.next = val, None\n"
    "def f(x):\n    node = Node(x)\n    node.next = Node(x)\n    node.next.val = 3\n"
    "    return node\n",
    "an enumeration": "import enum\nclass C(enum.Enum):\n    A = enum.auto()\n",
    "a data class": "from dataclasses import dataclass, field\n@dataclass(order=True)\nclass P:\n"
    "    x: list = field(default_factory=list)\n",
    "questions of type": "def f(x): return type(x) is int or type(x).__name__ == 'a' or "
    "isinstance(x, (int, str))\n",
    "exceptions": "class E(ValueError): pass\ndef f(x):\n    try: raise E(x)\n"
    "    except (E, KeyError) as error: raise TypeError(str(error)) from error\n",
    "a context manager": "from contextlib import contextmanager, suppress\n@contextmanager\n"
    "def f():\n    try: yield 1\n    finally: print('done')\n"
    "def g():\n    with suppress(KeyError): return 2\n",
    "coroutines": "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n"
    "    return await asyncio.gather(f(1), f(2))\n",
    "files": "import json, os\ndef f(path):\n    with open(path) as file: return json.load(file)\n"
    "def g(): return os.path.join(os.getcwd(), os.environ['HOME'])\n",
    "a main part": "def f(): pass\nif __name__ == '__main__':\n    f()\n",
    "attributes named as a text": "def f(x): return getattr(x, 'name', None)\n",
    "a method called eq": "class C:\n    def eq(self, other): return True\n",
}
HARMFUL = {
    "attributes by a name made up": "def f(x): return getattr(x, '_' * 2 + 'class' + '_' * 2)",
    "attributes by a function": "def f(x): return list(map(getattr, [x], ['a']))",
    "a module as a value": "import math\ndef f(): return math",
    "a module within a module": "import random\ndef f(): return random._os.system",
    "a module that a module imports": "import dataclasses\ndef f(): return dataclasses.sys",
    "a class handed on": "from collections import Counter\nkept = [Counter]",
    "a class returned": "from collections import Counter\ndef f(): return Counter",
    "a default that is a module": "import math\ndef f(math=math): math.sqrt = 3",
    "text that is run": "def f(x): return eval(x)",
    "text that pandas runs": "import pandas as pd\ndef f(x): return pd.eval(x)",
    "a module that is not known": "import requests\ndef f(): pass",
    "a module of the same folder": "from . import helpers\ndef f(): pass",
    "all of what is not known": "from numpy import *\ndef f(): pass",
    "wrapping with more": "from functools import wraps\ndef f(x): return wraps(x, ('a',))",
    "globals": "def f(): globals()['abs'] = 3",
    "a built-in assigned": "abs = lambda x: 0",
    "a built-in assigned in a function": "def f():\n    global abs\n    abs = 3",
    "a built-in as a loop variable": "for abs in [lambda x: 0]: pass",
    "another module of the name": "import random as math",
    "precision of others": "import decimal\ndecimal.getcontext().prec = 1",
    "what is no Python": "def f(:",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_ordinary_code_reaches_nothing(name):
    assert find_runner_access(HARMLESS[name]) == ""


@pytest.mark.parametrize("name", HARMFUL)
def test_a_way_is_named(name):
    assert find_runner_access(HARMFUL[name]) != ""


def test_files_are_a_way_where_memory_is_a_file():
    assert find_runner_access(HARMLESS["files"], with_files=False) == "import os"
    assert find_runner_access("def f(p): return open(p)", with_files=False) == "open"
