"""Evidence of the code as it was before an edit: what the edit changes, which refutes nothing."""

from collections.abc import Callable
from dataclasses import replace

from stepcheck.server.judge.evidence.call_templates import find_calls
from stepcheck.server.judge.evidence.comparison import ComparedInput, VersionComparison
from stepcheck.server.judge.evidence.examples import Examples
from stepcheck.server.judge.evidence.outcomes import Comparer
from stepcheck.server.judge.evidence.planning.plan import make_plan
from stepcheck.server.judge.evidence.rare_differences import INPUTS
from stepcheck.server.judge.evidence.stability import Stability, confirm
from stepcheck.server.judge.evidence.versions import (
    UNSHOWN,
    counterexample,
    make_task,
    open_versions,
    plan_of_types,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Sandbox, Status

_SECONDS = 2.0


def examine(
    question: Question,
    found: Examples,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Say what differs from the code before the edit, which refutes and supports nothing.

    The inputs are like those of the examples found and of the calls in the tests. Raises what
    `Sandbox.examine` does.
    """
    if question.before is None:
        return _unchanged("there is no code before the edit")
    task = make_task(question, question.before, found)
    task = replace(task, calls=(*task.calls, *find_calls(question.tests)))
    plan = make_plan(task)
    if plan is None:
        return _unchanged(UNSHOWN)
    comparer = Comparer()
    with open_versions(task, sandbox, comparer, None) as versions:
        comparison = VersionComparison(versions, is_cancelled)
        drawn = comparison.draw(plan.strategy, INPUTS, _SECONDS)
        if not any(map(_has_result, drawn)) and (typed := plan_of_types(task)) is not None:
            plan = typed
            drawn = comparison.draw(plan.strategy, INPUTS, _SECONDS) or drawn
        if not drawn:
            return _unchanged("the code as it was answers none of the inputs tried")
        different = [one for one in drawn if not one.is_same]
        if not different:
            does = "behaves" if any(map(_has_result, drawn)) else "only raises"
            return _unchanged(f"{does} as before on {len(drawn)} inputs", len(drawn))
        smallest = comparison.shrink(plan.strategy, INPUTS, lambda one: not one.is_same)
        smallest = smallest or different[0]
    with open_versions(task, sandbox, comparer, None) as anew:
        stability = confirm(smallest, anew)
    if stability is not Stability.STABLE:
        return _unchanged(stability.note)
    shown = counterexample(smallest)
    return Evidence(
        EvidenceKind.CHANGE,
        Finding.NOTHING,
        len(drawn) - len(different),
        len(drawn),
        notes=(f"behaviour changed: {shown.call} was {shown.wanted}, is {shown.got}",),
        counterexamples=(shown,),
    )


def _has_result(one: ComparedInput) -> bool:
    return one.wanted.status is Status.PASSED


def _unchanged(note: str, run: int = 0) -> Evidence:
    return Evidence(EvidenceKind.CHANGE, Finding.NOTHING, run, run, notes=(note,))
