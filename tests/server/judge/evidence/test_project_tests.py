"""The tests of a real project, run by the pytest beside ours, before and after an edit."""

import subprocess
import sys
from dataclasses import replace

import pytest

from stepcheck.server.judge.evidence import project_tests
from stepcheck.server.judge.evidence.project_tests import ProjectTests
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, FaultKind, Finding, Verdict
from stepcheck.server.sandbox.project import Project
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")

BEFORE = """\
RATE = 20


def gross(net):
    return net + tax(net)


def tax(net):
    return net * RATE // 100


def label(name):
    return name.title()
"""
TESTS = """\
import pytest
from shop.prices import gross, label, tax


@pytest.mark.parametrize(("net", "expected"), [(100, 120), (50, 60)])
def test_gross(net, expected):
    assert gross(net) == expected


def test_tax():
    assert tax(100) == 20


def test_tax_is_broken_already():
    assert tax(100) == 21


def test_label():
    assert label("tea") == "Tea"
"""


SHARED = ProjectTests(120)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A question about an edit of a package with tests, which no test here changes."""
    return make(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def own(tmp_path):
    """The same, for a test to change."""
    return make(tmp_path)


def make(tmp_path):
    tmp_path.chmod(0o755)
    for name, text in {
        "src/shop/__init__.py": "",
        "src/shop/prices.py": BEFORE,
        "tests/test_prices.py": TESTS,
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov=shop -n 4 -p no:doctest"\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Question(
        code=BEFORE,
        before=BEFORE,
        project=Project(tmp_path),
        path=tmp_path / "src" / "shop" / "prices.py",
    )


def judge(asked, old, new, function="tax", tests=None):
    asked = replace(asked, code=BEFORE.replace(old, new), function=function)
    judgement = Judge(Sandbox(), project_tests=tests or SHARED).judge(asked)
    [evidence] = [
        each
        for each in judgement.evidence
        if each.kind is EvidenceKind.TESTS and "isolate" not in str(each.notes)
    ]
    return judgement, evidence


def test_tests_that_reach_the_change_and_pass_support_it(asked):
    judgement, evidence = judge(asked, "net * RATE // 100", "RATE * net // 100")

    assert judgement.verdict is Verdict.CORRECT
    assert (evidence.passed, evidence.run, evidence.set_aside) == (3, 3, 1)


def test_a_test_that_newly_fails_refutes_with_its_name_and_the_line(asked):
    judgement, evidence = judge(asked, "return net * RATE // 100", "raise ValueError(net)")

    assert judgement.verdict is Verdict.INCORRECT
    first = evidence.faults[0]
    assert first.kind is FaultKind.WRONG_RESULT
    assert first.range.first_line == 9
    assert "tests/test_prices.py::test_gross[" in first.message
    assert "ValueError: 100" in first.message or "ValueError: 50" in first.message
    assert not any("broken_already" in fault.message for fault in evidence.faults)


def test_only_tests_that_reach_the_change_are_run(asked):
    done = []
    tests = ProjectTests(120, progress=lambda count, whole: done.append((count, whole)))

    _, evidence = judge(asked, "name.title()", "name.capitalize()", "label", tests)

    assert done == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5), (1, 1)]
    assert (evidence.finding, evidence.passed) == (Finding.SUPPORTS, 1)


def test_the_tests_run_once_for_the_same_content(own):
    done = []
    tests = ProjectTests(120, progress=lambda count, whole: done.append(whole))
    judge(own, "name.title()", "name.capitalize()", "label", tests)
    done.clear()

    judge(own, "name.title()", "name.lower()", "label", tests)
    assert 5 not in done
    done.clear()
    judge(own, "name.title()", "name.lower()", "label", tests)
    assert done == []

    (own.project.root / "tests" / "test_prices.py").write_text(TESTS + "\n")
    judge(own, "name.title()", "name.lower()", "label", tests)
    assert 5 in done


def test_code_at_the_top_of_a_module_is_reached_by_all(asked):
    judgement, evidence = judge(asked, "RATE = 20", "RATE = 30", "<module>")

    assert judgement.verdict is Verdict.INCORRECT
    assert (len(evidence.faults), evidence.passed) == (3, 1)


def test_a_file_of_tests_that_can_no_longer_be_collected_refutes(asked):
    judgement, evidence = judge(asked, "RATE = 20", "RATE = {}[0]", "<module>")

    assert judgement.verdict is Verdict.INCORRECT
    assert "KeyError" in evidence.faults[0].message
    assert evidence.faults[0].range.first_line == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param("__import__('os')._exit(0)", FaultKind.CRASH, id="ends the run"),
        pytest.param("while True: pass", FaultKind.TIMEOUT, id="never ends"),
    ],
)
def test_what_stops_the_test_run_refutes_as_what_it_is(asked, body, kind, monkeypatch):
    monkeypatch.setattr(project_tests, "_LEAST_CPU_SECONDS", 3.0)
    judgement, evidence = judge(asked, "return net * RATE // 100", body)

    assert judgement.verdict is Verdict.INCORRECT
    assert evidence.faults[0].kind is kind


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(
            "class Same(int):\n        def __eq__(self, other): return True\n    return Same()",
            id="equal to everything",
        ),
        pytest.param(
            "import _pytest.runner as r\n"
            "    r.call_runtest_hook = lambda *a, **k: r.CallInfo.from_call(int, 'call')",
            id="patches the runner",
        ),
        pytest.param(
            "import gc\n"
            "    for o in gc.get_objects():\n"
            "        if type(o).__name__ == '_Reporter':\n"
            "            o._describe = None",
            id="looks for the reporter",
        ),
    ],
)
def test_an_edit_that_forges_passes_gains_nothing(asked, attack):
    judgement, _ = judge(asked, "return net * RATE // 100", attack)

    assert judgement.verdict is not Verdict.CORRECT


def test_a_new_test_of_a_new_function_is_no_refutation_before_it_exists(own):
    path = own.project.root / "tests" / "test_new.py"
    path.write_text(
        "from shop import prices\n\ndef test_new():\n    assert prices.net(120) == 100\n"
    )

    judgement, evidence = judge(
        own, "def label", "def net(gross):\n    return gross * 100 // 120\n\n\ndef label", "net"
    )

    assert judgement.verdict is not Verdict.INCORRECT
    assert not evidence.faults


def test_the_project_is_not_touched(asked):
    root = asked.project.root
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    judge(asked, "return net * RATE // 100", "open(__file__, 'w').write('')")

    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_without_pytest_it_says_so(own):
    environment = own.project.root / ".venv"

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)

    judgement, evidence = judge(own, "net * RATE // 100", "RATE * net // 100")

    assert judgement.verdict is Verdict.UNKNOWN
    assert "the project's interpreter has no pytest" in evidence.notes


def test_the_settings_can_leave_them_out(asked):
    _, evidence = judge(asked, "net * RATE", "RATE * net", tests=ProjectTests(0))

    assert evidence.notes == ("the project's tests are not run, as the settings say",)


def test_what_has_run_until_the_time_is_over_counts(own):
    (own.project.root / "tests" / "test_slow.py").write_text(
        "def test_slow():\n    while True: pass\n"
    )

    _, evidence = judge(own, "net * RATE // 100", "RATE * net // 100", tests=ProjectTests(5))

    assert (evidence.faults, evidence.run) == ((), 3)
    assert any(note.startswith("before the edit:") for note in evidence.notes)
