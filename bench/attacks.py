"""What hostile, broken or careless code may try. `f(1)` is 2 exactly where an attack succeeds.

So a verdict of `correct` for any of them means that something got out, or was forged.
"""

from dataclasses import dataclass
from textwrap import dedent

EXAMPLE = "f(1) => 2"


@dataclass(frozen=True, slots=True)
class Attack:
    """A name for it, and the code; `calls_for` is the verdict, where only one will do."""

    name: str
    code: str
    calls_for: str = ""


def _attack(name: str, code: str, calls_for: str = "") -> Attack:
    return Attack(name, dedent(code).lstrip("\n"), calls_for)


_PATCH_OUR_MODULES = """
    import gc
    def f(x):
        for found in gc.get_objects():
            if "stepcheck" in str(getattr(found, "__name__", "")) and hasattr(found, "__dict__"):
                for name in list(vars(found)):
                    if name.startswith(("encode", "_describe", "same")):
                        setattr(found, name, lambda *_, **__: 2)
        return 3
"""

ATTACKS = (
    _attack("exits when loaded", "import os\nos._exit(0)\ndef f(x): return 2", "incorrect"),
    _attack("exits in the middle of a check", "import os\ndef f(x): os._exit(0)", "incorrect"),
    _attack("sys.exit(0) in a check", "import sys\ndef f(x): sys.exit(0)", "incorrect"),
    _attack("raises KeyboardInterrupt", "def f(x): raise KeyboardInterrupt", "incorrect"),
    _attack(
        "dies of a segmentation fault", "import ctypes\ndef f(x): ctypes.string_at(0)", "incorrect"
    ),
    _attack("kills itself", "import os\ndef f(x): os.kill(os.getpid(), 9)", "unknown"),
    _attack("never returns", "def f(x):\n    while True: pass", "incorrect"),
    _attack("is never loaded", "while True: pass\ndef f(x): return 2", "incorrect"),
    _attack("sleeps", "import time\ndef f(x): time.sleep(3600)", "unknown"),
    _attack("endless output", "def f(x):\n    while True: print('2' * 99999)", "incorrect"),
    _attack(
        "endless output past sys.stdout",
        "import os\ndef f(x):\n    while True: os.write(1, b'2' * 65536)",
        "incorrect",
    ),
    _attack(
        "an endless iterator", "import itertools\ndef f(x): return itertools.count()", "incorrect"
    ),
    _attack("a result of 100 MB", "def f(x): return 'x' * 100_000_000", "incorrect"),
    _attack("endless recursion", "def f(x): return f(x)", "incorrect"),
    _attack(
        "a fork bomb",
        """
        import os, time
        def f(x):
            for _ in range(100):
                if os.fork() == 0:
                    os.setsid()
                    time.sleep(3600)
            return 2
        """,
    ),
    _attack(
        "a fork bomb that goes on",
        """
        import os
        def f(x):
            while True:
                try: os.fork()
                except OSError: pass
        """,
    ),
    _attack("a memory bomb", "def f(x): return len(b'x' * (4 << 30)) and 2"),
    _attack(
        "a memory bomb of many processes",
        """
        import os, time
        def f(x):
            for _ in range(6):
                if os.fork() == 0:
                    kept = b"x" * (300 << 20)
                    time.sleep(3600)
            while True: pass
        """,
        "incorrect",
    ),
    _attack(
        "memory outside any process",
        """
        import os
        def f(x):
            for number in range(50):
                file = os.memfd_create(str(number))
                os.write(file, bytes(10 << 20))
            return 2
        """,
    ),
    _attack(
        "fills the disk",
        """
        def f(x):
            for number in range(100):
                with open(f"/tmp/{number}", "wb") as file:
                    file.write(bytes(10 << 20))
            return 2
        """,
    ),
    _attack(
        "raises its limits",
        """
        import resource
        def f(x):
            resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
            return 2
        """,
        "incorrect",
    ),
    _attack(
        "deletes what it can reach",
        """
        import os, shutil
        def f(x):
            library = os.path.dirname(os.__file__)
            for place in (os.getcwd(), "/home", "/root/.ssh", library + "/json", "/usr/bin"):
                shutil.rmtree(place, ignore_errors=True)
            return 1 if os.path.exists(library + "/json") and os.path.exists("/usr/bin/env") else 2
        """,
        "incorrect",
    ),
    _attack(
        "reads keys and accounts",
        """
        import glob, os
        def f(x):
            places = ["/etc/passwd", "/etc/shadow", "/root/.ssh", "/home/*/.ssh", "/root/.bash*"]
            return 2 if any(map(glob.glob, places)) else 1
        """,
        "incorrect",
    ),
    _attack(
        "follows links out",
        """
        import os
        def f(x):
            os.symlink("/proc/1/root/etc/passwd", "/tmp/out")
            os.symlink("/../../../../etc/passwd", "/tmp/up")
            return 2 if os.path.exists("/tmp/out") or os.path.exists("/tmp/up") else 1
        """,
        "incorrect",
    ),
    _attack(
        "reads the environment",
        """
        import os
        def f(x):
            known = {"LANG", "PATH", "HOME", "PYTHONHASHSEED", "LC_CTYPE", "PWD"}
            return 2 if set(os.environ) - known else 1
        """,
        "incorrect",
    ),
    _attack(
        "looks at other processes",
        """
        import glob, os
        def f(x):
            return 2 if glob.glob("/proc/[0-9]*") or os.getppid() > 2 else 1
        """,
        "incorrect",
    ),
    _attack(
        "traces its guard",
        """
        import ctypes
        def f(x):
            trace = ctypes.CDLL(None).ptrace
            return 2 if any(trace(16, number, 0, 0) == 0 for number in range(1, 10)) else 1
        """,
        "incorrect",
    ),
    _attack(
        "kills its guard",
        """
        import os
        def f(x):
            for number in (1, 0):
                os.kill(number, 15)
            return 1
        """,
    ),
    _attack(
        "unusual system calls",
        """
        import ctypes, platform
        def f(x):
            call = ctypes.CDLL(None).syscall
            numbers = {  # keyctl, add_key, bpf, perf_event_open, userfaultfd, io_uring_setup
                "x86_64": (250, 248, 321, 298, 323, 425, 272, 165, 308),
                "aarch64": (219, 217, 280, 241, 282, 425, 97, 40, 268),
            }[platform.machine()]
            return 2 if any(call(number, 0, 0, 0, 0, 0, 0) >= 0 for number in numbers) else 1
        """,
        "incorrect",
    ),
    _attack(
        "namespaces of its own",
        """
        import ctypes
        def f(x):
            return 2 if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1
        """,
        "incorrect",
    ),
    _attack(
        "calls the network",
        """
        import socket
        def f(x):
            for address in (("127.0.0.1", 22), ("1.1.1.1", 53)):
                try: socket.create_connection(address, 1).close()
                except OSError as error:
                    if error.errno == 111: return 1
                    continue
                return 2
            return 1
        """,
        "incorrect",
    ),
    _attack(
        "reads standard input for ever",
        "import sys\ndef f(x):\n    while True: sys.stdin.read()",
        "incorrect",
    ),
    _attack(
        "catches its own exit",
        """
        import sys
        def f(x):
            try: sys.exit(0)
            except SystemExit: return 3
        """,
        "incorrect",
    ),
    _attack(
        "closes the standard streams",
        """
        import os, sys
        sys.stdout.close()
        for number in (0, 1, 2): os.close(number)
        def f(x): return 3
        """,
        "incorrect",
    ),
    _attack(
        "changes the limit of recursion",
        """
        import sys
        def f(x):
            sys.setrecursionlimit(40)
            return f(x)
        """,
        "incorrect",
    ),
    _attack(
        "changes the clock",
        """
        import time
        time.time = time.monotonic = time.perf_counter = lambda: 0.0
        def f(x):
            while time.monotonic() < 1: pass
            return 2
        """,
        "incorrect",
    ),
    _attack("forks when loaded", "import os\nos.fork()\ndef f(x): return 3", "incorrect"),
    _attack("prints the expected output", "def f(x): print(2)", "incorrect"),
    _attack(
        "is equal to everything",
        """
        class Same(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 2
        def f(x): return Same(7)
        """,
        "incorrect",
    ),
    _attack(
        "is an object equal to everything",
        """
        class Same:
            def __eq__(self, other): return True
        def f(x): return Same()
        """,
    ),
    _attack(
        "patches builtins",
        """
        import builtins
        builtins.AssertionError = ValueError
        builtins.repr = lambda _: "2"
        builtins.eval = builtins.exec = lambda *_: 2
        def f(x): return 3
        """,
        "incorrect",
    ),
    _attack("patches the judge's own modules", _PATCH_OUR_MODULES),
    _attack(
        "writes forged results",
        """
        import json, os
        for number in range(256):
            for line in ({"load": {}}, {"status": "passed", "message": "", "value": None,
                         "candidate_line": None, "lines": []}, {"value": 2, "arguments": []}):
                try: os.write(number, json.dumps(line).encode() + b"\\n")
                except OSError: pass
        def f(x): return 3
        """,
    ),
    _attack(
        "looks for the expected result",
        """
        import gc, sys
        def f(x):
            for found in gc.get_objects():
                if isinstance(found, dict) and "expected" in found:
                    return eval(found["expected"])
            return 1
        """,
        "incorrect",
    ),
    _attack("10 MB of source", "def f(x): return 2\n" + "x = 1\n" * 1_700_000, "incorrect"),
    _attack("nested 100 000 deep", "def f(x): return " + "(" * 100_000 + "2" + ")" * 100_000),
    _attack("a syntax error", "def f(x) return 2", "incorrect"),
    _attack("mixed tabs and spaces", "def f(x):\n        y = 2\n\treturn y", "incorrect"),
    _attack("a zero byte", "def f(x): return 2\0", "incorrect"),
    _attack("not UTF-8", "def f(x): return '\udcff' and 2"),
    _attack("nothing at all", ""),
)
