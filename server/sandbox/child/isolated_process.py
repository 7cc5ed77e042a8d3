"""Go on as a process shut in, with two that stand guard: one outside, one inside as the first."""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from stepcheck.server.sandbox.child import isolation
from stepcheck.server.sandbox.child.resource_monitor import Bounds, watch
from stepcheck.server.sandbox.child.seccomp import refuse_calls


class Reporter:
    """Writes JSON objects, each on a line of its own, whatever another process left unfinished."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def __call__(self, line: dict[str, Any]) -> None:
        """Report `line`."""
        self._output.write("\n" + json.dumps(line) + "\n")
        self._output.flush()


def read_order() -> dict[str, Any]:
    """Return the order on standard input."""
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    return order


def silence() -> None:
    """Replace the standard streams by nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)


def open_unnamed(content: bytes) -> int:
    """Return the descriptor of a file with `content` that has no name any more."""
    name = Path(".input")
    file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    name.unlink()
    with os.fdopen(os.dup(file), "wb") as opened:
        opened.write(content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def wait_for(child: int) -> int:
    """Return how a child ended (minus the number of a signal), and meanwhile bury orphans."""
    while (ended := os.wait())[0] != child:
        pass
    return os.waitstatus_to_exitcode(ended[1])


def enter(
    order: dict[str, Any],
    report: Reporter,
    close_for_guards: Callable[[], None],
    attend: Callable[[int], object],
    *,
    proc: bool = False,
    clock: int | None = None,
) -> None:
    """Return in a process of new namespaces, whose end is the end of all others in them.

    The first process of a namespace is spared most signals and inherits orphans: it only does
    with its child's number what `attend` says. A process outside the namespaces watches what all
    those in it use, and reports `stopped` where it had to end them; over the descriptor `clock` it
    answers how long they have computed. With `proc`, /proc shows the processes inside. Raises
    `ConfinementUnavailableError`.
    """
    is_root = os.getuid() == 0
    processes = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    replaced = {name: b64decode(text) for name, text in order.get("replaced", {}).items()}
    view = isolation.View(order["readable"], order["hidden"], replaced)
    isolation.enter_namespaces(Path(order["root"]), view, order["writable_bytes"])
    bounds = Bounds(order["resident_bytes"], order.get("total_cpu_seconds"))
    if child := os.fork():
        close_for_guards()
        if reason := watch(child, processes, bounds, clock):
            report({"stopped": reason})
        os._exit(0)
    os.close(processes)
    if clock is not None:
        os.close(clock)
    isolation.die_with_parent()
    isolation.leave_machine(proc=proc)
    if child := os.fork():
        close_for_guards()
        attend(child)
        os._exit(0)
    isolation.die_with_parent()
    isolation.give_up_privileges(fresh_user=is_root)
    # Changing the user clears it.
    isolation.die_with_parent()
    refuse_calls()
