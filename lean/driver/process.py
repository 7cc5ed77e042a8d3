"""A child process that exchanges lines: its memory watched, its end certain."""

import asyncio
import contextlib
import os
import signal
import weakref
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import psutil

from stepcheck.lean.command import LeanCommand

LOG_LINES = 200
LONGEST_LINE = 64 << 20
MEMORY_POLL_SECONDS = 0.2
POLLS_PER_PROCESS_LISTING = 20
EXIT_TIMEOUT_SECONDS = 5.0


class EndCause(StrEnum):
    """Why a process is no longer there."""

    EXITED = "exited"
    """By itself: it crashed, or its input ended."""
    KILLED = "killed"
    """We stopped it because it did not answer."""
    MEMORY = "memory"
    """We stopped it because it grew beyond its limit."""
    CLOSED = "closed"
    """We closed it because it was no longer needed."""


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How a process ended.

    `detail` is for people and carries the last lines of its log; `status` is the exit status of a
    process that ended by itself.
    """

    cause: EndCause
    detail: str
    status: int | None = None


class ProcessEndedError(Exception):
    """The process is gone; nothing can be sent to it or received from it."""

    def __init__(self, end: ProcessEnd) -> None:
        super().__init__(end.detail)
        self.end = end


class LineProcess:
    """A running child process.

    It leads its own process group, so that what it starts ends with it. It is killed at the latest
    when this object is collected or the interpreter exits.
    """

    def __init__(self, process: asyncio.subprocess.Process, memory_limit: int) -> None:
        self._process = process
        self._memory_limit = memory_limit
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._end: ProcessEnd | None = None
        self._peak_memory = 0
        self._finalizer = weakref.finalize(self, _kill_process_tree, process.pid)
        self._tasks = [
            asyncio.create_task(self._watch_end()),
            asyncio.create_task(self._read_log()),
            asyncio.create_task(self._watch_memory()),
        ]

    @classmethod
    async def start(cls, command: LeanCommand, memory_limit: int) -> Self:
        """Start the command; `memory_limit` is in bytes and includes its children.

        Raises `OSError` if it cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            *command.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(command.environment),
            cwd=command.working_directory,
            limit=LONGEST_LINE,
            start_new_session=True,
        )
        return cls(process, memory_limit)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether lines can be exchanged."""
        return self._end is None and self._process.returncode is None

    @property
    def peak_memory(self) -> int:
        """The largest resident memory seen, in bytes, children included."""
        return self._peak_memory

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines of its standard error, and of what it said out of turn."""
        return tuple(self._log)

    def note(self, line: str) -> None:
        """Add a line to the log."""
        self._log.append(line[:2000])

    async def send(self, line: str) -> None:
        """Write one line. Raises `ProcessEndedError`."""
        stdin = self._process.stdin
        if not self.is_running or stdin is None:
            raise ProcessEndedError(await self._ended())
        try:
            stdin.write(line.encode("utf-8") + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ProcessEndedError(await self._ended()) from error

    async def send_all(self, text: str) -> None:
        """Write a whole text and end the input. Raises `ProcessEndedError`."""
        await self.send(text)
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def receive(self) -> str:
        """Wait for one line of its standard output. Raises `ProcessEndedError`."""
        stdout = self._process.stdout
        if stdout is None:
            raise ProcessEndedError(await self._ended())
        try:
            line = await stdout.readline()
        except ValueError as error:
            end = await self.stop(EndCause.KILLED, "It printed a line without end.")
            raise ProcessEndedError(end) from error
        if not line.endswith(b"\n"):
            raise ProcessEndedError(await self._ended())
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def kill(self, cause: EndCause, reason: str) -> None:
        """Kill it and what it started, without waiting."""
        if self._process.returncode is None:
            self._end = self._end or ProcessEnd(cause, reason)
            _kill_process_tree(self._process.pid)

    async def stop(self, cause: EndCause, reason: str) -> ProcessEnd:
        """Kill it and what it started; return how it ended, which may be an earlier end."""
        self.kill(cause, reason)
        return await self._ended()

    async def close(self) -> None:
        """End it: first its input, then, if it stays, by force."""
        if self.is_running:
            self._end = ProcessEnd(EndCause.CLOSED, "Lean was closed.")
            if self._process.stdin is not None:
                self._process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 1.0)
        await self.stop(EndCause.CLOSED, "Lean was closed.")

    async def _ended(self) -> ProcessEnd:
        """Wait for the end, by force if it does not come by itself."""
        try:
            await asyncio.wait_for(self._process.wait(), EXIT_TIMEOUT_SECONDS)
        except TimeoutError:
            _kill_process_tree(self._process.pid)
            await self._process.wait()
        await asyncio.wait(self._tasks, timeout=1.0)
        for task in self._tasks:
            task.cancel()
        if self._end is None:
            status = self._process.returncode
            last = "\n".join(list(self._log)[-5:])
            detail = f"Lean ended ({describe_status(status)}).\n{last}".rstrip()
            self._end = ProcessEnd(EndCause.EXITED, detail, status)
        return self._end

    async def _watch_end(self) -> None:
        await self._process.wait()
        self._finalizer.detach()

    async def _read_log(self) -> None:
        stderr = self._process.stderr
        while stderr is not None:
            with contextlib.suppress(ValueError):
                line = await stderr.readline()
                if not line:
                    return
                self.note(line.decode("utf-8", "replace").rstrip())

    async def _watch_memory(self) -> None:
        processes: list[psutil.Process] = []
        polls = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            while self.is_running:
                if polls % POLLS_PER_PROCESS_LISTING == 0:
                    leader = psutil.Process(self._process.pid)
                    processes = [leader, *leader.children(recursive=True)]
                polls += 1
                memory = sum(_resident_memory(member) for member in processes)
                self._peak_memory = max(self._peak_memory, memory)
                if memory > self._memory_limit:
                    used, limit = memory >> 20, self._memory_limit >> 20
                    reason = f"Lean used {used} MiB of memory, more than its limit of {limit} MiB."
                    self.kill(EndCause.MEMORY, reason)
                    return
                await asyncio.sleep(MEMORY_POLL_SECONDS)


def describe_status(status: int | None) -> str:
    """Say in words how a process ended."""
    if status is None:
        return "still running"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"


def _resident_memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _kill_process_tree(pid: int) -> None:
    """Kill a process that was started as leader of its group, and its group."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(pid)
        for member in [*leader.children(recursive=True), leader]:
            with contextlib.suppress(psutil.Error):
                member.kill()
