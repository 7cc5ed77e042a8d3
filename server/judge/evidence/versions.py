"""The code judged and another version of it: what is compared, and in which sessions."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from stepcheck.server.judge.evidence import examples
from stepcheck.server.judge.evidence.call_templates import session_sources
from stepcheck.server.judge.evidence.candidate_session import Session
from stepcheck.server.judge.evidence.comparison import ComparedInput, Versions
from stepcheck.server.judge.evidence.examples import Examples
from stepcheck.server.judge.evidence.outcomes import Comparer, show_both
from stepcheck.server.judge.evidence.planning.plan import Plan, make_plan
from stepcheck.server.judge.evidence.planning.subject import Task
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Counterexample
from stepcheck.server.sandbox.sandbox import Sandbox

_SECONDS_PER_CALL = 0.5
_SECONDS_PER_CALL_IN_PLACE = 1.5

UNSHOWN = "neither examples nor types show what the inputs are like"
"""Why nothing is compared where there is no plan."""


def make_task(question: Question, other: str, found: Examples) -> Task:
    """Return what is compared: the code of a question with another version of it."""
    documented = [examples.docstring_of(other, question.function)]
    if question.before:
        documented.append(examples.docstring_of(question.before, question.function))
    text = "\n".join((question.intent, question.examples, *dict.fromkeys(documented)))
    own = examples.docstring_of(question.code, question.function)
    sessions = list(session_sources(text)) or list(session_sources(own))
    calls = (*(check.source for check in found.checks), *sessions)
    return Task(question.code, other, calls, text, question.function)


@contextlib.contextmanager
def open_versions(
    task: Task, sandbox: Sandbox, comparer: Comparer, raises: frozenset[str] | None
) -> Iterator[Versions]:
    """Yield sessions with the code judged and with the other version."""
    usual = _SECONDS_PER_CALL_IN_PLACE if sandbox.place else _SECONDS_PER_CALL
    seconds = min(usual, sandbox.limits.seconds_per_call)
    with (
        Session(lambda: sandbox.open_candidate(task.judged, seconds)) as judged,
        Session(lambda: sandbox.open_candidate(task.other, seconds)) as compared,
    ):
        for session in (judged, compared):
            session.launch()
        for session in (judged, compared):
            session.begin()
        yield Versions(judged, compared, comparer, raises)


def plan_of_types(task: Task) -> Plan | None:
    """Return calls made from types where examples made those tried first; None where none did."""
    return make_plan(replace(task, calls=())) if task.calls else None


def counterexample(one: ComparedInput) -> Counterexample:
    """Return what became of an input, in words."""
    return Counterexample(one.input.call, *show_both(one.got, one.wanted))
