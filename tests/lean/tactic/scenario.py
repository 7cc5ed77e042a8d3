"""Calls of the tactic on real Lean, with suggestions from a fake of the *model* only.

A scenario is a piece of a Lean file with calls of the tactics, and what the model is to suggest
there. Many are run in one file, because starting Lean takes seconds. The requests and the answers
go through the spool folder as they do with `stepcheck bridge`.
"""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..package_lean import LeanMessage, PackageLean

MODEL = "fake"
PREAMBLE = "import LLMstep\nset_option linter.all false\n"
MODEL_ALONE = "set_option llmstep.proposalTimeout 0\n"
"""Lean proposes nothing: what is shown are the suggestions of the fake."""

_MARKER = re.compile(r"^-- scenario: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Scenario:
    """A declaration with calls of the tactic, and the answer to each.

    `suggestions` are best first; the model's scores are -0.1, -0.2, … `response` is what lies in
    the spool instead of an answer with suggestions; with `is_silent` nothing ever does.
    """

    name: str
    text: str
    suggestions: tuple[str, ...] = ()
    response: bytes | None = None
    is_silent: bool = False

    def answer(self) -> bytes | None:
        """The content of the file that answers the request."""
        if self.is_silent:
            return None
        return answer(self.suggestions) if self.response is None else self.response


@dataclass(frozen=True)
class Shown:
    """What Lean said in a scenario, lines counted in its text, and what the model was asked."""

    messages: tuple[LeanMessage, ...]
    requests: tuple[Mapping[str, Any], ...]

    def texts(self, severity: str) -> list[str]:
        return [message.text for message in self.messages if message.severity == severity]

    @property
    def errors(self) -> list[str]:
        return self.texts("error")

    @property
    def suggested(self) -> str:
        """The one message with the suggestions."""
        (text,) = [text for text in self.texts("information") if text.startswith("Try th")]
        return text

    @property
    def failure(self) -> str:
        """The one error of the tactic."""
        (text,) = [text for text in self.errors if text.startswith("llmstep")]
        return text


def answer(suggestions: Sequence[str]) -> bytes:
    """A response with suggestions whose scores are -0.1, -0.2, …"""
    body = {
        "suggestions": [
            {"text": text, "score": -(rank + 1) / 10, "log_probability": -1.0}
            for rank, text in enumerate(suggestions)
        ],
        "model": MODEL,
        "request_id": "r1",
        "timing": {"queue": 0.0, "generation": 0.0},
        "complete": True,
    }
    return json.dumps({"status": 200, "body": body}).encode()


@dataclass
class FakeModel:
    """Answers requests in a spool folder by the scenario that is named last before the call."""

    folder: Path
    answers: Mapping[str, bytes | None]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer until the block is left."""
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(5)

    def _serve(self) -> None:
        while not self._ended.is_set():
            for file in sorted(self.folder.glob("request-*.json")):
                self._answer(file)
            time.sleep(0.005)

    def _answer(self, file: Path) -> None:
        request = json.loads(file.read_text(encoding="utf-8"))
        file.unlink()
        name = _MARKER.findall(request["context"])[-1]
        self.asked.append((name, request))
        content = self.answers[name]
        if content is None:
            return
        response = file.with_name(file.name.replace("request-", "response-"))
        temporary = response.with_suffix(".tmp")
        temporary.write_bytes(content)
        temporary.rename(response)


def document(scenarios: Sequence[Scenario], spool: Path, options: str = MODEL_ALONE) -> str:
    """One Lean file with all of them."""
    parts = [f'{PREAMBLE}{options}set_option llmstep.spool "{spool}"\n']
    parts += [f"-- scenario: {scenario.name}\n{scenario.text}\n" for scenario in scenarios]
    return "\n".join(parts)


def play(
    package: PackageLean,
    folder: Path,
    scenarios: Sequence[Scenario],
    *,
    options: str = MODEL_ALONE,
    seconds: float = 120.0,
) -> dict[str, Shown]:
    """Run Lean once on all scenarios. The spool is in `folder`."""
    spool = folder / "spool"
    spool.mkdir()
    model = FakeModel(spool, {scenario.name: scenario.answer() for scenario in scenarios})
    text = document(scenarios, spool, options)
    with model.answering():
        run = package.run(text, writable=[folder], seconds=seconds)
    assert run.messages or run.exit_code == 0, run.stderr
    starts = {match[1]: text.count("\n", 0, match.start()) + 1 for match in _MARKER.finditer(text)}
    ends = [*list(starts.values())[1:], text.count("\n") + 2]
    return {
        name: Shown(
            messages=tuple(
                LeanMessage(m.severity, m.line - start, m.column, m.text)
                for m in run.messages
                if start < m.line < end
            ),
            requests=tuple(request for asked, request in model.asked if asked == name),
        )
        for (name, start), end in zip(starts.items(), ends, strict=True)
    }
