"""A warm process that others are forked from: python -m … CONTROL MODULE….

CONTROL is the descriptor of a socket, each MODULE one whose `main` a fork may run.

It has imported what they need, and runs nothing else: no order, no judged code. A fork isolates
itself as a process just started would, and holds nothing of those forked before. A message is the
name of a module; with it come descriptors: of a lifeline, of the order, of what is
reported, and those that the module's arguments name. When the other end of the lifeline closes,
the fork and all it has started are killed, and then this end closes.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence

from stepcheck.server.sandbox.child.seccomp import make_filter

_PRELOADED = (
    *("bisect", "collections.abc", "copy", "dataclasses", "datetime", "decimal", "enum"),
    *("fractions", "functools", "heapq", "itertools", "math", "operator", "random", "re"),
    *("statistics", "string", "textwrap", "types", "typing"),
)
"""What judged code often imports."""
MESSAGE_BYTES = 256
"""Of each message, filled up with blanks: a stream has no bounds of messages."""
_MAX_DESCRIPTORS = 16
_HIGHEST_DESCRIPTOR = 4096


def main() -> None:
    """Fork what is asked for, until the control socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in (*_PRELOADED, *sys.argv[2:]):
        importlib.import_module(name)
    make_filter()
    # The forks collect none of it, and so need not copy it.
    gc.collect()
    gc.freeze()
    _serve(control)


def _serve(control: socket.socket) -> None:
    children: dict[int, int] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor != control.fileno():
                poll.unregister(descriptor)
                _end(children.pop(descriptor))
                os.close(descriptor)
                continue
            message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, _MAX_DESCRIPTORS)
            if not message:
                for child in children.values():
                    _end(child)
                return
            lifeline, *passed = descriptors
            with contextlib.suppress(OSError):
                children[lifeline] = _fork(message.decode().strip(), passed)
                poll.register(lifeline, select.POLLIN)
            for each in passed:
                os.close(each)
            if lifeline not in children:
                os.close(lifeline)


def _end(child: int) -> None:
    """Kill a fork and all in its group; it is not reaped before, so that its number is its own."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _fork(module: str, passed: Sequence[int]) -> int:
    if child := os.fork():
        return child
    try:
        os.setsid()
        order, report, *others = passed
        null = os.open(os.devnull, os.O_WRONLY)
        for standard, descriptor in enumerate((order, report, null)):
            os.dup2(descriptor, standard)
        _close_all_but(others)
        sys.argv = [module, *map(str, others)]
        sys.modules[module].main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _close_all_but(kept: Sequence[int]) -> None:
    """Close every descriptor but the standard ones and those kept."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, _HIGHEST_DESCRIPTOR)


if __name__ == "__main__":
    main()
