"""Start of a confined process: shut oneself in, then be the candidate or its examiner.

Standard input holds the order, as JSON; the one argument is the descriptor of the socket between
the two. Standard output carries what is reported, one JSON object per line, and is out of the
candidate's reach before any of its code runs.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from stepcheck.server.judge.evidence.confined import confine
from stepcheck.server.judge.evidence.confined.answer import answer
from stepcheck.server.judge.evidence.confined.examine import Candidate, examine, silence
from stepcheck.server.judge.evidence.confined.transport import Channel


def main() -> None:
    """Run the order on standard input."""
    order = json.loads(sys.stdin.buffer.read())
    socket = int(sys.argv[1])
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        # Standard error too: nothing of ours may hold the reader of the other's output up.
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)

        def report(line: dict[str, Any]) -> None:
            output.write(json.dumps(line) + "\n")
            output.flush()

        try:
            if sys.platform == "linux":
                confine.die_with_parent()
            if order["confined"]:
                _enter(order)
            confine.limit_resources(**order["limits"])
        except (confine.ConfinementUnavailableError, OSError) as error:
            report({"unavailable": str(error)})
            return
        report({"ready": True})
        channel = Channel(socket)
        if order["role"] == "examiner":
            silence()
            candidate = Candidate(channel, order["seconds_per_call"])
            examine(order["functions"], order["checks"], candidate, report)
            os._exit(0)
    os.closerange(3, socket)
    os.closerange(socket + 1, 256)
    answer(order["source"], channel)
    os._exit(0)


def _enter(order: dict[str, Any]) -> None:
    """Go on as a process of new namespaces, whose end is the end of all others in them."""
    is_root = os.getuid() == 0
    confine.enter_namespaces(Path(order["root"]), order["readable"], order["writable_bytes"])
    # The first process of a namespace reaps, and is spared most signals: the next one works.
    for _ in range(2):
        if child := os.fork():
            os.closerange(0, 256)
            os.waitpid(child, 0)
            os._exit(0)
        confine.die_with_parent()
    confine.give_up_privileges(fresh_user=is_root)
    # Changing the user clears it.
    confine.die_with_parent()


if __name__ == "__main__":
    main()
