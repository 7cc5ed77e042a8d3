"""Evidence of a reference: whether the candidate does the same on many inputs.

The reference is right, so a difference speaks against the candidate, if the task asks about such
inputs (see `domain`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.adequacy import Survey
from stepcheck.server.judge.evidence.comparison import (
    ComparedInput,
    VersionComparison,
    Versions,
)
from stepcheck.server.judge.evidence.domain.domain import Standing
from stepcheck.server.judge.evidence.examples import Examples
from stepcheck.server.judge.evidence.findings import Findings, guard_lines, sort_out
from stepcheck.server.judge.evidence.further_inputs import try_further
from stepcheck.server.judge.evidence.outcomes import Comparer
from stepcheck.server.judge.evidence.planning.plan import Plan, make_plan
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
from stepcheck.server.judge.verdict import (
    Adequacy,
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.sandbox import Sandbox, Status

_MAX_REJECTED = 0.5
_LEAST_POWER = 0.5
_MAX_CONFIRMED = 3
_KINDS = {
    Status.RAISED: (Severity.MAJOR, FaultKind.EXCEPTION),
    Status.CRASHED: (Severity.FATAL, FaultKind.CRASH),
}
_ONLY_RAISES = "the reference only raises on the inputs tried"


@dataclass(frozen=True, slots=True)
class _Effort:
    """How many inputs are tried, for so many seconds of computing, and as many at the edges.

    Where that `is_costly`, only edges inside the domain are.
    """

    inputs: int = INPUTS
    seconds: float = 2.0
    is_costly: bool = False


_USUAL = _Effort()
_WITH_LIBRARIES = _Effort(inputs=INPUTS // 3, seconds=1.5, is_costly=True)


def _effort(sandbox: Sandbox) -> _Effort:
    return _WITH_LIBRARIES if sandbox.place else _USUAL


def examine(
    question: Question,
    found: Examples,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Compare with the question's reference on inputs like those of the examples, and at the edges.

    Inputs on which the reference fails don't count, but for exceptions that the task asks for; nor
    those on which the candidate is slow (they may be larger than intended), nor those that its
    guard clauses reject. A difference inside the domain refutes, however rare; on its border it
    decides nothing unless it is common; outside it is only told. Raises what `Sandbox.examine`
    does.
    """
    if question.reference is None:
        return _nothing("there is no reference")
    task = make_task(question, question.reference, found)
    plan = make_plan(task)
    if plan is None:
        return _nothing(UNSHOWN)
    comparer = Comparer(task.text)
    with open_versions(task, sandbox, comparer, plan.raises) as versions:
        comparison = VersionComparison(versions, is_cancelled)
        guards = guard_lines(question.code, question.function)
        usual, edges = _try_inputs(comparison, plan, _effort(sandbox))
        findings = sort_out(usual, edges, plan, guards)
        if not findings.answered and (typed := plan_of_types(task)) is not None:
            # What resembles the examples may lack what these find, such as a file or a table.
            plan, comparison = typed, VersionComparison(versions, is_cancelled)
            usual, edges = _try_inputs(comparison, plan, _effort(sandbox))
            findings = sort_out(usual, edges, plan, guards)
        set_aside = comparison.set_aside + findings.rejected
        if not (usual or edges):
            return _nothing(_unanswered(comparison, versions), set_aside)
        if findings.rejected > _MAX_REJECTED * (findings.counted + findings.rejected):
            return _nothing("the code refuses most of what the reference answers", set_aside)
        if findings.counted and not findings.answered:
            return _nothing(_ONLY_RAISES, set_aside)
        unanswered = comparison.unanswered
        found_adequacy = None
        if findings.agreeing and not (findings.refuting or unanswered or sandbox.place):
            tried = [one for one in (*usual, *edges) if one.is_same]
            with Survey(question.code, question.function, sandbox) as survey:
                survey.add(tried)
                further = try_further(survey, comparison, plan, tried)
                found_adequacy = survey.adequacy
            # Inputs sought out tell nothing of how common differences are, if they are none.
            if not all(one.is_same for one in further):
                edges += further
                findings = sort_out(usual, edges, plan, guards)
        smallest = _smallest(comparison, plan, findings) if findings.refuting else []

    if smallest:
        with open_versions(task, sandbox, comparer, plan.raises) as anew:
            confirmed = [(one, confirm(one, anew, task.other)) for one in smallest]
        stable = (one for one, found in confirmed if found is Stability.STABLE)
        if (shown := next(stable, None)) is not None:
            return _refutation(shown, findings, set_aside)
        notes = dict.fromkeys((*findings.notes, *(found.note for _, found in confirmed)))
        return replace(_nothing("", set_aside), notes=tuple(notes))
    return _agreement(findings, unanswered, set_aside, found_adequacy)


def _try_inputs(
    comparison: VersionComparison, plan: Plan, effort: _Effort
) -> tuple[list[ComparedInput], list[ComparedInput]]:
    """Return what became of the examples' inputs and those like them, and of those at the edges."""
    usual = comparison.try_all(plan.shown, effort.seconds)
    usual += comparison.draw(plan.strategy, effort.inputs, effort.seconds)
    edges = plan.boundaries([one.input for one in usual])
    if effort.is_costly:
        edges = [one for one in edges if plan.locate(one).standing is Standing.INSIDE]
        edges = edges[: _WITH_LIBRARIES.inputs]
    return usual, comparison.try_all(edges, effort.seconds)


def _smallest(comparison: VersionComparison, plan: Plan, findings: Findings) -> list[ComparedInput]:
    """Return a few of the differences that refute, the smallest first."""
    known = {one.input.key for one in findings.refuting}
    judge = findings.judge

    def refutes(one: ComparedInput) -> bool:
        return one.input.key in known or judge(one)

    shrunk = comparison.shrink(plan.strategy, INPUTS, refutes)
    found = [*findings.refuting, *([shrunk] if shrunk else [])]
    return sorted(found, key=lambda one: (len(one.input.call), one.input.call))[:_MAX_CONFIRMED]


def _refutation(one: ComparedInput, findings: Findings, set_aside: int) -> Evidence:
    return Evidence(
        EvidenceKind.DIFFERENTIAL,
        Finding.REFUTES,
        findings.agreeing,
        findings.counted,
        set_aside,
        (_fault(one),),
        notes=findings.notes,
        counterexamples=(counterexample(one),),
    )


def _is_agreement(findings: Findings, unanswered: int) -> bool:
    """Tell whether all that was tried is the same, as far as it counts."""
    return bool(findings.agreeing) and not (unanswered or findings.doubtful or findings.refuting)


def _agreement(
    findings: Findings, unanswered: int, set_aside: int, adequacy: Adequacy | None
) -> Evidence:
    """Return the evidence where nothing refutes: support, unless there is a doubt.

    Inputs that would rather miss a fault than show it support nothing.
    """
    doubtful = findings.doubtful
    is_telling = adequacy is None or adequacy.power >= _LEAST_POWER
    is_support = _is_agreement(findings, unanswered) and is_telling
    finding = Finding.SUPPORTS if is_support else Finding.NOTHING
    notes = (*(("no answer to some inputs in time",) if unanswered else ()), *findings.notes)
    if adequacy is not None:
        notes += (f"{'' if is_telling else 'the inputs tell too little: '}{adequacy}",)
    first = min(doubtful, key=lambda one: len(one.input.call), default=None)
    faults = (replace(_fault(first), severity=Severity.SMALL),) if first else ()
    return Evidence(
        EvidenceKind.DIFFERENTIAL,
        finding,
        findings.agreeing,
        findings.counted,
        set_aside,
        faults,
        notes=notes,
        unfinished=unanswered,
        adequacy=adequacy,
    )


def _unanswered(comparison: VersionComparison, versions: Versions) -> str:
    """Return why no input counts."""
    for who, session in (("reference", versions.other), ("code", versions.judged)):
        if session.failure:
            return f"the {who} cannot be run here: {session.failure}"
    reasons = dict.fromkeys(filter(None, comparison.reasons))
    if comparison.unanswered:
        return f"no result can be compared: {next(iter(reasons), 'no answer in time')}"
    told = next(iter(reasons), "") or next(iter(comparison.raised), "")
    because = f": {told}" if told else ""
    return f"the reference answers none of the inputs tried{because}"


def _fault(one: ComparedInput) -> Fault:
    shown = counterexample(one)
    severity, kind = _KINDS.get(one.got.status, (Severity.MAJOR, FaultKind.WRONG_RESULT))
    where = Range(one.got.line, one.got.line) if one.got.line else None
    return Fault(where, severity, kind, f"{shown.call} gives {shown.got}, not {shown.wanted}")


def _nothing(note: str, set_aside: int = 0) -> Evidence:
    return Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, set_aside=set_aside, notes=(note,))
