"""Runs of a whole program, each on an input of its own, in the sandbox."""

import base64
import json
import re
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox import child
from stepcheck.server.sandbox.interpreters import Interpreter, describe_interpreter
from stepcheck.server.sandbox.sandbox import CommandRequest, Limits, Sandbox, StopReason

_RUNNER = Path(child.__file__).with_name("program_runner.py")
_RUNNER_NAME = ".stepcheck_program_runner.py"
_PROGRAM_NAME = "program.py"
_PLACE = re.compile(rf'File "[^"\n]*{re.escape(_PROGRAM_NAME)}", line (\d+)')
_WALL_TIME_FACTOR = 10
_SECONDS_TO_START = 10.0
_GIGABYTE = 1 << 30
_MAX_RETURNED = 64 << 20
_PROCESSES = 64


class Ending(StrEnum):
    """How a run ended; `NOT_RUN` where nothing is known of it."""

    NORMAL = "normal"
    EXCEPTION = "exception"
    EXIT_STATUS = "exit_status"
    SIGNAL = "signal"
    PROCESSOR_TIME = "processor_time"
    WALL_TIME = "wall_time"
    MEMORY = "memory"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may use: processor time in seconds, and output in bytes.

    After `most_late` runs that were stopped for their time, no more are made. `hash_seed` is what
    the order of sets depends on.
    """

    seconds: float
    output_bytes: int = 1 << 16
    most_late: int = 1
    hash_seed: int = 0


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """What a run printed, and how it ended.

    `message` is the exception's, `line` the last of the program in its traceback, from 1.
    `status` is the exit status, or minus the number of a signal. `truncated` says that it printed
    more than it may.
    """

    ending: Ending
    output: str = ""
    message: str = ""
    line: int | None = None
    status: int = 0
    cpu_seconds: float = 0.0
    truncated: bool = False

    @property
    def ended_well(self) -> bool:
        """Whether it ended by itself, without an error, and all its output is known."""
        return self.ending is Ending.NORMAL and not self.truncated


def run_program(
    source: str,
    inputs: Sequence[str],
    sandbox: Sandbox,
    limits: RunLimits,
    is_cancelled: Callable[[], bool],
) -> tuple[ProgramRun, ...]:
    """Run a program on each of the inputs, in order; raises what `Sandbox.run` does."""
    if not inputs:
        return ()
    mark = secrets.token_hex(16)
    order = {
        "mark": mark,
        "inputs": [_as_lines(given) for given in inputs],
        "seconds": limits.seconds,
        "wall_seconds": limits.seconds * _WALL_TIME_FACTOR,
        "output_bytes": limits.output_bytes,
        "most_late": limits.most_late,
    }
    interpreter = _interpreter(sandbox)
    place = sandbox.place
    request = CommandRequest(
        [str(interpreter.executable), "-s", "-B", _RUNNER_NAME],
        files={
            _RUNNER_NAME: _RUNNER.read_bytes(),
            _PROGRAM_NAME: source.encode("utf-8", "surrogatepass"),
        },
        readable=place.readable if place else interpreter.readable,
        hidden=place.hidden if place else (),
        environment={
            "PYTHONHASHSEED": str(limits.hash_seed),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": ":".join(map(str, place.search)) if place else "",
        },
        stdin=json.dumps(order).encode(),
        limits=_command_limits(sandbox.limits, limits, len(inputs)),
    )
    done = sandbox.run(request, is_cancelled=is_cancelled)
    reports = _read_reports(done.stdout, mark)
    runs = [_to_run(reports[number]) for number in range(len(inputs)) if number in reports]
    if len(runs) < len(inputs):
        runs.append(ProgramRun(_ENDINGS.get(done.stopped, Ending.NOT_RUN)))
    return (*runs[: len(inputs)], *[ProgramRun(Ending.NOT_RUN)] * (len(inputs) - len(runs)))


_ENDINGS: dict[StopReason | None, Ending] = {StopReason.MEMORY: Ending.MEMORY}


def _as_lines(given: str) -> str:
    return given if not given or given.endswith("\n") else given + "\n"


def _interpreter(sandbox: Sandbox) -> Interpreter:
    if sandbox.place:
        return sandbox.place.interpreter
    return describe_interpreter(Path(sys.executable), Path(sys.prefix))


def _command_limits(limits: Limits, each: RunLimits, count: int) -> Limits:
    # Threads with large stacks reserve memory that they never use.
    returned = min(_MAX_RETURNED, count * (2 * each.output_bytes + 10_000))
    return replace(
        limits,
        seconds=max(limits.seconds, each.seconds * _WALL_TIME_FACTOR) + _SECONDS_TO_START,
        cpu_seconds=None,
        memory_bytes=max(limits.memory_bytes or 0, 4 * _GIGABYTE),
        file_bytes=max(limits.file_bytes, 2 * each.output_bytes),
        writable_bytes=max(limits.writable_bytes, 4 * each.output_bytes, 64 << 20),
        output_bytes=max(limits.output_bytes, returned),
        processes=max(limits.processes, _PROCESSES),
    )


def _read_reports(printed: bytes, mark: str) -> dict[int, dict[str, Any]]:
    reports: dict[int, dict[str, Any]] = {}
    for line in printed.split(b"\n"):
        if line.startswith(mark.encode()):
            try:
                report = json.loads(line[len(mark) :])
            except ValueError:
                # Cut off when its writer was killed, or at the limit.
                continue
            reports[report["number"]] = report
    return reports


def _to_run(report: dict[str, Any]) -> ProgramRun:
    errors = report["stderr"]
    places = _PLACE.findall(errors)
    return ProgramRun(
        _ending(report),
        base64.b64decode(report["stdout"]).decode(errors="replace"),
        _last_line(errors) if places else "",
        int(places[-1]) if places else None,
        report["status"],
        report["cpu_seconds"],
        report["truncated"],
    )


def _ending(report: dict[str, Any]) -> Ending:
    if "stopped" in report:
        return Ending(report["stopped"])
    if report["status"] < 0:
        return Ending.SIGNAL
    if report["status"] == 0:
        return Ending.NORMAL
    is_raised = report["status"] == 1 and "Traceback (most recent call last)" in report["stderr"]
    return Ending.EXCEPTION if is_raised else Ending.EXIT_STATUS


def _last_line(errors: str) -> str:
    return next((line for line in reversed(errors.splitlines()) if line.strip()), "")[:300]
