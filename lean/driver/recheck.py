"""The last word on a chosen step: the whole file, elaborated by a Lean of its own.

The resident checker runs a step in a state that it keeps. Here nothing is kept: the file with the
step goes through `lean` as it will when the person builds it. Where the file has other errors or
other uses of `sorry`, it is compared with the same file with `sorry` in the place of the step.
"""

import re
from collections import Counter
from dataclasses import dataclass

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.source_text import mask_comments
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lean.whole_file import FILE_SECONDS, FileNotCheckedError, check_file

_SORRY = re.compile(r"declaration uses [`']?sorry")
_UNSOLVED = "unsolved goals"
_HIDES_MESSAGES = re.compile(r"warn\.sorry|#guard_msgs|debug\.skipKernelTC")


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """What the whole file says of a step.

    `proved`: the file with the step has no new error, and the `sorry` that the step replaces is
    gone from its declaration. `progress`: no new error, but the declaration is not finished.
    `rejected`: a new error. `timeout`, `unknown`: it could not be found out. `messages` are the
    errors and `sorry` warnings that the verdict rests on.
    """

    verdict: StepVerdict
    reason: str = ""
    messages: tuple[LeanMessage, ...] = ()


async def verify_step(
    command: LeanCommand,
    memory_limit: int,
    position: ProofPosition,
    step: str,
    seconds: float = FILE_SECONDS,
) -> VerifiedStep:
    """Elaborate the file with the step; see `VerifiedStep`. Never raises for what Lean does."""
    text = position.insert(step)
    if found := _HIDES_MESSAGES.search(mask_comments(text)):
        reason = f"The file hides messages of Lean or switches its kernel off ({found.group()})."
        return VerifiedStep(StepVerdict.UNKNOWN, reason)
    try:
        found_messages = await check_file(command, memory_limit, text, seconds)
        grave = tuple(message for message in found_messages if _is_grave(message))
        if not grave:
            return VerifiedStep(StepVerdict.PROVED)
        with_sorry = await check_file(command, memory_limit, position.insert("sorry"), seconds)
    except FileNotCheckedError as error:
        return VerifiedStep(error.verdict, str(error))
    return _compare(position, step, grave, tuple(filter(_is_grave, with_sorry)))


def _is_grave(message: LeanMessage) -> bool:
    return message.severity is MessageSeverity.ERROR or _is_sorry(message)


def _is_sorry(message: LeanMessage) -> bool:
    return _SORRY.search(message.text) is not None


def _compare(
    position: ProofPosition,
    step: str,
    with_step: tuple[LeanMessage, ...],
    with_sorry: tuple[LeanMessage, ...],
) -> VerifiedStep:
    """Compare by severity, text and line; lines behind the step move with it."""
    moved_by = step.count("\n")

    def identity(message: LeanMessage, shift: int) -> tuple[str, str, int]:
        is_behind = message.line > position.line + shift
        return message.severity, message.text, message.line - (shift if is_behind else 0)

    known = Counter(identity(message, 0) for message in with_sorry)
    new: list[LeanMessage] = []
    for message in with_step:
        key = identity(message, moved_by)
        if known[key]:
            known[key] -= 1
        else:
            new.append(message)
    new_errors = tuple(message for message in new if not _is_sorry(message))
    if any(not message.text.startswith(_UNSOLVED) for message in new_errors):
        return VerifiedStep(StepVerdict.REJECTED, "The file has a new error.", new_errors)
    if new_errors or new:
        return VerifiedStep(StepVerdict.PROGRESS, "Goals remain.", tuple(new))
    finished = any(
        count and _SORRY.search(text) for (_severity, text, _line), count in known.items()
    )
    if finished:
        return VerifiedStep(StepVerdict.PROVED, "Other declarations have errors.", with_step)
    reason = "The declaration has other errors or uses `sorry` elsewhere."
    return VerifiedStep(StepVerdict.PROGRESS, reason, with_step)
