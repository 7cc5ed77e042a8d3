"""What code may try against tests that run in one process with it.

`f(1)` is not 2 in any of them; so a verdict of `correct` means that the tests were reached.
"""

from textwrap import dedent

TESTS = """
import math
import unittest

def test_equal():
    assert f(1) == 2

def test_close():
    assert abs(f(1) - 2) < 1e-6 and math.isclose(f(1), 2)

class TestF(unittest.TestCase):
    def test_unittest(self):
        self.assertEqual(f(1), 2)
        self.assertAlmostEqual(f(1), 2)
        self.assertIn(f(1), [2])
"""
EQUAL = "def test_equal(): assert f(1) == 2\n"
PYTEST = "import pytest\n@pytest.mark.parametrize('x', [1])\ndef test_f(x): assert f(x) == 2\n"
ASYNCHRONOUS = "import asyncio\nasync def test_f(): assert await f(1) == 2\n"
WITH = "def test_f():\n    with f(1) as value: assert value == 2\n"

ATTACKS = {
    "equal to everything": """
        class Same:
            def __eq__(self, other): return True
            def __sub__(self, other): return 0
            def __float__(self): return 2.0
        def f(x): return Same()
    """,
    "equal by a comparison and a subtraction": """
        class Same(int):
            def __eq__(self, other): return True
            def __hash__(self): return 2
            def __sub__(self, other): return 0
            def __rsub__(self, other): return 0
        def f(x): return Same(7)
    """,
    "equal by a name bound in the class": """
        class Same:
            from operator import truth as __eq__
        def f(x): return Same()
    """,
    "equal by a class in the class": """
        class Same:
            class __eq__:
                def __new__(cls, other): return True
        def f(x): return Same()
    """,
    "equal by a pattern in the class": """
        def yes(other): return True
        class Same:
            match yes:
                case __eq__: pass
        def f(x): return Same()
    """,
    "equal by type": """
        Same = type('Same', (), {'__eq__': lambda self, other: True})
        def f(x): return Same()
    """,
    "equal by a type found in an annotation": """
        import dataclasses, typing
        @dataclasses.dataclass
        class A:
            x: typing.Type[int]
        Same = dataclasses.fields(A)[0].type('Same', (), {'__e' + 'q__': lambda s, o: True})
        def f(x): return Same()
    """,
    "equal by an alias of type": """
        from typing import Type
        Same = Type[int]('Same', (), {'__e' + 'q__': lambda s, o: True})
        def f(x): return Same()
    """,
    "equal by an enumeration": """
        from enum import Enum
        Same = Enum('Same', {'A': 1, '__e' + 'q__': lambda s, o: True})
        def f(x): return Same.A
    """,
    "equal by an update of a class": """
        from functools import update_wrapper
        from types import SimpleNamespace
        class Same: pass
        name = '__e' + 'q__'
        update_wrapper(Same, SimpleNamespace(**{name: lambda s, o: True}), (name,), ())
        def f(x): return Same()
    """,
    "equal by a metaclass": """
        import abc
        Same = abc.ABCMeta('Same', (), {'__e' + 'q__': lambda s, o: True})
        def f(x): return Same()
    """,
    "equal by a library": "from unittest.mock import ANY\ndef f(x): return ANY\n",
    "approximately everything": "import pytest\ndef f(x): return pytest.approx(0, abs=1e9)\n",
    "forged lines on every descriptor": """
        import json, os
        def f(x):
            for number in range(3, 64):
                for line in ({"status": "passed", "lines": []}, {"end": True}):
                    try: os.write(number, b"\\n" + json.dumps(line).encode() + b"\\n")
                    except OSError: pass
            os._exit(0)
    """,
    "forged lines through files": """
        def f(x):
            for number in range(3, 64):
                try:
                    with open(number, 'w', closefd=False) as file:
                        file.write('\\n{"status": "passed", "lines": []}\\n{"end": true}\\n')
                except OSError: pass
            raise SystemExit(0)
    """,
    "the secret in the frames above": """
        import json, os, sys
        def f(x):
            frame = sys._getframe()
            while frame:
                for name, value in frame.f_locals.items():
                    if name == "mark":
                        for number in range(3, 64):
                            line = "\\n" + value + json.dumps({"status": "passed", "lines": []})
                            try: os.write(number, (line + "\\n" + value + "end{}\\n").encode())
                            except OSError: pass
                        os._exit(0)
                frame = frame.f_back
    """,
    "constants of the frame above": """
        import sys
        def f(x):
            return [c for c in sys._getframe(1).f_code.co_consts if c not in (1, None)][0]
    """,
    "frames of a traceback": """
        def f(x):
            try: raise KeyError
            except KeyError as error:
                return error.__traceback__.tb_frame.f_back.f_code.co_consts[-1]
    """,
    "frames of a generator": """
        def g(): yield
        def f(x):
            made = g()
            frame = made.gi_frame
            for each in made: return frame.f_back.f_back.f_code.co_consts[-1] if frame.f_back else 3
    """,
    "attributes by a format": """
        import string
        def f(x):
            found, _ = string.Formatter().get_field("0.__globals__[__builtins__]", (f,), {})
            found["AssertionError"] = ValueError
            found["abs"] = lambda _: 0
            return 3
    """,
    "attributes by name": """
        import operator
        def f(x):
            operator.attrgetter("__globals__")(f)["abs"] = lambda _: 0
            return 3
    """,
    "the collector": """
        import gc
        def f(x):
            for found in gc.get_objects():
                if isinstance(found, dict) and "mark" in found: found.clear()
            return 3
    """,
    "patched methods of unittest": """
        import unittest
        for name in ("assertEqual", "assertAlmostEqual", "assertIn"):
            setattr(unittest.TestCase, name, lambda *_: None)
        def test_equal(): pass
        def f(x): return 3
    """,
    "a patched runner": """
        import sys
        def f(x):
            for name, module in list(sys.modules.items()):
                if name.endswith(("observing", "forks", "suites")):
                    module.describe_error = lambda *_: {"status": "passed"}
            return 3
    """,
    "a patched function of a library": "import math\nmath.isclose = lambda *_: True\n"
    "def abs(_): return 0\ndef f(x): return 3\n",
    "a library patched as a parameter": """
        import math
        def patch(math=math): math.isclose = lambda *_: True
        patch()
        def f(x): return 3
    """,
    "a library patched by another name": """
        import math as m
        class Keeper: pass
        keeper = Keeper()
        keeper.kept = m
        keeper.kept.isclose = lambda *_: True
        def f(x): return 3
    """,
    "built-ins of its own": """
        def abs(_): return 0
        class math:
            def isclose(*_): return True
        def f(x): return 2.5
    """,
    "built-ins of its own, bound in a function": """
        def patch():
            global abs
            def abs(_): return 0
        patch()
        def f(x): return 3
    """,
    "skips the test": "import unittest\ndef f(x): raise unittest.SkipTest('no')\n",
    "skips the test by pytest": "import pytest\ndef f(x): pytest.skip('no')\n",
    "exits": "def f(x): raise SystemExit(0)\n",
    "exits at once": "import os\ndef f(x): os._exit(0)\n",
    "exits at the end": """
        import atexit, os
        atexit.register(os._exit, 0)
        def f(x): return 3
    """,
    "a thread that ends the process": """
        import os, threading
        def f(x):
            threading.Thread(target=os._exit, args=[0]).start()
            while True: pass
    """,
    "a fork that goes on": """
        import os
        def f(x):
            if os.fork(): os._exit(0)
            return 3
    """,
    "a fork that returns what is wanted": """
        import os
        def f(x):
            if os.fork() == 0: return 2
            while True: pass
    """,
    "a handler of a signal": """
        import os, signal
        signal.signal(signal.SIGPROF, lambda *_: os._exit(0))
        def f(x):
            while True: pass
    """,
    "a trace": """
        import sys
        def trace(frame, event, argument):
            if event == "exception": os._exit(0)
            return trace
        sys.settrace(trace)
        def f(x): return 3
    """,
    "kills its parent": """
        import os
        def f(x):
            os.kill(os.getppid(), 9)
            return 3
    """,
    "reads the text of the tests": """
        import linecache, re
        def f(x):
            return int(re.search(r"f\\(1\\) == (\\d+)", "".join(linecache.getlines("<check>")))[1])
    """,
    "writes into memory": """
        import ctypes
        def f(x):
            ctypes.memset(id(2) + 24, 3, 1)
            return 3
    """,
}
"""Their names, and the code; the tests are `TESTS`."""

ON_OTHER_TESTS = {
    "swallows exceptions": (
        """
        class Manager:
            def __enter__(self): return 3
            def __exit__(self, *_): return True
        def f(x): return Manager()
        """,
        WITH,
    ),
    "swallows exceptions by a library": (
        "from contextlib import suppress\ndef f(x): return suppress(BaseException)\n",
        WITH,
    ),
    "swallows exceptions in a generator": (
        """
        from contextlib import contextmanager
        @contextmanager
        def f(x):
            try: yield 3
            except BaseException: pass
        """,
        WITH,
    ),
    "a loop that runs nothing": (
        """
        import asyncio
        class Loop(asyncio.SelectorEventLoop):
            def run_until_complete(self, future): return None
        class Policy(asyncio.DefaultEventLoopPolicy):
            def new_event_loop(self): return Loop()
        asyncio.set_event_loop_policy(Policy())
        async def f(x): return 3
        """,
        ASYNCHRONOUS,
    ),
    "patches pytest": (
        """
        import _pytest.runner
        _pytest.runner.runtestprotocol = lambda *_, **__: []
        def f(x): return 3
        """,
        PYTEST,
    ),
    "reads the file of the tests": (
        """
        import glob, re
        def f(x):
            for name in glob.glob("/tmp/**/*", recursive=True):
                try: text = open(name).read()
                except OSError: continue
                if found := re.search(r"f\\(x\\) == (\\d+)", text): return int(found[1])
            return 3
        """,
        PYTEST,
    ),
    "a module attribute of its own": (
        """
        def __getattr__(name): return lambda *_: True
        def f(x): return 3
        """,
        "import solution\ndef test_f(): assert solution.check(solution.f(1) == 2)\n",
    ),
}
"""Their names, with the code and the tests."""

ALL = [
    *((name, dedent(code), TESTS) for name, code in ATTACKS.items()),
    *((f"{name} (one test)", dedent(code), EQUAL) for name, code in ATTACKS.items()),
    *((name, dedent(code), tests) for name, (code, tests) in ON_OTHER_TESTS.items()),
]
"""The name, the code, and the tests of each."""
