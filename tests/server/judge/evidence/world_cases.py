"""What tests ask of the world of the code: right code, wrong code, tests; over 350 lines of data."""

# ruff: noqa: E501 - code in texts

CASES = {
    "a patched built-in": (
        "def f(): return int(input()) + 1",
        "def f(): return int(input())",
        "from unittest.mock import patch\n"
        "def test_f():\n    with patch('builtins.input', return_value='4'):\n"
        "        assert f() == 5\n",
    ),
    "a patched function of a module": (
        "import time\ndef f(): time.sleep(9); return time.time()",
        "import time\ndef f(): time.sleep(8); return time.time()",
        "from unittest import mock\n@mock.patch('time.sleep')\ndef test_f(sleep):\n    f()\n"
        "    sleep.assert_called_once_with(9)\n",
    ),
    "a patched helper": (
        "def load(): return 3\ndef f(): return load() + 1",
        "def load(): return 3\ndef f(): return load() + 2",
        "from unittest.mock import patch\nimport solution\ndef test_f():\n"
        "    with patch('solution.load', return_value=8):\n        assert solution.f() == 9\n",
    ),
    "a patched helper of the main module": (
        "def load(): return 3\ndef f(): return load() + 1",
        "def load(): return 3\ndef f(): return 4",
        "from unittest.mock import patch\n"
        "with patch('__main__.load', lambda: 8):\n    assert f() == 9\n",
    ),
    "a mock as an argument": (
        "def f(client): return client.get('x', timeout=3).json()['a']",
        "def f(client): return client.get('x').json()['a']",
        "from unittest.mock import Mock\ndef test_f():\n    client = Mock()\n"
        "    client.get.return_value.json.return_value = {'a': 5}\n    assert f(client) == 5\n"
        "    client.get.assert_called_with('x', timeout=3)\n",
    ),
    "standard input": (
        "import sys\ndef f(): return sum(map(int, sys.stdin))",
        "import sys\ndef f(): return int(sys.stdin.readline())",
        "import io, sys\ndef test_f():\n    sys.stdin = io.StringIO('1\\n2\\n')\n    assert f() == 3\n",
    ),
    "arguments of the command": (
        "import sys\ndef f(): return sys.argv[1:]",
        "import sys\ndef f(): return sys.argv",
        "import sys\nfrom unittest.mock import patch\ndef test_f():\n"
        "    with patch.object(sys, 'argv', ['x', 'a']):\n        assert f() == ['a']\n",
    ),
    "the environment": (
        "import os\ndef f(): return os.environ.get('HOST', 'none')",
        "import os\ndef f(): return os.environ.get('HOME', 'none')",
        "import os\ndef test_f():\n    os.environ['HOST'] = 'a'\n    assert f() == 'a'\n",
    ),
    "a seed": (
        "import random\ndef f(): return random.randint(1, 9)",
        "import random\ndef f(): return random.randint(1, 8)",
        "import random\ndef test_f():\n    for seed in range(99):\n        random.seed(seed)\n"
        "        want = random.randint(1, 9)\n        random.seed(seed)\n        assert f() == want\n",
    ),
    "a file that the test writes": (
        "def f(path):\n    with open(path) as file: return file.read().split()",
        "def f(path):\n    with open(path) as file: return file.read()",
        "def test_f():\n    with open('in.txt', 'w') as file: file.write('a b')\n"
        "    assert f('in.txt') == ['a', 'b']\n",
    ),
    "a file that the code writes": (
        "import json\ndef f(path, x):\n    with open(path, 'w') as file: json.dump(x, file)",
        "import json\ndef f(path, x):\n    with open(path, 'w') as file: file.write(str(x))",
        "import json, os, tempfile\ndef test_f():\n    with tempfile.TemporaryDirectory() as at:\n"
        "        f(os.path.join(at, 'x'), {'a': 1})\n"
        "        assert json.load(open(os.path.join(at, 'x'))) == {'a': 1}\n",
    ),
    "an open file": (
        "def f(file): return [line.strip() for line in file]",
        "def f(file): return list(file)",
        "import io\ndef test_f(): assert f(io.StringIO('a\\nb\\n')) == ['a', 'b']\n",
    ),
    "a file that it returns": (
        "import io\ndef f(x): return io.StringIO(x)",
        "import io\ndef f(x): return io.StringIO(x + x)",
        "def test_f(): assert f('ab').read(3) == 'ab'\n",
    ),
    "captured output": (
        "def f(x): print(x, end=';')",
        "def f(x): print(x)",
        "import io\nfrom contextlib import redirect_stdout\ndef test_f():\n    out = io.StringIO()\n"
        "    with redirect_stdout(out): f(3)\n    assert out.getvalue() == '3;'\n",
    ),
    "output through a patched stream": (
        "import sys\ndef f(x): sys.stdout.write(str(x))",
        "import sys\ndef f(x): sys.stderr.write(str(x))",
        "import io, unittest.mock\ndef test_f():\n"
        "    with unittest.mock.patch('sys.stdout', new_callable=io.StringIO) as out: f(3)\n"
        "    assert out.getvalue() == '3'\n",
    ),
    "warnings": (
        "import warnings\ndef f(): warnings.warn('old', DeprecationWarning)",
        "import warnings\ndef f(): warnings.warn('old', UserWarning)",
        "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self):\n"
        "        with self.assertWarns(DeprecationWarning): f()\n",
    ),
    "logging": (
        "import logging\ndef f(): logging.getLogger('a').error('no')",
        "import logging\ndef f(): logging.getLogger('a').info('no')",
        "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self):\n"
        "        with self.assertLogs('a', 'ERROR') as seen: f()\n"
        "        self.assertEqual(seen.output, ['ERROR:a:no'])\n",
    ),
    "identity": (
        "def f(x): return x",
        "def f(x): return list(x)",
        "def test_f():\n    a = [1]\n    assert f(a) is a\n",
    ),
    "a copy": (
        "import copy\ndef f(x): return copy.deepcopy(x)",
        "import copy\ndef f(x): return copy.copy(x)",
        "def test_f():\n    a = [[1]]\n    b = f(a)\n    a[0].append(2)\n    assert b == [[1]]\n",
    ),
    "rows of their own": (
        "def f(n): return [[0] * n for _ in range(n)]",
        "def f(n): return [[0] * n] * n",
        "def test_f():\n    a = f(2)\n    a[0][0] = 1\n    assert a == [[1, 0], [0, 0]]\n",
    ),
    "a default that is kept": (
        "def f(x, seen=None):\n    seen = [] if seen is None else seen\n    seen.append(x)\n"
        "    return seen",
        "def f(x, seen=[]):\n    seen.append(x)\n    return seen",
        "def test_f():\n    f(1)\n    assert f(2) == [2]\n",
    ),
    "an argument that is left alone": (
        "def f(x): return sorted(x)",
        "def f(x):\n    x.sort()\n    return x",
        "def test_f():\n    a = [2, 1]\n    assert f(a) == [1, 2] and a == [2, 1]\n",
    ),
    "state of the module": (
        "COUNT = 0\ndef f():\n    global COUNT\n    COUNT += 1",
        "COUNT = 0\ndef f():\n    COUNT = 1",
        "f()\nf()\nassert COUNT == 2\n",
    ),
    "the arguments of an exception": (
        "def f(): raise ValueError('a', 2)",
        "def f(): raise ValueError('a 2')",
        "def test_f():\n    try: f()\n    except ValueError as error:\n"
        "        assert error.args == ('a', 2)\n    else: assert False\n",
    ),
    "the number of an exception": (
        "import errno\ndef f(): raise OSError(errno.ENOENT, 'no')",
        "import errno\ndef f(): raise OSError(errno.EACCES, 'no')",
        "import errno\ndef test_f():\n    try: f()\n    except OSError as error:\n"
        "        assert error.errno == errno.ENOENT\n    else: assert False\n",
    ),
    "the cause of an exception": (
        "def f(x):\n    try: return int(x)\n    except ValueError as e: raise TypeError(x) from e",
        "def f(x):\n    try: return int(x)\n    except ValueError as e: raise TypeError(x) from None",
        "def test_f():\n    try: f('a')\n    except TypeError as error:\n"
        "        assert isinstance(error.__cause__, ValueError)\n    else: assert False\n",
    ),
    "an exception of its own": (
        "class Bad(Exception):\n    def __init__(self, code): self.code = code\n"
        "def f(): raise Bad(7)",
        "class Bad(Exception):\n    def __init__(self, code): self.code = code\n"
        "def f(): raise Bad(8)",
        "def test_f():\n    try: f()\n    except Bad as error: assert error.code == 7\n"
        "    else: assert False\n",
    ),
    "what a generator returns": (
        "def f():\n    yield 1\n    return 'end'",
        "def f():\n    yield 1",
        "def test_f():\n    g = f()\n    next(g)\n    try: next(g)\n"
        "    except StopIteration as stop: assert stop.value == 'end'\n",
    ),
    "a generator that is sent values": (
        "def f():\n    total = 0\n    while True:\n        x = yield total\n        total += x",
        "def f():\n    total = 0\n    while True:\n        total = yield total",
        "def test_f():\n    g = f()\n    next(g)\n    g.send(2)\n    assert g.send(3) == 5\n",
    ),
    "a lazy generator": (
        "def f(n):\n    return (i * i for i in range(n))",
        "def f(n):\n    return [i * i for i in range(n)]",
        "import types\ndef test_f(): assert isinstance(f(10 ** 6), types.GeneratorType)\n",
    ),
    "a counter and its order": (
        "from collections import Counter\ndef f(x): return Counter(x)",
        "from collections import Counter\ndef f(x): return dict(Counter(x))",
        "def test_f():\n    assert repr(f('abb')) == \"Counter({'b': 2, 'a': 1})\"\n"
        "    assert f('abb').most_common(1) == [('b', 2)]\n",
    ),
    "an ordered dictionary": (
        "from collections import OrderedDict\ndef f(): return OrderedDict(a=1, b=2)",
        "from collections import OrderedDict\ndef f(): return OrderedDict(b=2, a=1)",
        "from collections import OrderedDict\n"
        "def test_f(): assert f() == OrderedDict([('a', 1), ('b', 2)])\n",
    ),
    "a default dictionary": (
        "from collections import defaultdict\ndef f(): return defaultdict(list)",
        "from collections import defaultdict\ndef f(): return defaultdict(set)",
        "def test_f():\n    d = f()\n    d['a'].append(1)\n    assert d == {'a': [1]}\n",
    ),
    "a named tuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
        "from collections import namedtuple\nP = namedtuple('P', 'y x')\ndef f(): return P(1, 2)",
        "def test_f(): assert f().x == 1 and f() == (1, 2)\n",
    ),
    "an enumeration": (
        "import enum\nclass C(enum.Enum):\n    A = 1\n    B = 2\ndef f(x): return C(x)",
        "import enum\nclass C(enum.Enum):\n    A = 2\n    B = 1\ndef f(x): return C(x)",
        "def test_f(): assert f(1) is C.A and [c.name for c in C] == ['A', 'B']\n",
    ),
    "subclasses of int and str": (
        "class N(int): pass\nclass S(str): pass\ndef f(): return N(3), S('a')",
        "class N(int): pass\nclass S(str): pass\ndef f(): return 3, 'a'",
        "def test_f():\n    n, s = f()\n    assert type(n) is N and n + 1 == 4\n"
        "    assert type(s) is S and s == 'a'\n",
    ),
    "a data class": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(x)",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(-x)",
        "def test_f(): assert f(2) == P(2) and repr(f(2)) == 'P(x=2)'\n",
    ),
    "a lambda": ("f = lambda x: x + 1", "f = lambda x: x", "assert f(1) == 2\n"),
    "a partial function": (
        "from functools import partial\nf = partial(pow, 2)",
        "from functools import partial\nf = partial(pow, 3)",
        "def test_f(): assert f(3) == 8\n",
    ),
    "a callable object": (
        "class Adder:\n    def __init__(self, n): self.n = n\n"
        "    def __call__(self, x): return x + self.n\nf = Adder(1)",
        "class Adder:\n    def __init__(self, n): self.n = n\n"
        "    def __call__(self, x): return x - self.n\nf = Adder(1)",
        "def test_f(): assert f(1) == 2\n",
    ),
    "a coroutine": (
        "async def f(x): return x + 1",
        "async def f(x): return x",
        "async def test_f(): assert await f(1) == 2\n",
    ),
    "a coroutine run by the test": (
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1",
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x",
        "import asyncio\ndef test_f(): assert asyncio.run(f(1)) == 2\n",
    ),
    "a coroutine of unittest": (
        "async def f(x): return x + 1",
        "async def f(x): return x",
        "import unittest\nclass TestF(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_f(self): self.assertEqual(await f(1), 2)\n",
    ),
    "a context manager": (
        "from contextlib import contextmanager\nseen = []\n@contextmanager\ndef f():\n"
        "    seen.append('in')\n    try: yield 3\n    finally: seen.append('out')",
        "from contextlib import contextmanager\nseen = []\n@contextmanager\ndef f():\n"
        "    seen.append('in')\n    yield 3",
        "def test_f():\n    try:\n        with f() as x: raise KeyError(x)\n"
        "    except KeyError: pass\n    assert seen == ['in', 'out']\n",
    ),
    "a decorator": (
        "import functools\ndef f(g):\n    @functools.wraps(g)\n    def h(*a): return g(*a) + 1\n"
        "    return h",
        "def f(g):\n    def h(*a): return g(*a) + 1\n    return h",
        "def test_f():\n    @f\n    def two(): return 2\n    assert two() == 3\n"
        "    assert two.__name__ == 'two'\n",
    ),
    "what unittest sets up": (
        "def f(x): return x[::-1]",
        "def f(x): return x",
        "import unittest\nclass TestF(unittest.TestCase):\n    def setUp(self): self.x = 'ab'\n"
        "    def test_f(self): self.assertEqual(f(self.x), 'ba')\n"
        "if __name__ == '__main__':\n    unittest.main()\n",
    ),
    "parts of a unittest": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self):\n"
        "        for x in (0, 2, 3):\n            with self.subTest(x=x):\n"
        "                self.assertEqual(f(x), x ** 2)\n",
    ),
    "a class that unittest sets up once": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "import unittest\nclass TestF(unittest.TestCase):\n    @classmethod\n"
        "    def setUpClass(cls): cls.x = 3\n    def test_f(self): assert f(self.x) == 9\n",
    ),
    "a unittest by another name, run at once": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "import unittest\nfrom unittest import TestCase as Case\nclass Base(Case): x = 3\n"
        "class SquareTests(Base):\n    def test_f(self): self.assertEqual(f(self.x), 9)\n"
        "unittest.main()\n",
    ),
    "a main of the tests": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "def check():\n    assert f(3) == 9\nif __name__ == '__main__':\n    check()\n",
    ),
    "pytest's parameters": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "import pytest\n@pytest.mark.parametrize(('x', 'y'), [(2, 4), (3, 9)])\n"
        "def test_f(x, y): assert f(x) == y\n",
    ),
    "pytest's fixtures": (
        "def f(x): return x * x",
        "def f(x): return x + x",
        "import pytest\nfrom solution import f\n@pytest.fixture\ndef three():\n    yield 3\n"
        "def test_f(three): assert f(three) == 9\n",
    ),
    "pytest's own fixtures": (
        "import os\ndef f(path):\n    (path / 'x').write_text(os.environ['WHO'])\n    print('done')",
        "import os\ndef f(path):\n    (path / 'x').write_text(os.environ['WHO'])",
        "def test_f(tmp_path, capsys, monkeypatch):\n    monkeypatch.setenv('WHO', 'me')\n"
        "    f(tmp_path)\n    assert (tmp_path / 'x').read_text() == 'me'\n"
        "    assert capsys.readouterr().out == 'done\\n'\n",
    ),
    "pytest's classes": (
        "def f(x):\n    if x < 0: raise ValueError('negative')\n    return x ** 0.5",
        "def f(x):\n    if x < 0: raise ValueError('small')\n    return x ** 0.5",
        "import pytest\nclass TestF:\n    def test_value(self):\n"
        "        assert f(2) == pytest.approx(1.41421, abs=1e-4)\n    def test_error(self):\n"
        "        with pytest.raises(ValueError, match='^neg'): f(-1)\n",
    ),
    "pytest's asynchronous tests": (
        "async def f(x): return x + 1",
        "async def f(x): return x",
        "import pytest\n@pytest.fixture\ndef one(): return 1\n@pytest.mark.asyncio\n"
        "async def test_f(one): assert await f(one) == 2\n",
    ),
    "many threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef f(xs):\n"
        "    with ThreadPoolExecutor(32) as pool: return list(pool.map(abs, xs))",
        "from concurrent.futures import ThreadPoolExecutor\ndef f(xs):\n"
        "    with ThreadPoolExecutor(32) as pool: return list(pool.map(int, xs))",
        "import threading\ndef test_f():\n    barrier = threading.Barrier(32)\n"
        "    ts = [threading.Thread(target=barrier.wait) for _ in range(32)]\n"
        "    for t in ts: t.start()\n    for t in ts: t.join()\n"
        "    assert f(range(-99, 0)) == list(range(99, 0, -1))\n",
    ),
    "a server on the loopback interface": (
        "import socket\ndef f(port):\n    with socket.create_connection(('127.0.0.1', port)) as s:\n"
        "        return s.recv(9)",
        "import socket\ndef f(port):\n    with socket.create_connection(('127.0.0.1', port)) as s:\n"
        "        return s.recv(1)",
        "import socket, threading\ndef serve(listening):\n    peer, _ = listening.accept()\n"
        "    peer.sendall(b'hi')\n    peer.close()\n"
        "def test_f():\n    listening = socket.create_server(('127.0.0.1', 0))\n"
        "    threading.Thread(target=serve, args=[listening]).start()\n"
        "    assert f(listening.getsockname()[1]) == b'hi'\n",
    ),
    "64 MB of files": (
        "def f(path, n):\n    with open(path, 'wb') as file: file.write(bytes(n))",
        "def f(path, n):\n    with open(path, 'wb') as file: file.write(bytes(n - 1))",
        "import os\ndef test_f():\n    f('big', 64 << 20)\n    assert os.path.getsize('big') == 64 << 20\n",
    ),
}
