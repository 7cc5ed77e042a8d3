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

from stepcheck.server.sandbox.processes import (
    Limits,
    SandboxUnavailableError,
    make_environment,
    read_chunks,
    start_child,
    to_order,
)


class StopReason(StrEnum):
    """Why a command was ended, instead of ending by itself.

    `PROCESSOR_TIME` and `MEMORY` are its own doing. `WALL_TIME` may be the machine's, and `LOST`,
    where the sandbox itself went down, says nothing about the command.
    """

    PROCESSOR_TIME = "processor_time"
    MEMORY = "memory"
    WALL_TIME = "wall_time"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A command to run, and what it gets.

    It sees the system's folders and the `readable` ones, at their places and read-only, with what
    is `hidden` in them empty and files `replaced` by other content (in a sandbox only), and the
    variables of `environment`. It runs in `folder`, one of these, or else in the only one that it
    can write: `/tmp`, its own, with the `files` in it by relative name. Those named in `collect`
    (relative to it as well) come back. `limits` take the place of the sandbox's own. Raises
    `ValueError` for a name that leads out of the command's folder.
    """

    command: Sequence[str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    readable: Sequence[Path] = ()
    hidden: Sequence[Path] = ()
    replaced: Mapping[Path, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    folder: Path | None = None
    collect: Sequence[str] = ()
    limits: Limits | None = None

    def __post_init__(self) -> None:
        for name in (*self.files, *self.collect):
            if not name or name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{name!r} does not lie in the command's folder")


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """How a command ended.

    `exit_status` is minus the number of the signal that ended it, and None where it was stopped.
    `files` are those to be collected that there were, by name. `truncated` says that output beyond
    the limit was dropped.
    """

    exit_status: int | None
    stdout: bytes
    stderr: bytes
    truncated: bool
    stopped: StopReason | None = None
    cpu_seconds: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def timed_out(self) -> bool:
        """Whether it was stopped for time, of either kind."""
        return self.stopped in (StopReason.PROCESSOR_TIME, StopReason.WALL_TIME)


def run_command(
    request: CommandRequest,
    limits: Limits,
    *,
    isolated: bool,
    on_output: Callable[[bytes], None],
    is_cancelled: Callable[[], bool],
) -> CompletedCommand:
    """Run a command within `limits`, isolated or under resource limits alone; see `Sandbox.run`."""
    order = _make_order(request, limits, isolated=isolated)
    deadline = time.monotonic() + limits.seconds
    with contextlib.ExitStack() as stack:
        (output, to_output), (errors, to_errors) = os.pipe(), os.pipe()
        for descriptor in (output, errors):
            stack.callback(os.close, descriptor)
        with contextlib.ExitStack() as until_started:
            for descriptor in (to_output, to_errors):
                until_started.callback(os.close, descriptor)
            process = stack.enter_context(start_child("command", order, [to_output, to_errors]))
        reports = process.stdout.fileno()
        received = {output: bytearray(), errors: bytearray(), reports: bytearray()}
        truncated = False
        for descriptor, chunk in read_chunks(list(received), deadline, is_cancelled):
            kept = chunk
            if descriptor != reports:
                kept = chunk[: limits.output_bytes - len(received[descriptor])]
                truncated |= len(chunk) > len(kept)
            received[descriptor] += kept
            if kept and descriptor == output:
                on_output(kept)
        in_time = time.monotonic() < deadline
    report = _read_report(bytes(received[reports]), in_time=in_time)
    return CompletedCommand(
        report.get("status"),
        bytes(received[output]),
        bytes(received[errors]),
        truncated,
        StopReason(report["stopped"]) if "stopped" in report else None,
        report.get("cpu_seconds", 0.0),
        {name: base64.b64decode(text) for name, text in report.get("files", {}).items()},
    )


def _make_order(request: CommandRequest, limits: Limits, *, isolated: bool) -> dict[str, Any]:
    cpu_seconds = limits.seconds if limits.cpu_seconds is None else limits.cpu_seconds
    return to_order(
        limits,
        isolated=isolated,
        cpu_seconds=cpu_seconds,
        readable=request.readable,
        hidden=request.hidden,
    ) | {
        "command": list(request.command),
        "environment": make_environment(**request.environment),
        "files": {name: _to_base64(content) for name, content in request.files.items()},
        "replaced": {str(path): _to_base64(content) for path, content in request.replaced.items()},
        "stdin": _to_base64(request.stdin),
        "folder": str(request.folder) if request.folder else "",
        "collect": list(request.collect),
        "total_cpu_seconds": cpu_seconds,
    }


def _read_report(reported: bytes, *, in_time: bool) -> dict[str, Any]:
    for line in reported.splitlines():
        try:
            report: dict[str, Any] = json.loads(line)
        except ValueError:
            # Empty, or cut off when its writer was killed.
            continue
        if "unavailable" in report:
            raise SandboxUnavailableError(report["unavailable"])
        return report
    return {"stopped": StopReason.LOST if in_time else StopReason.WALL_TIME}


def _to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
