"""The messages exchanged with the resident checker, one JSON object a line.

The authoritative description is the header of `lean/Checker.lean`. What the checker prints is
parsed here once; a line that is no JSON object is not part of the protocol and belongs to a log.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.proposal import ProposalSource
from stepcheck.lean.verdict import CheckedStep, StepVerdict

PROTOCOL_VERSION = 1


class ProtocolError(Exception):
    """The checker printed something that is not in the protocol."""


class MessageSeverity(StrEnum):
    """How grave a message of Lean is."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class LeanMessage:
    """A message of Lean about a document: `line` from 1, `column` from 0 in code points."""

    severity: MessageSeverity
    line: int
    column: int
    text: str


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")


class ReadyAnswer(_Answer):
    """The first line of a checker that is ready."""

    ready: Literal[True]
    protocol: int
    lean: str = ""


class ErrorAnswer(_Answer):
    """Why a request failed: `kind` is a word of the protocol."""

    kind: str = "internal"
    message: str = ""


class MessageAnswer(_Answer):
    """A message of Lean as it is sent."""

    severity: str
    line: int
    column: int
    text: str

    def to_message(self) -> LeanMessage:
        """Return the message; a severity Lean does not know counts as information."""
        known = [severity for severity in MessageSeverity if severity == self.severity]
        severity = known[0] if known else MessageSeverity.INFORMATION
        return LeanMessage(severity, self.line, self.column, self.text)


class OpenAnswer(_Answer):
    """The proof state at the position, and what it cost to get there."""

    goals: tuple[str, ...]
    messages: tuple[MessageAnswer, ...] = ()
    import_milliseconds: float = 0.0
    elaboration_milliseconds: float = 0.0
    declaration_milliseconds: float = 0.0
    commands_reused: int = 0


class ProposalAnswer(_Answer):
    """A step that is worth trying, and where it comes from."""

    step: str
    source: ProposalSource


class ProposalsAnswer(_Answer):
    """What is proposed at the position; not `complete` while the index of premises is made."""

    proposals: tuple[ProposalAnswer, ...]
    complete: bool


class CandidateAnswer(_Answer):
    """The verdict on the candidate number `index` of the request."""

    index: int
    verdict: StepVerdict
    goals: tuple[str, ...] = ()
    message: str = ""
    microseconds: float = 0.0
    heartbeats: int = 0

    def to_step(self, step: str) -> CheckedStep:
        """Return the checked step, given its text."""
        milliseconds = self.microseconds / 1000
        return CheckedStep(step, self.verdict, self.goals, self.message, milliseconds)


class DoneAnswer(_Answer):
    """The end of a list of candidates."""

    done: Literal[True]
    cancelled: bool = False


Answer = ReadyAnswer | ErrorAnswer | OpenAnswer | ProposalsAnswer | CandidateAnswer | DoneAnswer


@dataclass(frozen=True, slots=True)
class NumberedAnswer:
    """An answer and the number of the request it belongs to."""

    request: int | None
    answer: Answer


def parse_answer(line: str) -> NumberedAnswer | None:
    """Read a line of the checker; None if it is no JSON object.

    Raises `ProtocolError` for an object that is no answer.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    try:
        if "ready" in value:
            return NumberedAnswer(None, ReadyAnswer.model_validate(value))
        request = value.get("id")
        if request is not None and not isinstance(request, int):
            raise ProtocolError(f"The number of a request is no number: {line[:200]}")
        return NumberedAnswer(request, _answer_of(value))
    except ValidationError as error:
        raise ProtocolError(f"Not an answer of the checker: {line[:200]}") from error


def _answer_of(value: dict[str, object]) -> Answer:
    if "error" in value:
        return ErrorAnswer.model_validate(value["error"])
    if "done" in value:
        return DoneAnswer.model_validate(value)
    if "verdict" in value:
        return CandidateAnswer.model_validate(value)
    if "proposals" in value:
        return ProposalsAnswer.model_validate(value)
    return OpenAnswer.model_validate(value)


def open_request(number: int, before: str, after: str, milliseconds: int) -> str:
    """Return the line that asks for the proof state between two texts."""
    return _line(
        id=number,
        method="open",
        before=before,
        after=after,
        milliseconds=milliseconds,
    )


def check_request(number: int, candidates: Sequence[str], limits: CheckLimits, threads: int) -> str:
    """Return the line that asks for the verdicts of candidates in the open proof state.

    As many as `threads` are tried at once.
    """
    return _line(
        id=number,
        method="check",
        candidates=list(candidates),
        heartbeats=limits.heartbeats,
        milliseconds=limits.milliseconds,
        threads=threads,
    )


def propose_request(number: int, milliseconds: int) -> str:
    """Return the line that asks for proposals, waiting so long for the index of premises."""
    return _line(method="propose", id=number, milliseconds=milliseconds)


def cancel_request(number: int) -> str:
    """Return the line that stops a request under way."""
    return _line(method="cancel", id=number)


def _line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=True)
