"""Run sessions in the sandbox, each in a process of its own: `trials.json` to `outcomes.json`.

It imports nothing of the project, for it runs where this is not to be seen.
"""

import doctest
import json
import os
import resource
import signal
import sys
import types
from pathlib import Path

CPU_SECONDS = 2
WALL_SECONDS = 30
MEMORY_BYTES = 1 << 29


def main() -> None:
    trials = json.loads(Path("trials.json").read_text())
    Path("outcomes.json").write_text(json.dumps([outcome_of(trial) for trial in trials]))


def outcome_of(trial: dict) -> list[int] | None:
    """Return the places of the examples that failed; None if the process did not end well."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiving)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        signal.alarm(WALL_SECONDS)
        os.write(sending, json.dumps(failures(trial["code"], trial["session"])).encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as reports:
        report = reports.read()
    os.waitpid(child, 0)
    return json.loads(report) if report else None


def failures(code: str, session: list[list[str]]) -> list[int]:
    module = types.ModuleType("excerpt")
    sys.modules["excerpt"] = module
    exec(compile(code, "excerpt.py", "exec"), module.__dict__)
    examples = [
        doctest.Example(source, want, message, lineno=place)
        for place, (source, want, message) in enumerate(session)
    ]
    runner = _Noting()
    test = doctest.DocTest(examples, module.__dict__, "excerpt", None, 0, None)
    runner.run(test, out=lambda _: None)
    return runner.failed


class _Noting(doctest.DocTestRunner):
    """Notes which examples fail instead of reporting them."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.failed: list[int] = []

    def report_failure(self, out, test, example, got) -> None:  # noqa: ARG002
        self.failed.append(example.lineno)

    def report_unexpected_exception(self, out, test, example, exc_info) -> None:  # noqa: ARG002
        self.failed.append(example.lineno)


if __name__ == "__main__":
    main()
