"""Gives the probe its questions and takes its answers: both are JSON."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..lean_worker import LeanWorker, running_worker
from ..package_lean import LeanRun, PackageLean

RUNS_PER_WORKER = 12
"""Well below what the embedded Lean bears, which gives the memory of threads back late or never."""


class Probe:
    """Lean with `ClientProbe.lean`, resident: it elaborates only what a test adds to its document.

    Files that are named in commands lie below the `folder`, in which it may write.
    """

    def __init__(self, package: PackageLean, folder: Path) -> None:
        self.package = package
        self._folder = folder
        self._running = ExitStack()
        self._worker: LeanWorker | None = None
        self._text = ""
        self._runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._running.close()

    def run(self, commands: str) -> LeanRun:
        """Add commands, and return what Lean says of them; options that they set end with them."""
        worker = self._start_if_needed()
        self._runs += 1
        before = self._text.count("\n")
        self._text += f"section\n{commands}\nend\n"
        worker.wait(worker.change(self._text))
        messages = [message for message in worker.messages() if message.line > before]
        return LeanRun(tuple(messages), 0, "")

    def ask(self, commands: str) -> list[Any]:
        """Run commands of `ClientProbe.lean`; return each one's answer."""
        run = self.run(commands)
        assert run.errors == []
        return [json.loads(text) for text in run.information]

    def ask_about(self, command: str, texts: Sequence[str], folder: Path) -> list[Any]:
        """Run `#COMMAND FILE` on texts; return the answer to each."""
        file = folder / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        (answers,) = self.ask(f'#{command} "{file}"')
        assert len(answers) == len(texts)
        return list(answers)

    def _start_if_needed(self) -> LeanWorker:
        if self._worker is None or self._runs == RUNS_PER_WORKER:
            self._running.close()
            self._worker = self._running.enter_context(running_worker(self.package, self._folder))
            self._text, self._runs = "import ClientProbe\n", 0
            self._worker.open(self._text)
        return self._worker
