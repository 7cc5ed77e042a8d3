"""The order in which modules compile, whatever compiles them."""

import threading

import pytest

from stepcheck.lean.compilation import compile_in_parallel
from stepcheck.lean.sources import package_sources

DIAMOND = {"Top": ("Left", "Right"), "Left": ("Base",), "Right": ("Base",), "Base": ()}


def announce_nothing(name):
    pass


def test_a_module_waits_for_what_it_imports_and_nothing_else(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    together = threading.Barrier(2, timeout=20)
    done = []

    def compile_module(name):
        assert set(DIAMOND[name]) <= set(done)
        if name in ("Left", "Right"):
            together.wait()
        done.append(name)

    compile_in_parallel(DIAMOND, DIAMOND, compile_module, announce_nothing)

    assert (done[0], done[-1], set(done)) == ("Base", "Top", set(DIAMOND))


def test_every_module_of_the_package_is_compiled_once_and_in_order():
    sources = package_sources()
    done = []

    def compile_module(name):
        assert set(sources.imports[name]) <= set(done)
        done.append(name)

    compile_in_parallel(sources.modules, sources.imports, compile_module, announce_nothing)

    assert sorted(done) == sorted(sources.modules)


def test_what_is_compiled_already_is_not_waited_for():
    done = []

    compile_in_parallel(["Top"], DIAMOND, done.append, announce_nothing)

    assert done == ["Top"]


def test_the_first_error_is_raised_and_nothing_that_needs_the_module_begins():
    begun = []

    def compile_module(name):
        begun.append(name)
        if name == "Left":
            raise ValueError(name)

    with pytest.raises(ValueError, match="Left"):
        compile_in_parallel(DIAMOND, DIAMOND, compile_module, announce_nothing)
    assert "Top" not in begun


def test_what_begins_is_announced_from_the_calling_thread_and_no_earlier(monkeypatch):
    """A display of progress takes no calls from several threads."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    caller = threading.get_ident()
    announced, done = [], []

    def announce(name):
        assert threading.get_ident() == caller
        assert set(DIAMOND[name]) <= set(done)
        assert len(announced) - len(done) < 2
        announced.append(name)

    compile_in_parallel(DIAMOND, DIAMOND, done.append, announce)

    assert sorted(announced) == sorted(DIAMOND)
