"""From what people call code to what the judge takes: a module that defines what it is about.

A stub and its solution become one function, a snippet becomes a function of its variables. All the
judge's evidence sees the result; its lines are told as those of the code that was given.
"""

import ast
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.languages.python.snippets import (
    NAME,
    Head,
    Outcome,
    Snippet,
    read_snippet,
    to_function,
)
from stepcheck.server.judge.languages.python.source import SourceError, main_function, parse
from stepcheck.server.judge.languages.python.stubs import merge_stubs
from stepcheck.server.judge.languages.python.usage_types import annotate
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    Finding,
    Judgement,
    Range,
    Verdict,
)

_MAX_ORDERS = 720


@dataclass(frozen=True, slots=True)
class Normalized:
    """A question as the judge takes it.

    Its code has `lines_before` those that were given. A `reason` says why the reference could not
    be used. A `doubt` says why a difference from it need not be a fault.
    """

    question: Question
    lines_before: int = 0
    reason: str = ""
    doubt: str = ""

    def restore(self, judgement: Judgement) -> Judgement:
        """Return the judgement of the code as it was given."""
        if self.lines_before:
            judgement = _move(judgement, self.lines_before)
        if self.reason and judgement.verdict is Verdict.UNKNOWN:
            judgement = replace(judgement, reason=f"{self.reason}; {judgement.reason}")
        refuting = {one.kind for one in judgement.evidence if one.finding is Finding.REFUTES}
        if self.doubt and refuting == {EvidenceKind.DIFFERENTIAL}:
            unsure = replace(judgement, verdict=Verdict.UNKNOWN, score=0.5, confidence=0.0)
            return replace(unsure, reason=f"it differs from the reference, but {self.doubt}")
        return judgement


@dataclass(frozen=True, slots=True)
class _Side:
    """The code or the reference: a snippet, or a module whose main function has that `name`."""

    variables: tuple[str, ...]
    body: Sequence[ast.stmt]
    outcome: Outcome
    snippet: Snippet | None = None
    name: str = NAME


@dataclass(frozen=True, slots=True)
class _Matching:
    """Variables of one side in the order of those of the other, and if that was a guess."""

    names: tuple[str, ...]
    is_guess: bool = False


def normalize(question: Question) -> Normalized:
    """Return the question as the judge takes it; code of other languages and edits stay."""
    if question.language != "python" or question.function or question.before is not None:
        return Normalized(question)
    code = merge_stubs(question.code)
    reference = merge_stubs(question.reference) if question.reference is not None else None
    question = replace(question, code=code, reference=reference)
    if question.path or question.tests.strip():
        return Normalized(question)
    judged, model = _read_side(code), _read_side(reference or "")
    if judged is None or not (judged.snippet or (model and model.snippet)):
        return Normalized(question)
    if judged.snippet is not None and reference is None:
        return _alone(question, judged, judged.snippet, "")
    if model is None:
        reason = "the code is a snippet, the reference neither that nor a function"
        return _alone(question, judged, judged.snippet, reason)
    matching = _match(judged, model)
    if matching is None:
        shown = " and ".join(f"({', '.join(one.variables)})" for one in (judged, model))
        return _alone(question, judged, judged.snippet, f"code and reference take {shown}")
    return _beside(question, judged, model, matching)


def _read_side(source: str) -> _Side | None:
    snippet = read_snippet(source)
    if snippet is not None:
        return _Side(snippet.variables, snippet.tree.body, snippet.outcome, snippet)
    try:
        main = main_function(parse(source))
    except SourceError:
        return None
    given = main.args if main else None
    if main is None or given is None or given.vararg or given.kwarg or given.kwonlyargs:
        return None
    variables = tuple(one.arg for one in (*given.posonlyargs, *given.args))
    returns = any(isinstance(node, ast.Return) and node.value for node in ast.walk(main))
    outcome = Outcome.VALUE if returns else Outcome.EFFECT
    return _Side(variables, main.body, outcome, name=main.name)


def _alone(question: Question, judged: _Side, snippet: Snippet | None, reason: str) -> Normalized:
    """Return the question without the reference; a program without variables stays one."""
    question = replace(question, reference=None)
    if snippet is None or not judged.variables:
        return Normalized(question, reason=reason)
    annotations = tuple(annotate((name, judged.body)) for name in judged.variables)
    head = Head(NAME, judged.variables, annotations)
    made = to_function(snippet, head, judged.variables)
    if made is None:
        return Normalized(question, reason=reason)
    return Normalized(replace(question, code=made.source), made.lines_before, reason)


def _beside(question: Question, judged: _Side, model: _Side, matching: _Matching) -> Normalized:
    """Return the question with code and reference as functions that take the same."""
    names = dict(zip(judged.variables, matching.names, strict=True))
    own = {other: name for name, other in names.items()}
    order = judged.variables if model.snippet else tuple(own[one] for one in model.variables)
    head = Head(
        model.name if judged.snippet else judged.name,
        order if model.snippet else model.variables,
        tuple(annotate((name, judged.body), (names[name], model.body)) for name in order),
    )
    lines = 0
    if judged.snippet is not None:
        made = to_function(judged.snippet, head, order)
        if made is None:
            return _alone(question, judged, judged.snippet, "the code cannot stand in a function")
        question, lines = replace(question, code=made.source), made.lines_before
    if model.snippet is not None:
        other = to_function(model.snippet, head, [names[name] for name in order])
        if other is None:
            reason = "the reference cannot stand in a function"
            return Normalized(replace(question, reference=None), lines, reason)
        question = replace(question, reference=other.source)
    doubt = ""
    if matching.is_guess:
        doubt = "which variables correspond is a guess"
    elif judged.outcome is not model.outcome:
        doubt = f"it has {judged.outcome.value}, the reference {model.outcome.value}"
    return Normalized(question, lines, doubt=doubt)


def _match(judged: _Side, model: _Side) -> _Matching | None:
    """Return the variables of the model that correspond to those of the code, or None.

    Those of the same name do; the others by what values they seem to have, then by their order.
    """
    if len(judged.variables) != len(model.variables):
        return None
    mine = [name for name in judged.variables if name not in model.variables]
    others = [name for name in model.variables if name not in judged.variables]
    kinds = {name: annotate((name, judged.body)) for name in mine}
    other_kinds = {name: annotate((name, model.body)) for name in others}

    def agreement(order: Sequence[str]) -> int:
        pairs = zip(mine, order, strict=True)
        return sum(
            kinds[one] is not None and kinds[one] == other_kinds[other] for one, other in pairs
        )

    best = max(itertools.islice(itertools.permutations(others), _MAX_ORDERS), key=agreement)
    paired = dict(zip(mine, best, strict=True))
    names = tuple(paired.get(name, name) for name in judged.variables)
    is_sure = len(mine) < 2 or len(set(kinds.values())) == len(mine) == agreement(best)
    return _Matching(names, not is_sure)


def _move(judgement: Judgement, lines: int) -> Judgement:
    """Return the judgement with its faults so many lines higher."""
    return replace(
        judgement,
        faults=tuple(_move_fault(fault, lines) for fault in judgement.faults),
        evidence=tuple(_move_evidence(one, lines) for one in judgement.evidence),
    )


def _move_evidence(evidence: Evidence, lines: int) -> Evidence:
    return replace(evidence, faults=tuple(_move_fault(one, lines) for one in evidence.faults))


def _move_fault(fault: Fault, lines: int) -> Fault:
    if fault.range is None:
        return fault
    first, last = fault.range.first_line - lines, fault.range.last_line - lines
    # What was put before the code has no fault of its own.
    return replace(fault, range=Range(first, last) if first > 0 else None)
