"""Go on as an isolated process, with two supervisors: a monitor outside, an init process inside."""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from stepcheck.server.sandbox.child import isolation
from stepcheck.server.sandbox.child.resource_monitor import GroupLimits, monitor
from stepcheck.server.sandbox.child.seccomp import install_filter


class Reporter:
    """Writes JSON objects, each on a line of its own, whatever another process left unfinished."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def __call__(self, line: dict[str, Any]) -> None:
        """Report `line`."""
        self._output.write("\n" + json.dumps(line) + "\n")
        self._output.flush()


class Supervision(NamedTuple):
    """What the supervisors of an isolated process do.

    Both close, by `close_descriptors`, what only the isolated process should hold. The init
    process hands its child's number to `on_start`, which waits for it; the monitor reports
    `stopped` where it had to kill, and answers over `clock_socket` how long the processes have
    computed.
    """

    report: Reporter
    close_descriptors: Callable[[], None]
    on_start: Callable[[int], object]
    clock_socket: int | None = None


def read_order() -> dict[str, Any]:
    """Return the order on standard input."""
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    return order


def discard_standard_streams() -> None:
    """Replace the standard streams by /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def open_anonymous(content: bytes) -> int:
    """Return the descriptor of a file with `content` that has no name any more."""
    name = Path(".input")
    file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    name.unlink()
    with os.fdopen(os.dup(file), "wb") as opened:
        opened.write(content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def wait_for(child: int) -> int:
    """Return how a child ended (minus the number of a signal), reaping orphans meanwhile."""
    while (ended := os.wait())[0] != child:
        pass
    return os.waitstatus_to_exitcode(ended[1])


def isolate(order: dict[str, Any], supervision: Supervision, *, mount_proc: bool = False) -> None:
    """Return in a process of new namespaces; it and all others in them end together.

    The init process of a namespace is spared most signals and inherits orphans: it runs nothing
    but the `supervision`. The monitor stays outside the namespaces. With `mount_proc`, /proc shows
    the processes inside. Raises `IsolationUnavailableError`.
    """
    is_root = os.getuid() == 0
    proc_folder = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    replaced = {name: b64decode(text) for name, text in order.get("replaced", {}).items()}
    view = isolation.FileSystemView(order["readable"], order["hidden"], replaced)
    isolation.enter_namespaces(Path(order["root"]), view, order["writable_bytes"])
    limits = GroupLimits(order["resident_bytes"], order.get("total_cpu_seconds"))
    clock_socket = supervision.clock_socket
    if child := os.fork():
        supervision.close_descriptors()
        if reason := monitor(child, proc_folder, limits, clock_socket):
            supervision.report({"stopped": reason})
        os._exit(0)
    os.close(proc_folder)
    if clock_socket is not None:
        os.close(clock_socket)
    isolation.die_with_parent()
    isolation.detach_host_files(mount_proc=mount_proc)
    if child := os.fork():
        supervision.close_descriptors()
        supervision.on_start(child)
        os._exit(0)
    isolation.die_with_parent()
    isolation.drop_privileges(switch_user=is_root)
    # Changing the user clears it.
    isolation.die_with_parent()
    install_filter()
