"""A child process that exchanges lines: real children, small ones."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.process import EndCause, LineProcess, ProcessEndedError

GENEROUS = 1 << 30


def python(source: str) -> LeanCommand:
    return LeanCommand((sys.executable, "-u", "-c", source), dict(os.environ), Path.cwd())


@contextlib.asynccontextmanager
async def running(source: str, memory_limit: int = GENEROUS) -> AsyncIterator[LineProcess]:
    process = await LineProcess.start(python(source), memory_limit)
    try:
        yield process
    finally:
        await process.close()


async def is_gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether the process ends within some time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
                await asyncio.sleep(0.05)
            return True
    return False


async def test_lines_go_in_and_come_out() -> None:
    async with running("while True: print(input()[::-1])") as process:
        await process.send("abc 𝔸")
        assert await process.receive() == "𝔸 cba"


async def test_the_end_tells_the_exit_status_and_the_last_words() -> None:
    async with running("import sys; print('out of luck', file=sys.stderr); sys.exit(3)") as process:
        with pytest.raises(ProcessEndedError) as ended:
            await process.receive()
        assert ended.value.end.cause is EndCause.EXITED
        assert "exit status 3" in ended.value.end.detail
        assert "out of luck" in ended.value.end.detail
        with pytest.raises(ProcessEndedError):
            await process.send("anybody there?")


async def test_a_process_that_grows_too_large_is_killed_and_says_so() -> None:
    grow = "x = bytearray(400 << 20); input()"
    async with running(grow, memory_limit=200 << 20) as process:
        with pytest.raises(ProcessEndedError) as ended:
            await process.receive()
        assert ended.value.end.cause is EndCause.MEMORY
        assert "more than its limit of 200 MiB" in ended.value.end.detail


async def test_what_the_process_started_counts_and_ends_with_it() -> None:
    parent = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid); input()"
    )
    async with running(parent) as process:
        child = int(await process.receive())
        await process.stop(EndCause.KILLED, "test")
        assert await is_gone(child)
        assert await is_gone(process.pid)


async def test_a_process_that_ignores_the_end_of_its_input_is_closed_by_force() -> None:
    process = await LineProcess.start(python("print(1)\nwhile True: pass"), GENEROUS)
    await process.receive()
    await process.close()
    assert await is_gone(process.pid)


async def test_a_program_that_does_not_exist_is_an_os_error() -> None:
    command = LeanCommand(("/no/such/program",), {}, Path.cwd())
    with pytest.raises(OSError, match="No such file"):
        await LineProcess.start(command, GENEROUS)


def test_no_child_is_left_when_the_interpreter_exits_without_closing() -> None:
    script = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from stepcheck.lean.command import LeanCommand\n"
        "from stepcheck.lean.process import LineProcess\n"
        "async def main():\n"
        "    sleep = LeanCommand((sys.executable, '-c', 'import time; time.sleep(600)'),\n"
        "                        dict(os.environ), Path.cwd())\n"
        "    process = await LineProcess.start(sleep, 1 << 30)\n"
        "    print(process.pid, flush=True)\n"
        "    os.sys.exit(0)\n"
        "asyncio.run(main())\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert asyncio.run(is_gone(int(finished.stdout)))
