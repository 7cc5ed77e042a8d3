"""Start of a confined process: shut oneself in, then be the candidate, its examiner, or both.

Standard input holds the order, as JSON; the arguments are two descriptors: of the socket between
the two, and of one over which the examiner asks how long the candidate has computed. Standard
output carries what is reported, one JSON object per line, and is out of the candidate's reach
before any of its code runs.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox.child import isolation
from stepcheck.server.sandbox.child.candidate import answer
from stepcheck.server.sandbox.child.candidate_proxy import Candidate, CandidateSeconds
from stepcheck.server.sandbox.child.cpu_clock import Clock
from stepcheck.server.sandbox.child.examiner import examine, keep_quiet
from stepcheck.server.sandbox.child.isolated_process import (
    Reporter,
    enter,
    open_unnamed,
    read_order,
    silence,
    wait_for,
)
from stepcheck.server.sandbox.child.transport import Channel
from stepcheck.server.sandbox.child.trials import serve_trials

_START = Path(__file__).with_name("bootstrap.py")


def main() -> None:
    """Run the order on standard input."""
    order = read_order()
    socket, clock = map(int, sys.argv[1:])
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        # Standard error too: nothing of ours may hold the reader of the other's output up.
        silence()
        report = Reporter(output)
        try:
            if sys.platform == "linux":
                isolation.die_with_parent()
            if order["role"] == "examiner":
                _shut_in(order, report, [socket, clock], None)
            else:
                _shut_in(order, report, [socket], clock)
            isolation.limit_resources(**order["limits"])
        except (isolation.ConfinementUnavailableError, OSError) as error:
            report({"unavailable": str(error)})
            return
        report({"ready": True})
        if order["role"] == "examiner":
            keep_quiet()
            seconds = CandidateSeconds(**order["seconds"])
            candidate = Candidate(Channel(socket), Clock(clock), seconds)
            examine(order["names"], order["checks"], candidate, report)
            os._exit(0)
    _answer(order, socket)


def _shut_in(
    order: dict[str, Any], report: Reporter, descriptors: list[int], clock: int | None
) -> None:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    def attend(child: int) -> None:
        status = wait_for(child)
        if order["role"] == "candidate":
            report({"ended": status})

    if order["confined"]:
        enter(order, report, close, attend, proc=bool(order.get("place")), clock=clock)
        return
    if clock is not None:
        # Nobody watches.
        os.close(clock)
    if child := os.fork():
        close()
        attend(child)
        os._exit(0)


def _answer(order: dict[str, Any], socket: int) -> None:
    place = order["place"]
    if place is None:
        os.closerange(3, socket)
        os.closerange(socket + 1, 256)
        if order["role"] == "trial":
            serve_trials(Channel(socket), None)
        else:
            answer(order["source"], Channel(socket), traced=order["traced"])
        os._exit(0)
    told = open_unnamed(json.dumps(order).encode())
    first, second = sorted((socket, told))
    for begin, end in ((3, first), (first + 1, second), (second + 1, 256)):
        os.closerange(begin, end)
    for descriptor in (first, second):
        os.set_inheritable(descriptor, True)
    command = [place["executable"], "-s", "-B", str(_START), str(socket), str(told)]
    try:
        os.chdir(place["root"])
        os.execve(place["program"], command, place["environment"])  # noqa: S606 - no shell
    except OSError as error:
        Channel(socket).send({"broken": str(error)})
        os._exit(1)


if __name__ == "__main__":
    main()
