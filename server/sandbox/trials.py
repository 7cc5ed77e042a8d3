"""Try many versions of a program against the same checks, some hundred a second.

A trial is cheap because the checks run in the process of the code. It can rule a program out; only
the judge, which keeps the two apart, says of a program that it is right.
"""

import ast
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stepcheck.server.sandbox.child.transport import Channel, PeerLostError
from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status

_WALL_TIME_FACTOR = 12.0
_GRACE_SECONDS = 5.0


class TrialsEndedError(Exception):
    """The child process is gone: a program ended it, or the time of the sandbox is over."""


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """How a check went. Lines count from 1; `places` are those of the traceback, outermost first.

    `lines` are those executed, if they were asked for; `value` is the `repr` of what was returned;
    `seconds` are of processor time.
    """

    status: Status
    message: str = ""
    places: tuple[int, ...] = ()
    lines: frozenset[int] = frozenset()
    value: str | None = None
    at_load: bool = False
    seconds: float = 0.0


class Trials:
    """A child process that tries one program after another; see `open_trials`.

    `numbers` are those of its checks.
    """

    def __init__(self, channel: Channel, checks: Sequence[Check]) -> None:
        self._channel = channel
        self._checks = list(checks)
        self._sent = len(checks)

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
        seconds: float,
        *,
        stop: bool = True,
        trace: bool = False,
    ) -> list[TrialOutcome]:
        """Run a program against the checks of these numbers within `seconds` of processor time.

        Fewer outcomes than checks come back where the program ended or hung, or, with `stop`, where
        a check did not pass; a program that cannot be run has one outcome, `at_load`. Raises
        `TrialsEndedError`.
        """
        more, self._sent = self._checks[self._sent :], len(self._checks)
        request = {
            "source": source,
            "checks": list(numbers),
            "seconds": seconds,
            "stop": stop,
            "trace": trace,
            "more_checks": [_to_json(check) for check in more],
        }
        try:
            self._channel.send(request)
            reply = self._channel.receive(_WALL_TIME_FACTOR * seconds + _GRACE_SECONDS)
        except (PeerLostError, TimeoutError) as error:
            raise TrialsEndedError(str(error)) from error
        try:
            return [_read(outcome) for outcome in reply["outcomes"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # A program that forges a report is treated like one that ends the process.
            raise TrialsEndedError("a program reported what is no outcome") from error


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
                for node in ast.walk(ast.parse(line.strip())):
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
    )
