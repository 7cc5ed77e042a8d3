"""An isolated command: python -m … OUTPUT ERRORS, the descriptors that it prints to.

Standard input holds the order, as JSON; standard output carries, as one line of JSON, how the
command ended, and is out of its reach.
"""

import base64
import contextlib
import os
import resource
import signal
import stat
import sys
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox.child import isolation
from stepcheck.server.sandbox.child.isolated_process import (
    Reporter,
    Supervision,
    discard_standard_streams,
    isolate,
    open_anonymous,
    read_order,
    wait_for,
)

_CANNOT_RUN = 127
_MAX_DESCRIPTORS = 256


def main() -> None:
    """Run the order on standard input."""
    order = read_order()
    output_descriptors = [int(argument) for argument in sys.argv[1:]]
    report = Reporter(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    discard_standard_streams()

    def close() -> None:
        for descriptor in output_descriptors:
            os.close(descriptor)

    try:
        if sys.platform == "linux":
            isolation.die_with_parent()
        if order["isolated"]:
            supervision = Supervision(report, close, lambda child: _supervise(child, order, report))
            isolate(order, supervision, mount_proc=True)
        elif child := os.fork():
            close()
            _supervise(child, order, report)
            os._exit(0)
        isolation.limit_resources(**order["limits"])
    except (isolation.IsolationUnavailableError, OSError) as error:
        report({"unavailable": str(error)})
        return
    _execute(order, *output_descriptors)


def _execute(order: dict[str, Any], output: int, errors: int) -> None:
    command = order["command"]
    try:
        for name, content in order["files"].items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))
        stdin = open_anonymous(base64.b64decode(order["stdin"]))
        for standard, descriptor in enumerate((stdin, output, errors)):
            os.dup2(descriptor, standard)
        os.closerange(3, _MAX_DESCRIPTORS)
        # Python ignores it, and what it starts would as well.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if order["folder"]:
            os.chdir(order["folder"])
        os.execvpe(command[0], command, order["environment"])  # noqa: S606 - no shell
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
        os._exit(_CANNOT_RUN)


def _supervise(child: int, order: dict[str, Any], report: Reporter) -> None:
    """Wait for the command, kill what it left running, and report how it ended."""
    status = wait_for(child)
    if order["isolated"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = used.ru_utime + used.ru_stime
    if status in (-signal.SIGKILL, -signal.SIGXCPU) and cpu_seconds > order["total_cpu_seconds"]:
        report({"stopped": "processor_time", "cpu_seconds": cpu_seconds})
        return
    files = {name: content for name in order["collect"] if (content := _read_file(name, order))}
    report({"status": status, "cpu_seconds": cpu_seconds, "files": files})


def _read_file(name: str, order: dict[str, Any]) -> str:
    """Return a file's content in base 64, or nothing; a link is none, wherever it leads."""
    folder, most = os.open(".", os.O_DIRECTORY), order["limits"]["file_bytes"]
    try:
        *folders, last = Path(name).parts
        for part in folders:
            inner = os.open(part, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(file, "rb") as opened:
            is_regular = stat.S_ISREG(os.fstat(file).st_mode)
            return base64.b64encode(opened.read(most)).decode() if is_regular else ""
    except OSError:
        return ""
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
