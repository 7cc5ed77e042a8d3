"""Where the fault is: how suspicious each line is, from what ran for the checks that fail.

The similarity is Ochiai's (Abreu et al., "An evaluation of similarity coefficients for software
fault localization", 2006). Where all runs take the same lines, it says nothing: then what the lines
look like decides, by weights learned from known faults (`bench/localize.py`).
"""

import ast
import json
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from stepcheck.server.judge.languages.python.source import Function, SourceError, parse

_RAISED_HERE = 1.0
_RAISED_BELOW = 0.5
_WEIGHT_OF_SUSPICION = 6.0
_WEIGHT_OF_CHANGE = 3.0
_ARTEFACT = "fault_localization.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A check: whether it passed, the lines that ran for it, and those of its traceback.

    Lines count from 1; `places` are outermost first.
    """

    passed: bool
    lines: frozenset[int]
    places: tuple[int, ...] = ()


def suspect(runs: Sequence[Run]) -> Mapping[int, float]:
    """Return how suspicious each line is that ran for a check that failed: from 0 to 2.

    To the similarity, from 0 to 1, comes that an error was raised there, or below.
    """
    failed = [run for run in runs if not run.passed]
    suspicion: dict[int, float] = {}
    for line in sorted({line for run in failed for line in (*run.lines, *run.places)}):
        among_failed = sum(line in run.lines for run in failed)
        among_all = sum(line in run.lines for run in runs)
        similarity = among_failed / math.sqrt(len(failed) * among_all) if among_all else 0.0
        raised = max((_traceback_score(run, line) for run in failed), default=0.0)
        suspicion[line] = similarity + raised
    return suspicion


def rank_lines(source: str, runs: Sequence[Run], changed: Set[int] = frozenset()) -> list[int]:
    """Return the lines that ran for a check that failed, the most suspicious first.

    Those that an edit `changed` are the more suspicious, by a weight set by hand.
    """
    suspicion = suspect(runs)
    features = describe_lines(source)
    weights = _load_weights()

    def score(line: int) -> float:
        appearance = sum(weights.get(feature, 0.0) for feature in features.get(line, ()))
        ran = _WEIGHT_OF_SUSPICION * math.log(suspicion[line] or 1e-9)
        return ran + appearance + _WEIGHT_OF_CHANGE * (line in changed)

    return sorted(suspicion, key=lambda line: (-score(line), line))


def describe_lines(source: str) -> Mapping[int, tuple[str, ...]]:
    """Return what the statement features like that begins on each line of a function."""
    try:
        tree = parse(source)
    except SourceError:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for function in ast.walk(tree):
        if isinstance(function, Function):
            for depth, statement in _statements(function.body, 0):
                found[statement.lineno] = tuple(_describe(statement, depth, function))
    return found


def _statements(block: Sequence[ast.stmt], depth: int) -> Iterator[tuple[int, ast.stmt]]:
    for statement in block:
        if isinstance(statement, Function | ast.ClassDef):
            continue
        yield depth, statement
        for name in ("body", "orelse", "finalbody", "handlers"):
            inner = getattr(statement, name, [])
            for each in inner:
                yield from _statements(
                    each.body if isinstance(each, ast.ExceptHandler) else [each], depth + 1
                )


def _describe(statement: ast.stmt, depth: int, function: Function) -> Iterator[str]:
    kind = type(statement).__name__
    yield kind
    yield f"depth {min(depth, 3)}"
    if statement is function.body[-1]:
        yield f"last {kind}"
    parts = set()
    size = 0
    for node in _head(statement):
        size += 1
        match node:
            case ast.Compare(ops=[ast.Eq() | ast.NotEq(), *_]):
                parts.add("equality")
            case ast.Compare():
                parts.add("order")
            case ast.Constant(value=bool()):
                parts.add("truth")
            case ast.Constant(value=int() | float()):
                parts.add("number")
            case ast.Constant(value=str()):
                parts.add("text")
            case ast.Call(func=ast.Name(id=name)) if name in ("range", "len", "min", "max"):
                parts.add(name)
            case ast.BinOp() | ast.BoolOp() | ast.Subscript() | ast.Slice() | ast.Call():
                parts.add(type(node).__name__)
            case ast.comprehension() | ast.IfExp() | ast.UnaryOp() | ast.Attribute():
                parts.add(type(node).__name__)
    yield from sorted(parts)
    yield from (f"{kind} with {part}" for part in sorted(parts))
    yield f"size {min(size // 4, 6)}"


def _head(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes that a statement has on its own, without those of statements in it."""
    waiting: list[ast.AST] = [
        child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)
    ]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ExceptHandler):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


@cache
def _load_weights() -> Mapping[str, float]:
    text = files(__package__).joinpath(_ARTEFACT).read_text(encoding="utf-8")
    weights: dict[str, float] = json.loads(text)["weights"]
    return MappingProxyType(weights)


def _traceback_score(run: Run, line: int) -> float:
    if run.places and run.places[-1] == line:
        return _RAISED_HERE
    return _RAISED_BELOW if line in run.places else 0.0
