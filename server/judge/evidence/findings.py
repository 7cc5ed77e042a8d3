"""What the differences between a candidate and a reference mean, by where their inputs stand.

Inside the domain of the task, one refutes. On its border it leaves a doubt, unless such differences
are common among inputs like the examples'. Outside it is only told.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.comparison import ComparedInput
from stepcheck.server.judge.evidence.domain.domain import Standing, Standpoint
from stepcheck.server.judge.evidence.matching import Match
from stepcheck.server.judge.evidence.outcomes import Comparer, show
from stepcheck.server.judge.evidence.planning.plan import Plan
from stepcheck.server.judge.evidence.rare_differences import is_common
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    main_function,
    parse,
)
from stepcheck.server.sandbox.sandbox import Status

_OWN_LIMITS = ("RecursionError", "MemoryError", "OverflowError")


@dataclass(frozen=True, slots=True)
class Findings:
    """The inputs that count, sorted out.

    `refuting` are differences that refute, `doubtful` those that leave a doubt; `counted` are
    inputs not outside the domain, of which `agreeing` are the same; `answered` those like the
    examples' for which the other version gives a result; `rejected` those that the code refuses.
    `judge` tells whether another difference would refute.
    """

    refuting: tuple[ComparedInput, ...]
    doubtful: tuple[ComparedInput, ...]
    agreeing: int
    counted: int
    answered: int
    rejected: int
    notes: tuple[str, ...]
    judge: Callable[[ComparedInput], bool]


def sort_out(
    usual: Sequence[ComparedInput], edges: Sequence[ComparedInput], plan: Plan, guards: set[int]
) -> Findings:
    """Sort out the inputs compared: those like the examples' and those at the edges.

    Only the former tell how common differences are. `guards` are the lines of the code's guard
    clauses.
    """
    compared = list({one.input.key: one for one in (*edges, *usual)}.values())
    accepted = [one for one in compared if not _rejects_arguments(one, guards)]
    located = [(one, _locate(one, plan)) for one in accepted]
    counted = [(one, at) for one, at in located if at.standing is not Standing.OUTSIDE]
    different = [(one, at) for one, at in counted if one.match is Match.DIFFERENT]
    inside = [one for one, at in different if at.standing is Standing.INSIDE]
    doubtful = [(one, at) for one, at in counted if not one.is_same and one not in inside]
    alike = {one.input.key for one in usual}
    likely = [one for one, _ in counted if one.input.key in alike]
    often = [one for one, _ in different if one.input.key in alike]
    common = often if is_common(len(often), len(likely)) else []

    def judge(one: ComparedInput) -> bool:
        if one.match is not Match.DIFFERENT or _rejects_arguments(one, guards):
            return False
        standing = _locate(one, plan).standing
        return standing is Standing.INSIDE or (bool(common) and standing is Standing.BORDER)

    notes = (
        [*_note(doubtful, "differs rarely", "nobody says whether that is asked")]
        if not common
        else []
    )
    outside = [(one, at) for one, at in located if at.standing is Standing.OUTSIDE]
    notes += _note(
        [pair for pair in outside if not pair[0].is_same], "differs", "the task rules that out"
    )
    notes += _note_changes([one for one, _ in counted])
    return Findings(
        tuple(inside or common),
        tuple(one for one, _ in doubtful),
        sum(one.is_same for one, _ in counted),
        len(counted),
        sum(one.wanted.status is Status.PASSED for one in likely),
        len(compared) - len(accepted),
        tuple(notes),
        judge,
    )


def _locate(one: ComparedInput, plan: Plan) -> Standpoint:
    at = plan.locate(one.input)
    if at.standing is not Standing.INSIDE:
        return at
    if one.match is Match.LOOSE:
        return Standpoint(Standing.BORDER, "the content is the same, the form is not")
    if one.got.status is Status.RAISED and one.got.value in _OWN_LIMITS:
        return Standpoint(Standing.BORDER, "it may be larger than intended")
    return at


def _note(
    found: Sequence[tuple[ComparedInput, Standpoint]], differs: str, saying: str
) -> list[str]:
    if not found:
        return []
    one, at = min(found, key=lambda pair: len(pair[0].input.call))
    shown = f"{one.input.call} gives {show(one.got)}, the reference {show(one.wanted)}"
    return [f"{differs}: {shown}; {saying} ({at.reason})"]


def guard_lines(source: str, function: str | None) -> set[int]:
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


def _rejects_arguments(one: ComparedInput, guards: set[int]) -> bool:
    """Tell whether the candidate rejected the arguments, which may not be allowed then."""
    if one.wanted.status is Status.RAISED:
        return False
    return one.got.status is Status.RAISED and one.got.line in guards


def _note_changes(compared: Sequence[ComparedInput]) -> list[str]:
    """Say that the code leaves its arguments otherwise than the reference, if it does."""
    comparer = Comparer()
    for one in compared:
        if one.is_same and comparer.changes_other_arguments(one.got, one.wanted):
            return [f"leaves its arguments otherwise than the reference: {one.input.call}"]
    return []
