"""Evidence of another version: whether the candidate does the same on many inputs.

Against a reference, which is right, a difference speaks against the candidate. Against the code as
it was before an edit, it only says what the edit changes.
"""

import ast
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import (
    Template,
    call_template,
    find_calls,
    read_templates,
)
from stepcheck.server.judge.evidence.candidate_session import CallOutcome, Session
from stepcheck.server.judge.evidence.comparison import ComparedInput, VersionComparison, show
from stepcheck.server.judge.evidence.examples import Examples
from stepcheck.server.judge.evidence.inputs import (
    Values,
    arguments_like,
    find_constants,
    values_of_type,
)
from stepcheck.server.judge.evidence.rare_differences import INPUTS, discount_rare_differences
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    definitions,
    main_function,
    parse,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Counterexample,
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.sandbox import Sandbox, Status

_SECONDS_PER_CALL = 0.5
_MAX_REJECTED = 0.5
_KINDS = {
    Status.RAISED: (Severity.MAJOR, FaultKind.EXCEPTION),
    Status.CRASHED: (Severity.FATAL, FaultKind.CRASH),
}


@dataclass(frozen=True, slots=True)
class _Versions:
    """The code judged, and the other version that it is compared with."""

    judged: str
    other: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """The calls to compare: those of a template, its values drawn from a strategy."""

    template: Template
    strategy: SearchStrategy[Values]


def examine(
    question: Question,
    found: Examples,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Compare with the question's reference on inputs like those of the examples found.

    Inputs on which the reference fails don't count, nor those on which the candidate is slow (they
    may be larger than intended), nor those that its guard clauses reject. A rare difference
    decides nothing, as the input may be one that the task rules out. Raises what `Sandbox.examine`
    does.
    """
    if question.reference is None:
        return _nothing("there is no reference")
    versions = _Versions(question.code, question.reference)
    plan = _plan(versions, [check.source for check in found.checks], question.function)
    if plan is None:
        return _nothing("neither examples nor annotations show what the inputs are like")
    guards = _guard_lines(question.code, question.function)

    def differs(one: ComparedInput) -> bool:
        return not one.is_same and not _rejects_arguments(one.got, guards)

    with _sessions(versions, sandbox) as (judged, other):
        comparison = VersionComparison(plan.template, judged, other, is_cancelled)
        drawn = comparison.draw(plan.strategy, INPUTS)
        accepted = [one for one in drawn if not _rejects_arguments(one.got, guards)]
        set_aside = comparison.set_aside + len(drawn) - len(accepted)
        if not drawn:
            return _nothing("the reference answers none of the inputs tried", set_aside)
        if len(accepted) < _MAX_REJECTED * len(drawn):
            return _nothing("the code refuses most of what the reference answers", set_aside)
        different = [one for one in accepted if not one.is_same]
        if not different:
            slow = comparison.unanswered > 0
            return Evidence(
                EvidenceKind.DIFFERENTIAL,
                Finding.NOTHING if slow else Finding.SUPPORTS,
                len(accepted),
                len(accepted),
                set_aside,
                notes=("no answer to some inputs in time",) if slow else (),
                unfinished=comparison.unanswered,
            )
        smallest = comparison.shrink(plan.strategy, INPUTS, differs) or different[0]
    if not _is_stable(versions, sandbox, plan, smallest, may_raise=False):
        return _nothing("results vary from call to call", set_aside)
    return discount_rare_differences(
        Evidence(
            EvidenceKind.DIFFERENTIAL,
            Finding.REFUTES,
            len(accepted) - len(different),
            len(accepted),
            set_aside,
            (_fault(plan.template, smallest),),
            counterexamples=(_counterexample(plan.template, smallest),),
        )
    )


def examine_change(
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
    versions = _Versions(question.code, question.before)
    calls = [check.source for check in found.checks] + find_calls(question.tests)
    plan = _plan(versions, calls, question.function)
    if plan is None:
        return _unchanged("neither examples nor annotations show what the inputs are like")
    with _sessions(versions, sandbox) as (judged, other):
        comparison = VersionComparison(plan.template, judged, other, is_cancelled, may_raise=True)
        drawn = comparison.draw(plan.strategy, INPUTS)
        if not drawn:
            return _unchanged("the code as it was answers none of the inputs tried")
        different = [one for one in drawn if not one.is_same]
        if not different:
            return _unchanged(f"behaves as before on {len(drawn)} inputs", len(drawn))
        smallest = comparison.shrink(plan.strategy, INPUTS, lambda one: not one.is_same)
        smallest = smallest or different[0]
    if not _is_stable(versions, sandbox, plan, smallest, may_raise=True):
        return _unchanged("results vary from call to call")
    shown = _counterexample(plan.template, smallest)
    return Evidence(
        EvidenceKind.CHANGE,
        Finding.NOTHING,
        len(drawn) - len(different),
        len(drawn),
        notes=(f"behaviour changed: {shown.call} was {shown.wanted}, is {shown.got}",),
        counterexamples=(shown,),
    )


@contextlib.contextmanager
def _sessions(versions: _Versions, sandbox: Sandbox) -> Iterator[tuple[Session, Session]]:
    """Yield sessions with the code judged and with the other version."""
    seconds = min(_SECONDS_PER_CALL, sandbox.limits.seconds_per_call)
    names = definitions(parse(versions.judged))
    with (
        Session(lambda: sandbox.open_candidate(versions.judged, seconds), names) as judged,
        Session(lambda: sandbox.open_candidate(versions.other, seconds), names) as compared,
    ):
        yield judged, compared


def _plan(versions: _Versions, calls: Sequence[str], function: str | None) -> _Plan | None:
    tree = parse(versions.judged)
    found = (*_constants(versions.judged), *_constants(versions.other))
    constants = list(dict.fromkeys(found))
    read = read_templates(calls, definitions(tree))
    if read is not None and read[1]:
        template, shown = read
        return _Plan(template, arguments_like(shown, constants))
    return _plan_from_annotations(tree, function, constants)


def _constants(source: str) -> list[Any]:
    try:
        return find_constants(source)
    except SourceError:
        return []


def _plan_from_annotations(
    tree: ast.Module, function: str | None, constants: Sequence[Any]
) -> _Plan | None:
    main = main_function(tree)
    name = function or (main.name if main else "")
    member = find_member(tree, name) if name else None
    if member is None or not isinstance(member.node, Function):
        return None
    owner, _, method = name.rpartition(".")
    steps: list[tuple[str, Sequence[ast.arg]]] = []
    if owner:
        made = find_member(tree, f"{owner}.__init__")
        needed = _needed(made.node, 1) if made and isinstance(made.node, Function) else []
        if needed is None or member.node.decorator_list or "." in owner:
            return None
        steps.append((owner, needed))
    taken = _needed(member.node, 1 if owner else 0)
    if taken is None:
        return None
    if method != "__init__":
        steps.append((f".{method}" if owner else name, taken))
    parts = [
        values_of_type(argument.annotation, constants) for _, some in steps for argument in some
    ]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    template = call_template([(step, len(some)) for step, some in steps])
    return _Plan(template, st.tuples(*known))


def _needed(function: Function, bound: int) -> list[ast.arg] | None:
    """Return the parameters without a default, or None where they cannot go by position."""
    given = function.args
    if any(default is None for default in given.kw_defaults):
        return None
    positional = [*given.posonlyargs, *given.args]
    return positional[bound : len(positional) - len(given.defaults)]


def _guard_lines(source: str, function: str | None) -> set[int]:
    """Return the lines of the function's guard clauses, which reject arguments."""
    try:
        tree = parse(source)
    except SourceError:
        return set()
    main = main_function(tree)
    member = find_member(tree, function or (main.name if main else ""))
    if member is None or not isinstance(member.node, Function):
        return set()
    lines: set[int] = set()
    for statement in member.node.body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assert() | ast.If(body=[ast.Raise()], orelse=[]):
                lines.update(range(statement.lineno, (statement.end_lineno or 0) + 1))
            case _:
                break
    return lines


def _rejects_arguments(got: CallOutcome, guards: set[int]) -> bool:
    """Tell whether the candidate rejected the arguments, which may not be allowed then."""
    return got.status is Status.RAISED and got.line in guards


def _is_stable(
    versions: _Versions, sandbox: Sandbox, plan: _Plan, one: ComparedInput, *, may_raise: bool
) -> bool:
    """Tell whether both, started anew, differ again, and the other version does the same."""
    with _sessions(versions, sandbox) as (judged, compared):
        comparison = VersionComparison(
            plan.template, judged, compared, lambda: False, may_raise=may_raise
        )
        again = comparison.compare(one.values)
    return again is not None and not again.is_same and show(again.wanted) == show(one.wanted)


def _counterexample(template: Template, one: ComparedInput) -> Counterexample:
    return Counterexample(template.show(one.values), show(one.got), show(one.wanted))


def _fault(template: Template, one: ComparedInput) -> Fault:
    shown = _counterexample(template, one)
    severity, kind = _KINDS.get(one.got.status, (Severity.MAJOR, FaultKind.WRONG_RESULT))
    where = Range(one.got.line, one.got.line) if one.got.line else None
    return Fault(where, severity, kind, f"{shown.call} gives {shown.got}, not {shown.wanted}")


def _nothing(note: str, set_aside: int = 0) -> Evidence:
    return Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, set_aside=set_aside, notes=(note,))


def _unchanged(note: str, run: int = 0) -> Evidence:
    return Evidence(EvidenceKind.CHANGE, Finding.NOTHING, run, run, notes=(note,))
