"""Gives the probe its questions and takes its answers: both are JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..package_lean import PackageLean


def ask(
    probe: PackageLean,
    commands: str,
    *,
    folder: Path | None = None,
) -> list[Any]:
    """Run commands of `ClientProbe.lean`, which may write in `folder`; return each one's answer."""
    run = probe.run(
        f"import ClientProbe\n{commands}\n",
        writable=[] if folder is None else [folder],
    )
    assert run.errors == [], run.stderr
    return [json.loads(text) for text in run.information]


def ask_about(probe: PackageLean, command: str, texts: Sequence[str], folder: Path) -> list[Any]:
    """Run `#COMMAND FILE` on texts; return the answer to each."""
    file = folder / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    (answers,) = ask(probe, f'#{command} "{file}"', folder=folder)
    assert len(answers) == len(texts)
    return list(answers)
