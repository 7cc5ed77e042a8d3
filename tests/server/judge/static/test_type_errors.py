"""Real mypy."""

import pytest

from stepcheck.server.judge.static import type_errors
from stepcheck.server.judge.verdict import FaultKind, Finding, Severity

BEFORE = """from typing import List

from . import helper


def total(xs: List[int]) -> int:
    return sum(xs)


def collect(x):
    seen = set()
    seen.add(x)
    return seen
"""


@pytest.fixture(autouse=True)
def _cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("STEPCHECK_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def messages(old, new, function):
    assert old in BEFORE
    evidence = type_errors.examine(BEFORE.replace(old, new), BEFORE, function)
    assert evidence.finding is Finding.NOTHING
    assert all(f.severity is Severity.SMALL and f.kind is FaultKind.TYPE for f in evidence.faults)
    return [fault.message for fault in evidence.faults]


def test_an_error_that_an_edit_brings_is_a_suspicion_where_it_stands():
    [message] = messages("return sum(xs)", "return str(sum(xs))", "total")
    assert "str" in message

    evidence = type_errors.examine(BEFORE.replace("set()", "[]"), BEFORE, "collect")
    assert [fault.range.first_line for fault in evidence.faults] == [12]


@pytest.mark.parametrize(
    ("old", "new"),
    [("sum(xs)", "sum(xs, 0)"), ("xs: List[int]", "xs"), ("seen.add(x)", "seen.add(x + 1)")],
)
def test_what_is_right_is_under_no_suspicion(old, new):
    assert messages(old, new, "total") == messages(old, new, "collect") == []


def test_an_error_that_was_there_before_does_not_count():
    before = BEFORE.replace("sum(xs)", "str(sum(xs))")

    assert not type_errors.examine(before.replace("xs", "ys"), before, "total").faults


def test_an_error_elsewhere_is_not_the_functions():
    assert messages("return sum(xs)", "return str(sum(xs))", "collect") == []


def test_a_project_cannot_have_a_plugin_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = ./plugin.py\n")
    (tmp_path / "plugin.py").write_text("open('ran', 'w').close()\n")

    assert messages("return sum(xs)", "return str(sum(xs))", "total")
    assert not (tmp_path / "ran").exists()


def test_where_time_is_up_it_says_so_and_may_be_tried_again(monkeypatch):
    source = BEFORE.replace("return sum(xs)", "return str(sum(xs))") + "x = 1\n"
    with monkeypatch.context() as context:
        context.setattr(type_errors, "_SECONDS", 0.0)
        evidence = type_errors.examine(source, BEFORE, "total")

    assert evidence.unfinished
    assert evidence.notes
    assert type_errors.examine(source, BEFORE, "total").faults


@pytest.mark.parametrize("source", ["def f(:", "", "x = '\ud800'"])
def test_what_cannot_be_read_has_no_types(source):
    assert not type_errors.examine(source, BEFORE, "total").faults
