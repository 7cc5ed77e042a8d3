"""Real code that tries to pass without being right: it never does."""

import pytest

from stepcheck.server.sandbox.sandbox import Status

from .examining import isolated, statuses


@isolated
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "class Same:\n"
            "    def __eq__(self, other): return True\n"
            "    def __bool__(self): return True\n"
            "def f(x): return Same()",
            id="equal to everything",
        ),
        pytest.param(
            "class Same(int):\n"
            "    def __eq__(self, other): return True\n"
            "    def __hash__(self): return 2\n"
            "def f(x): return Same(7)",
            id="an int equal to everything",
        ),
        pytest.param(
            "import builtins\n"
            "builtins.AssertionError = ValueError\n"
            "builtins.eval = lambda *_: 2\n"
            "builtins.exec = lambda *_: None\n"
            "def f(x): return 3",
            id="patched builtins",
        ),
        pytest.param(
            "import sys\n"
            "for name, module in list(sys.modules.items()):\n"
            "    if name.startswith('stepcheck'):\n"
            "        for key, value in list(vars(module).items()):\n"
            "            if callable(value) and not key.startswith('__'):\n"
            "                try: setattr(module, key, lambda *a, **k: {'value': 3})\n"
            "                except Exception: pass\n"
            "def f(x): return 3",
            id="patched our modules",
        ),
        pytest.param(
            "import os\n"
            "for number in range(256):\n"
            '    try: os.write(number, b\'{"load": {}}\\n{"status": "passed", "message": "",\'\n'
            '             b\' "check_line": null, "candidate_line": null}\\n\')\n'
            "    except OSError: pass\n"
            "def f(x): return 3",
            id="wrote results to every descriptor",
        ),
        pytest.param(
            "import gc, sys\n"
            "def f(x):\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        for value in list(frame.f_locals.values()):\n"
            "            if isinstance(value, dict) and 'expected' in value:\n"
            "                return eval(value['expected'])\n"
            "        frame = frame.f_back\n"
            "    return [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]",
            id="looked for the expected result",
        ),
    ],
)
def test_a_cheating_candidate_never_passes(source):
    assert Status.PASSED not in statuses(source)
