import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from stepcheck.server.judge.cache import JudgementCache, is_reproducible, make_key
from stepcheck.server.judge.dependencies import describe_dependencies
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Judgement,
    Range,
    Severity,
    Verdict,
)
from stepcheck.server.sandbox.project import Project
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

needs_sandbox = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
FAULT = Fault(Range(1, 2), Severity.MAJOR, FaultKind.WRONG_RESULT, "f(1) gives \ud800")
SEEN = Evidence(EvidenceKind.EXAMPLES, Finding.REFUTES, 1, 2, 0, (FAULT,), ("a note",))
JUDGEMENT = Judgement(Verdict.INCORRECT, 0.1, 0.9, (FAULT,), (SEEN,))
PLAIN = replace(JUDGEMENT, faults=(), evidence=())
QUESTION = Question("def f(x):\n    return x\n", examples="f(1) => 1")


@pytest.fixture
def cache(tmp_path):
    cache = JudgementCache(tmp_path / "judgements", 1 << 22)
    yield cache
    cache.close()


def test_what_is_kept_is_found_again_by_any_process(cache, tmp_path):
    judgement = replace(JUDGEMENT, faults=(replace(FAULT, message="ünï"),), evidence=())

    cache.keep("key", judgement)

    assert cache.find("key") == judgement
    assert JudgementCache(tmp_path / "judgements", 1 << 22).find("key") == judgement
    assert cache.find("other") is None


def test_text_that_cannot_be_written_is_not_kept(cache):
    cache.keep("key", JUDGEMENT)

    assert cache.find("key") in (None, JUDGEMENT)
    cache.keep("other", PLAIN)
    assert cache.find("other") == PLAIN


@pytest.mark.parametrize(
    "passing",
    [
        replace(PLAIN, faults=(replace(FAULT, kind=FaultKind.TIMEOUT),)),
        replace(PLAIN, faults=(replace(FAULT, kind=FaultKind.CRASH),)),
        replace(PLAIN, evidence=(replace(SEEN, unfinished=1),)),
    ],
)
def test_what_a_busy_machine_may_have_caused_is_not_kept(cache, passing):
    cache.keep("key", passing)

    assert not is_reproducible(passing)
    assert cache.find("key") is None


@pytest.mark.parametrize(
    "content", [b"", b"no database" * 1000, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_cache_is_made_anew(tmp_path, content):
    folder = tmp_path / "judgements"
    folder.mkdir()
    (folder / "cache.db").write_bytes(content)

    cache = JudgementCache(folder, 1 << 22)
    cache.find("key")
    cache.keep("key", PLAIN)

    assert JudgementCache(folder, 1 << 22).find("key") == PLAIN


def test_an_entry_that_is_no_judgement_is_as_if_there_were_none(cache):
    cache.keep("key", PLAIN)
    cache._open().set("key", b"{}")

    assert cache.find("key") is None
    cache.keep("key", PLAIN)
    assert cache.find("key") == PLAIN


@pytest.mark.parametrize("place", ["file", "/proc/none"])
def test_where_nothing_can_be_written_judging_goes_on(tmp_path, place):
    (tmp_path / "file").write_text("")
    cache = JudgementCache(tmp_path / place / "judgements", 1 << 22)

    cache.keep("key", PLAIN)

    assert cache.find("key") is None


def test_threads_share_it(cache):
    def use(number):
        for index in range(20):
            cache.keep(f"{number} {index}", PLAIN)
            assert cache.find(f"{number} {index}") == PLAIN

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert cache.clear() == 80
    assert cache.find("0 0") is None


def test_its_size_is_limited(tmp_path):
    cache = JudgementCache(tmp_path / "judgements", 1 << 20)
    for number in range(400):
        cache.keep(str(number), replace(PLAIN, reason="x" * 20_000))

    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert size < 6 << 20  # the write-ahead log takes up to four megabytes
    assert cache.find("399") is not None
    assert cache.find("0") is None


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, code="x"),
        replace(QUESTION, before="x"),
        replace(QUESTION, intent="x"),
        replace(QUESTION, examples="x"),
        replace(QUESTION, tests="x"),
        replace(QUESTION, reference="x"),
        replace(QUESTION, function="f"),
        replace(QUESTION, language="go"),
        replace(QUESTION, before=""),
        replace(QUESTION, path=Path("x.py")),
        replace(QUESTION, code=QUESTION.examples, examples=QUESTION.code),
    ],
)
def test_a_key_is_of_all_that_is_asked(other):
    assert make_key(QUESTION) == make_key(replace(QUESTION))
    assert make_key(QUESTION) != make_key(other)


def test_a_key_is_the_same_in_every_process():
    program = (
        "from stepcheck.server.judge.cache import make_key\n"
        "from stepcheck.server.judge.judgement import Judge\n"
        "from stepcheck.server.judge.question import Question\n"
        "from stepcheck.server.sandbox.sandbox import Sandbox\n"
        "from stepcheck.server.judge.dependencies import describe_dependencies\n"
        "dependencies = describe_dependencies(None, None, 'python')\n"
        "print(make_key(Question('x'), Judge(Sandbox()), dependencies))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(keys) == 1


def test_a_change_of_the_project_changes_the_dependencies(tmp_path):
    (tmp_path / "helper.py").write_text("x = 1\n")
    (tmp_path / "judged.py").write_text("y = 1\n")
    (tmp_path / ".git").mkdir()
    project, judged = Project(tmp_path), Path("judged.py")

    def described():
        return describe_dependencies(project, judged, "python")

    first = described()
    (tmp_path / "judged.py").write_text("y = 22\n")
    (tmp_path / ".git" / "index").write_text("z")
    assert described() == first
    (tmp_path / "helper.py").write_text("x = 22\n")
    assert described() != first
    assert describe_dependencies(None, None, "python") != first


@needs_sandbox
def test_a_judgement_kept_is_given_at_once(cache):
    judge = Judge(Sandbox(Limits(seconds=20)), cache=cache)
    judgement = judge.judge(QUESTION)

    seconds = []
    for _ in range(10):
        started = time.perf_counter()
        assert judge.judge(QUESTION) == judgement
        seconds.append(time.perf_counter() - started)

    assert judgement.verdict is Verdict.CORRECT
    assert min(seconds) < 0.02
    assert replace(judge, cache=None).judge(QUESTION) == judgement


@needs_sandbox
def test_other_means_are_another_question(cache):
    judge = Judge(Sandbox(Limits(seconds=20)), cache=cache)

    keys = {
        judge._key(QUESTION),
        replace(judge, least_confidence=0.99)._key(QUESTION),
        replace(judge, sandbox=Sandbox(Limits(seconds=21)))._key(QUESTION),
    }

    assert len(keys) == 3
