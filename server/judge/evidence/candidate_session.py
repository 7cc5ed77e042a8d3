"""A candidate that stays alive between calls, which are made from here with plain values.

No code of a call runs in this process: a few forms of expression are interpreted, each call
is made in the candidate's. What comes back is plain data, rebuilt from JSON.
"""

import ast
import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from stepcheck.server.judge.languages.python.source import read_expression
from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.candidate_proxy import ENDED, CandidateProxy
from stepcheck.server.sandbox.child.handles import (
    CheckStoppedError,
    Handle,
    is_raised_by_candidate,
)
from stepcheck.server.sandbox.child.transport import UntransportableError, encode
from stepcheck.server.sandbox.sandbox import Status

_NODES = {
    function.__name__: function
    for function in (
        *(nodes.chain, nodes.items, nodes.tree),
        *(nodes.levels, nodes.within, nodes.unordered),
    )
}
_MAX_STARTS = 3

Starter = Callable[[], contextlib.AbstractContextManager[CandidateProxy]]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of a call: `status` is passed, raised (`value` names the exception) or none.

    What returns nothing is known by what it printed, and by its arguments afterwards: for a
    method, the attributes of its object come last among them.
    """

    status: Status
    value: Any = None
    line: int | None = None
    printed: str = ""
    arguments: tuple[Any, ...] = ()


class Session:
    """Makes calls of a candidate; a context manager.

    A candidate whose process ends is started again, a few times; then every outcome is
    inconclusive.
    """

    def __init__(self, starter: Starter, names: Collection[str]) -> None:
        self._starter = starter
        self._names = names
        self._stack = contextlib.ExitStack()
        self._candidate: CandidateProxy | None = None
        self._starts = 0

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def evaluate(self, expression: ast.expr) -> CallOutcome:
        """Return the outcome of an expression of the forms of `parse_call`."""
        candidate = self._candidate or self._start()
        if candidate is None:
            return CallOutcome(Status.INCONCLUSIVE)
        candidate.begin_check()
        seen: list[list[Any]] = []
        try:
            value = _Interpreter(candidate, self._names, seen).evaluate(expression)
            arguments = seen[-1] if value is None and seen else []
            value, arguments = _materialize(value), _materialize(arguments)
            encode([value, arguments])
            return CallOutcome(
                Status.PASSED, value, printed=candidate.printed, arguments=tuple(arguments)
            )
        except CheckStoppedError as stop:
            if candidate.is_lost:
                self._candidate = None
                self._stack.close()
            # It may have been killed from outside: the caller makes sure by calling again.
            return CallOutcome(Status.CRASHED if stop.status == ENDED else Status(stop.status))
        except UntransportableError:
            return CallOutcome(Status.INCONCLUSIVE)
        except Exception as error:
            if not is_raised_by_candidate(error):
                return CallOutcome(Status.INCONCLUSIVE)
            return CallOutcome(Status.RAISED, type(error).__name__, candidate.line)

    def _start(self) -> CandidateProxy | None:
        if self._starts == _MAX_STARTS:
            return None
        self._starts += 1
        candidate = self._stack.enter_context(self._starter())
        try:
            report = candidate.load()
        except CheckStoppedError:
            self._starts = _MAX_STARTS
            return None
        if "raised" in report:
            self._starts = _MAX_STARTS
            return None
        self._candidate = candidate
        return candidate


def parse_call(source: str) -> ast.expr | None:
    """Return an expression that `Session.evaluate` can evaluate, or None for any other text.

    That is: calls, attributes and lists of names and plain values.
    """
    try:
        tree = read_expression(source.strip())
        return tree if _is_supported(tree) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_plain(node: ast.expr) -> bool:
    """Tell whether it is a literal."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _is_supported(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=value):
            return _is_supported(value)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            given = (*arguments, *(keyword.value for keyword in keywords))
            named = all(keyword.arg is not None for keyword in keywords)
            return named and _is_supported(function) and all(map(_is_supported, given))
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(map(_is_supported, values))
    return is_plain(node)


class _Interpreter:
    def __init__(
        self, candidate: CandidateProxy, names: Collection[str], seen: list[list[Any]]
    ) -> None:
        self._candidate = candidate
        self._names = names
        self._seen = seen
        self._owners: dict[int, Handle] = {}

    def evaluate(self, node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name) if name in self._names:
                return self._candidate.global_name(name)
            case ast.Attribute(value=ast.Name(id="nodes"), attr=name) if name in _NODES:
                return _NODES[name]
            case ast.Attribute(value=inner, attr=name):
                owner = self.evaluate(inner)
                if isinstance(owner, Handle):
                    self._owners[id(node)] = owner
                    return getattr(owner, name)
            case ast.Call(func=called, args=arguments, keywords=keywords):
                function = self.evaluate(called)
                given = [self.evaluate(argument) for argument in arguments]
                named = {str(one.arg): self.evaluate(one.value) for one in keywords}
                if isinstance(function, Handle):
                    value = function(*given, **named)
                    if value is None and isinstance(called, ast.Attribute):
                        owner = self._owners[id(called)]
                        given.append(getattr(owner, "__dict__", None))
                    self._seen.append(given)
                    return value
                if function in _NODES.values():
                    return function(*given, **named)
            case ast.BoolOp(op=ast.Or(), values=values):
                return next(filter(None, map(self.evaluate, values[:-1])), None) or self.evaluate(
                    values[-1]
                )
            case _ if is_plain(node):
                return ast.literal_eval(node)
        raise self._candidate.stop("inconclusive", "a form of expression that is not known")


def _materialize(value: Any) -> Any:
    """Return the value with iterators as lists, which can be compared."""
    if isinstance(value, Handle):
        return value
    if isinstance(value, Iterator):
        return [_materialize(item) for item in value]
    if isinstance(value, list | tuple):
        return type(value)(map(_materialize, value))
    return value
