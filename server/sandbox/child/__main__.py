"""Start of an isolated process: isolate, then run the candidate, its examiner, or both in one.

Standard input holds the order, as JSON; the arguments are two descriptors: of the socket between
the two, and of one over which the examiner asks how long the candidate has computed. Standard
output carries what is reported, one JSON object per line, and is out of the candidate's reach
before any of its code runs.
"""

import contextlib
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from stepcheck.server.sandbox.child import isolation
from stepcheck.server.sandbox.child.beside import serve_beside
from stepcheck.server.sandbox.child.bootstrap import serve_in_project
from stepcheck.server.sandbox.child.candidate import serve_candidate
from stepcheck.server.sandbox.child.candidate_proxy import CandidateProxy, CandidateTimeouts
from stepcheck.server.sandbox.child.cpu_clock import CpuClock
from stepcheck.server.sandbox.child.environment import enter_environment
from stepcheck.server.sandbox.child.examiner import discard_output, examine
from stepcheck.server.sandbox.child.isolated_process import (
    Reporter,
    Supervision,
    discard_standard_streams,
    isolate,
    open_anonymous,
    read_order,
    wait_for,
)
from stepcheck.server.sandbox.child.transport import Channel
from stepcheck.server.sandbox.child.trials import serve_trials

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


def main() -> None:
    """Run the order on standard input."""
    order = read_order()
    socket, clock = map(int, sys.argv[1:])
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        # Standard error too: a process of ours must not block the reader of the other's output.
        discard_standard_streams()
        report = Reporter(output)
        try:
            if order.get("with_pytest") and not order["place"]:
                # Its files cannot be seen from inside.
                with contextlib.suppress(ImportError):
                    import_module("stepcheck.server.sandbox.child.pytest_suite").load()
            if sys.platform == "linux":
                isolation.die_with_parent()
            if order["role"] == "examiner":
                _isolate(order, report, [socket, clock], None)
            else:
                _isolate(order, report, [socket], clock)
            isolation.limit_resources(**order["limits"])
        except (isolation.IsolationUnavailableError, OSError) as error:
            report({"unavailable": str(error)})
            return
        report({"ready": True})
        if order["role"] == "examiner":
            discard_output()
            timeouts = CandidateTimeouts(**order["timeouts"])
            candidate = CandidateProxy(Channel(socket), CpuClock(clock), timeouts)
            examine(order["names"], order["checks"], candidate, report)
            os._exit(0)
    _run_code(order, socket)


def _isolate(
    order: dict[str, Any], report: Reporter, descriptors: list[int], clock: int | None
) -> None:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    def wait_and_report(child: int) -> None:
        status = wait_for(child)
        if order["role"] in ("candidate", "beside"):
            report({"ended": status})

    if order["isolated"]:
        supervision = Supervision(report, close, wait_and_report, clock)
        isolate(order, supervision, mount_proc=bool(order.get("place")))
        return
    if clock is not None:
        # There is no monitor.
        os.close(clock)
    if child := os.fork():
        close()
        wait_and_report(child)
        os._exit(0)


def _run_code(order: dict[str, Any], socket: int) -> None:
    place = order["place"]
    if place is not None and not place["is_own"]:
        _execute_interpreter(order, socket)
    _close_all_but(socket)
    channel = Channel(socket)
    if place is not None:
        try:
            os.chdir(place["root"])
            enter_environment(place["executable"], place["environment"], place["search"])
        except OSError as error:
            channel.send({"broken": str(error)})
            os._exit(1)
        serve_in_project(order, channel)
    elif order["role"] == "trial":
        serve_trials(channel, None)
    elif order["role"] == "beside":
        serve_beside(channel, None, "/tmp" if order["isolated"] else None)  # noqa: S108
    else:
        serve_candidate(order["source"], channel, traced=order["traced"])
    os._exit(0)


def _execute_interpreter(order: dict[str, Any], socket: int) -> NoReturn:
    """Go on as a project's interpreter, which serves the candidate."""
    place = order["place"]
    order_file = open_anonymous(json.dumps(order).encode())
    _close_all_but(socket, order_file)
    for descriptor in (socket, order_file):
        os.set_inheritable(descriptor, True)
    command = [place["executable"], "-s", "-B", str(_BOOTSTRAP), str(socket), str(order_file)]
    try:
        os.chdir(place["root"])
        os.execve(place["program"], command, place["environment"])  # noqa: S606 - no shell
    except OSError as error:
        Channel(socket).send({"broken": str(error)})
        os._exit(1)


def _close_all_but(*kept: int) -> None:
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 256)


if __name__ == "__main__":
    main()
