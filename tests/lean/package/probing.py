"""Gives the probe its questions and takes its answers: both are JSON."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..lean_worker import LeanWorker, running_worker
from ..package_lean import LeanRun, PackageLean


class Probe:
    """Lean with `ClientProbe.lean`, resident: it elaborates only what a test adds to its document.

    Files that are named in commands lie below the folder that it may write in.
    """

    def __init__(self, package: PackageLean, worker: LeanWorker) -> None:
        self.package = package
        self._worker = worker
        self._text = "import ClientProbe\n"
        worker.open(self._text)

    def run(self, commands: str) -> LeanRun:
        """Add commands, and return what Lean says of them; options that they set end with them."""
        before = self._text.count("\n")
        self._text += f"section\n{commands}\nend\n"
        self._worker.wait(self._worker.change(self._text))
        messages = [message for message in self._worker.messages() if message.line > before]
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


@contextmanager
def running_probe(package: PackageLean, folder: Path) -> Iterator[Probe]:
    """Run a probe that may read and write below `folder`."""
    with running_worker(package, folder) as worker:
        yield Probe(package, worker)
