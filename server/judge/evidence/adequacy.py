"""How much the inputs tried could have shown: branches reached, and mutants told apart."""

import ast
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.candidate_session import Session
from stepcheck.server.judge.evidence.comparison import ComparedInput, Input
from stepcheck.server.judge.evidence.matching import Match
from stepcheck.server.judge.evidence.mutants import Mutant, mutants
from stepcheck.server.judge.evidence.outcomes import Comparer
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import Function, main_function, parse
from stepcheck.server.judge.verdict import Adequacy
from stepcheck.server.sandbox.sandbox import Sandbox

_MAX_MUTANTS = 12
_MAX_TRACED = 40
_SECONDS = 0.4
_SECONDS_PER_CALL = 0.3


class _Difference(Enum):
    """What an input shows a mutant to have otherwise."""

    NONE = auto()
    OF_LAYOUT = auto()
    OF_MEANING = auto()


@dataclass(frozen=True, slots=True)
class _Mutated:
    """A call of a mutant: its definition is what prepares the call, before all else."""

    mutant: str
    template: Template

    @property
    def setup(self) -> str:
        return f"{self.mutant}\n{self.template.setup}"

    @property
    def call(self) -> str:
        return self.template.call


@dataclass(frozen=True, slots=True)
class Missed:
    """A place of the code at which the inputs tried show nothing, and those that come near it.

    The place is what decides on a branch that none took, or what a mutant has otherwise.
    """

    place: ast.AST
    near: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class _Branch:
    """The lines of a block that may be left out, and what decides on it."""

    lines: range
    place: ast.AST

    def is_reached(self, lines: set[int]) -> bool:
        """Tell whether any of its lines ran; not all are seen to run, such as a docstring's."""
        return not lines.isdisjoint(self.lines)


class Survey:
    """What the inputs tried so far have shown of a function: a context manager.

    Mutants for which there is no time do not count, nor those that do the same for all the task can
    tell: they only write their files in another layout.

    What it does raises `SandboxUnavailableError`.
    """

    def __init__(self, source: str, function: str | None, sandbox: Sandbox) -> None:
        tree = parse(source)
        main = main_function(tree)
        member = find_member(tree, function or (main.name if main else ""))
        node = member.node if member is not None else None
        self._session = Session(
            lambda: sandbox.open_candidate(source, _SECONDS_PER_CALL, traced=True)
        )
        self._branches: list[_Branch] = []
        self._unknown: list[Mutant] = []
        if isinstance(node, Function):
            self._branches = list({one.lines: one for one in _branches(node)}.values())
            self._unknown = mutants(tree, node, _MAX_MUTANTS)
        self._alive: list[Mutant] = []
        self._untried: list[Mutant] = []
        self._told_apart = 0
        self._reached: set[int] = set()
        self._lines: list[tuple[Input, frozenset[int]]] = []

    def __enter__(self) -> "Survey":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.__exit__(kind, error, trace)

    @property
    def adequacy(self) -> Adequacy | None:
        """How adequate the inputs are; None where the code has no such function."""
        if not self._branches or not self._lines:
            return None
        reached = sum(one.is_reached(self._reached) for one in self._branches)
        tried = self._told_apart + len(self._alive)
        return Adequacy(len(self._branches), reached, tried, self._told_apart)

    def missed(self) -> list[Missed]:
        """Return the places at which nothing was shown, those of branches first."""
        left = [one.place for one in self._branches if not one.is_reached(self._reached)]
        open_mutants = (*self._alive, *self._untried)
        return [
            Missed(place, tuple(self._near(place)))
            for place in dict.fromkeys((*left, *(one.place for one in open_mutants)))
        ]

    def add(self, tried: Sequence[ComparedInput]) -> None:
        """Count inputs on which the code does what is wanted."""
        if not tried or not self._branches:
            return
        traced = [one.input for one in tried[:_MAX_TRACED]]
        outcomes = self._session.evaluate_all([(one.template, one.values) for one in traced])
        self._lines += [(one, outcome.lines) for one, outcome in zip(traced, outcomes, strict=True)]
        self._reached.update(line for outcome in outcomes for line in outcome.lines)
        until = time.monotonic() + _SECONDS
        before, self._alive = self._alive, []
        waiting, self._unknown = [*before, *self._unknown], []
        while waiting:
            difference = self._difference(waiting[0].source, tried)
            if self._session.is_over or time.monotonic() > until:
                # Those that were not told apart before are not now; the others stay unknown, as
                # the inputs of the first time are not tried again.
                self._alive += [one for one in waiting if one in before]
                self._untried += [one for one in waiting if one not in before]
                break
            mutant = waiting.pop(0)
            self._told_apart += difference is _Difference.OF_MEANING
            if difference is _Difference.NONE:
                self._alive.append(mutant)

    def _near(self, place: ast.AST) -> Iterator[Input]:
        """Yield the inputs that come to the line of a place, or else all, the shortest first."""
        line = getattr(place, "lineno", 0)
        close = [one for one, lines in self._lines if line in lines]
        yield from sorted(close or [one for one, _ in self._lines], key=lambda one: len(one.call))

    def _difference(self, mutant: str, tried: Sequence[ComparedInput]) -> "_Difference":
        """Return what tells a mutant from the code, in whose process it is made anew."""
        comparer = Comparer()
        found = _Difference.NONE
        first, portion = 0, 1
        while first < len(tried):
            # Most are told apart by one of the first inputs.
            some = tried[first : first + portion]
            calls = [(_Mutated(mutant, one.input.template), one.input.values) for one in some]
            outcomes = self._session.evaluate_all(calls)
            for one, outcome in zip(some, outcomes, strict=True):
                if comparer.compare(outcome, one.got) is not Match.SAME:
                    return _Difference.OF_MEANING
                if outcome.checksums != one.got.checksums:
                    found = _Difference.OF_LAYOUT
            first, portion = first + portion, 4 * portion
        return found


def _branches(function: Function) -> Iterator[_Branch]:
    """Yield the blocks that may be left out."""
    yield _Branch(_lines(function.body), function)
    for node in ast.walk(function):
        for place, block in _blocks(node):
            if block:
                yield _Branch(_lines(block), place)


def _blocks(node: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """Yield the blocks of a statement that may be left out, each with what decides on it."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            yield from ((test, node.body), (test, node.orelse))
        case ast.For(iter=source) | ast.AsyncFor(iter=source):
            yield from ((source, node.body), (source, node.orelse))
        case ast.Try(handlers=handlers):
            yield from ((node, handler.body) for handler in handlers)
        case ast.Match(subject=subject, cases=cases):
            yield from ((subject, case.body) for case in cases)


def _lines(block: list[ast.stmt]) -> range:
    return range(block[0].lineno, (block[-1].end_lineno or block[-1].lineno) + 1)
