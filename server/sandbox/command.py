"""Any command in the sandbox: its files, what it printed, and how it ended."""

import base64
import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox import processes
from stepcheck.server.sandbox.processes import (
    Limits,
    SandboxUnavailableError,
    read_parts,
    start,
    to_order,
)


class Stop(StrEnum):
    """Why a command was ended, instead of ending by itself.

    `PROCESSOR_TIME` and `MEMORY` are its own doing. `WALL_TIME` may be the machine's, and `LOST`,
    where the sandbox itself went down, says nothing about the command.
    """

    PROCESSOR_TIME = "processor_time"
    MEMORY = "memory"
    WALL_TIME = "wall_time"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended.

    `exit_status` is minus the number of the signal that ended it, and None where it was stopped.
    `files` are those to be collected that there were, by name.
    """

    exit_status: int | None
    stdout: bytes
    stderr: bytes
    truncated: bool
    stopped: Stop | None = None
    cpu_seconds: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def timed_out(self) -> bool:
        """Whether it was stopped for time, of either kind."""
        return self.stopped in (Stop.PROCESSOR_TIME, Stop.WALL_TIME)


def run(
    command: Sequence[str],
    *,
    files: Mapping[str, bytes],
    readable: Sequence[Path],
    hidden: Sequence[Path],
    replaced: Mapping[Path, bytes],
    environment: Mapping[str, str],
    stdin: bytes,
    folder: Path | None,
    collect: Sequence[str],
    limits: Limits,
    confined: bool,
    on_output: Callable[[bytes], None],
    is_cancelled: Callable[[], bool],
) -> Completed:
    """Run `command`; see `Sandbox.run`."""
    for name in (*files, *collect):
        if not name or name.startswith("/") or ".." in name.split("/"):
            raise ValueError(f"{name!r} does not lie in the command's folder")
    cpu_seconds = limits.seconds if limits.cpu_seconds is None else limits.cpu_seconds
    order = to_order(
        limits, confined=confined, cpu_seconds=cpu_seconds, readable=readable, hidden=hidden
    ) | {
        "command": list(command),
        "environment": processes.environment(**environment),
        "files": {name: _to_text(content) for name, content in files.items()},
        "replaced": {str(path): _to_text(content) for path, content in replaced.items()},
        "stdin": _to_text(stdin),
        "folder": str(folder) if folder else "",
        "collect": list(collect),
        "total_cpu_seconds": cpu_seconds,
    }
    deadline = time.monotonic() + limits.seconds
    with contextlib.ExitStack() as stack:
        (output, to_output), (errors, to_errors) = os.pipe(), os.pipe()
        for descriptor in (output, errors):
            stack.callback(os.close, descriptor)
        with contextlib.ExitStack() as until_started:
            for descriptor in (to_output, to_errors):
                until_started.callback(os.close, descriptor)
            process = stack.enter_context(start("command", order, [to_output, to_errors]))
        assert process.stdout is not None  # noqa: S101 - `start` asks for it
        reports = process.stdout.fileno()
        received = {output: bytearray(), errors: bytearray(), reports: bytearray()}
        truncated = False
        for descriptor, part in read_parts(list(received), deadline, is_cancelled):
            if descriptor != reports:
                room = limits.output_bytes - len(received[descriptor])
                truncated |= len(part) > room
                part = part[:room]
            received[descriptor] += part
            if part and descriptor == output:
                on_output(part)
        in_time = time.monotonic() < deadline
    ending = _read_ending(bytes(received[reports]), in_time=in_time)
    return Completed(
        ending.get("status"),
        bytes(received[output]),
        bytes(received[errors]),
        truncated,
        Stop(ending["stopped"]) if "stopped" in ending else None,
        ending.get("cpu_seconds", 0.0),
        {name: base64.b64decode(text) for name, text in ending.get("files", {}).items()},
    )


def _read_ending(reported: bytes, *, in_time: bool) -> dict[str, Any]:
    for line in reported.splitlines():
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            # Empty, or torn off when what wrote it was ended.
            continue
        if "unavailable" in said:
            raise SandboxUnavailableError(said["unavailable"])
        return said
    return {"stopped": Stop.LOST if in_time else Stop.WALL_TIME}


def _to_text(content: bytes) -> str:
    return base64.b64encode(content).decode()
