"""Start of a confined process: shut oneself in, then be the candidate or its examiner.

Standard input holds the order, as JSON; the one argument is the descriptor of the socket between
the two. Standard output carries what is reported, one JSON object per line, and is out of the
candidate's reach before any of its code runs.
"""

import os
import sys

from stepcheck.server.judge.evidence.confined import confine
from stepcheck.server.judge.evidence.confined.answer import answer
from stepcheck.server.judge.evidence.confined.enter import Reporter, enter, read_order, silence
from stepcheck.server.judge.evidence.confined.examine import examine, keep_quiet
from stepcheck.server.judge.evidence.confined.remote import Candidate
from stepcheck.server.judge.evidence.confined.transport import Channel


def main() -> None:
    """Run the order on standard input."""
    order = read_order()
    socket = int(sys.argv[1])
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        # Standard error too: nothing of ours may hold the reader of the other's output up.
        silence()
        report = Reporter(output)
        try:
            if sys.platform == "linux":
                confine.die_with_parent()
            if order["confined"]:
                enter(order, report, lambda: os.close(socket))
            confine.limit_resources(**order["limits"])
        except (confine.ConfinementUnavailableError, OSError) as error:
            report({"unavailable": str(error)})
            return
        report({"ready": True})
        channel = Channel(socket)
        if order["role"] == "examiner":
            keep_quiet()
            candidate = Candidate(channel, order["seconds_per_call"])
            examine(order["names"], order["checks"], candidate, report)
            os._exit(0)
    os.closerange(3, socket)
    os.closerange(socket + 1, 256)
    answer(order["source"], channel, traced=order.get("traced", False))
    os._exit(0)


if __name__ == "__main__":
    main()
