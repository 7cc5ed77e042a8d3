"""Try many versions of a program against the same checks, some thousand a second.

A trial is cheap because the checks run in the process of the code. It can rule a program out; only
the judge, which keeps the two apart, says of a program that it is right.
"""

import ast
import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stepcheck.server.sandbox.child.transport import Channel, PeerLostError
from stepcheck.server.sandbox.parsing import parse_module
from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status

_WALL_TIME_FACTOR = 12.0
_GRACE_SECONDS = 5.0


class TrialsEndedError(Exception):
    """The child process is gone: a program ended it, or the time of the sandbox is over."""


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """How a check went. Lines count from 1; `places` are those of the traceback, outermost first.

    `lines` are those executed, if they were asked for; `value` is the `repr` of what was returned;
    `seconds` are of processor time, `steps` turns of loops and calls of functions.
    """

    status: Status
    message: str = ""
    places: tuple[int, ...] = ()
    lines: frozenset[int] = frozenset()
    value: str | None = None
    at_load: bool = False
    seconds: float = 0.0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """What a program may take: `seconds` of processor time for all checks, and steps.

    A step is a turn of a loop or a call of a function. A check may take those that `steps` has for
    its number, or `most_steps`.
    """

    seconds: float
    most_steps: int = 1_000_000
    steps: Mapping[int, int] = field(default_factory=dict)

    def steps_of(self, number: int) -> int:
        """Return how many steps the check of this number may take."""
        return self.steps.get(number, self.most_steps)


class Trials:
    """A child process that tries programs; see `open_trials`.

    `numbers` are those of its checks.
    """

    def __init__(self, channel: Channel, checks: Sequence[Check]) -> None:
        self._channel = channel
        self._checks = list(checks)
        self._known = len(checks)
        self._sent = self._received = 0
        self._seconds: dict[int, float] = {}
        self._waiting: dict[int, list[list[TrialOutcome]]] = {}

    @property
    def numbers(self) -> range:
        """The numbers of the checks."""
        return range(len(self._checks))

    def add(self, checks: Sequence[Check]) -> range:
        """Add checks; return their numbers."""
        first = len(self._checks)
        self._checks.extend(checks)
        return range(first, len(self._checks))

    def run(
        self,
        source: str,
        numbers: Sequence[int],
        limits: TrialLimits,
        *,
        stop: bool = True,
        trace: bool = False,
    ) -> list[TrialOutcome]:
        """Run a program against the checks of these numbers; raises `TrialsEndedError`.

        Fewer outcomes than checks come back where the program ended or hung, or, with `stop`, where
        a check did not pass; a program that cannot be run has one outcome, `at_load`.
        """
        [outcomes] = self.receive(self.send([source], numbers, limits, stop=stop, trace=trace))
        return outcomes

    def send(
        self,
        sources: Sequence[str],
        numbers: Sequence[int],
        limits: TrialLimits,
        *,
        stop: bool = True,
        trace: bool = False,
    ) -> int:
        """Have programs run as by `run`; return the ticket by which to `receive` the outcomes.

        Raises `TrialsEndedError`.
        """
        more, self._known = self._checks[self._known :], len(self._checks)
        request = {
            "programs": list(sources),
            "checks": list(numbers),
            "seconds": limits.seconds,
            "steps": [limits.steps_of(number) for number in numbers],
            "stop": stop,
            "trace": trace,
            "more_checks": [_to_json(check) for check in more],
        }
        try:
            self._channel.send(request)
        except PeerLostError as error:
            raise TrialsEndedError(str(error)) from error
        self._sent += 1
        self._seconds[self._sent] = _GRACE_SECONDS + _WALL_TIME_FACTOR * limits.seconds * len(
            sources
        )
        return self._sent

    def receive(self, ticket: int) -> list[list[TrialOutcome]]:
        """Wait for the outcomes of each of the programs sent; raises `TrialsEndedError`."""
        while ticket not in self._waiting:
            self._received += 1
            try:
                reply = self._channel.receive(self._seconds.pop(self._received))
            except (PeerLostError, TimeoutError) as error:
                raise TrialsEndedError(str(error)) from error
            try:
                self._waiting[self._received] = [
                    [_read(outcome) for outcome in outcomes] for outcomes in reply["outcomes"]
                ]
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # A program that forges a report is treated like one that ends the process.
                raise TrialsEndedError("a program reported what is no outcome") from error
        return self._waiting.pop(ticket)


@contextlib.contextmanager
def open_trials(
    sandbox: Sandbox, source: str, checks: Sequence[Check], seconds: float
) -> Iterator[Trials]:
    """Start the process, which lives for `seconds` of computing; `source` tells what to import.

    Raises `SandboxUnavailableError`.
    """
    lasting = replace(sandbox, limits=replace(sandbox.limits, seconds=seconds))
    with lasting.open_channel("trial") as channel:
        channel.send(
            {"imports": _imported_modules(source), "checks": [_to_json(check) for check in checks]}
        )
        yield Trials(channel, checks)


def _imported_modules(source: str) -> list[str]:
    """Return the modules of the standard library that a program imports, as far as it parses."""
    names: set[str] = set()
    for line in source.splitlines():
        if line.lstrip().startswith(("import ", "from ")):
            with contextlib.suppress(SyntaxError, ValueError):
                for node in ast.walk(parse_module(line.strip())):
                    if isinstance(node, ast.Import):
                        names.update(alias.name for alias in node.names)
                    elif isinstance(node, ast.ImportFrom) and node.module:
                        names.add(node.module)
    return sorted(name for name in names if name.split(".")[0] in sys.stdlib_module_names)


def _to_json(check: Check) -> dict[str, Any]:
    return {
        "source": check.source,
        "expected": check.expected,
        "any_value": check.any_value,
    }


def _read(outcome: dict[str, Any]) -> TrialOutcome:
    return TrialOutcome(
        status=Status(outcome["status"]),
        message=outcome["message"],
        places=tuple(outcome["places"]),
        lines=frozenset(outcome["lines"]),
        value=outcome.get("value"),
        at_load=outcome.get("at_load", False),
        seconds=float(outcome.get("seconds", 0.0)),
        steps=int(outcome.get("steps", 0)),
    )
