"""The last word on a chosen step: the whole file, elaborated by a Lean of its own.

The resident checker runs a step in a state that it keeps, and judges the declaration with it. Here
nothing is kept: the file with the step goes through `lean` as it will when the person builds it.
What that adds is what comes after the declaration: it is compared with the same file with `sorry`
in the place of the step.
"""

import re
from collections import Counter
from dataclasses import dataclass

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.source_text import mask_comments
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.whole_file import FILE_SECONDS, FileNotCheckedError, check_file

_SORRY = re.compile(r"declaration uses [`']?sorry")
_UNSOLVED = "unsolved goals"
_HIDES_MESSAGES = re.compile(r"warn\.sorry|#guard_msgs|debug\.skipKernelTC")
# Lean's JavaScript build reads every file as a module, and is told nothing of what others keep.
_NOT_IN_A_MODULE = re.compile(r"cannot use `[^`]*` in a `module`")
_MISSING_IN_LEAN = re.compile(
    r"[Uu]nknown constant `(?P<name>[^`]*\._redArg|_private\.(?!_stdin)[^`]*)`"
    r"|native implementation of external declaration"
)


@dataclass(frozen=True, slots=True)
class FileLean:
    """A Lean that reads one file and ends.

    `name` begins a sentence; `memory_limit` is in bytes, `seconds` are for a whole file.
    """

    name: str
    command: LeanCommand
    memory_limit: int
    seconds: float = FILE_SECONDS

    async def read(self, text: str) -> tuple[LeanMessage, ...]:
        """Return the messages about a file. Raises `FileNotCheckedError`."""
        return await check_file(self.command, self.memory_limit, text, self.seconds)


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """What the whole file says of a step that Lean has accepted in its place.

    `proved`, `progress`: it stands; the file has no new error. `rejected`: a new error. `timeout`,
    `unknown`: it could not be found out. `messages` are those of Lean that the verdict or its
    reason rests on.
    """

    verdict: StepVerdict
    reason: str = ""
    messages: tuple[LeanMessage, ...] = ()


async def verify_step(
    lean: FileLean, position: ProofPosition, checked: CheckedStep
) -> VerifiedStep:
    """Elaborate the file with a step that was checked at the position, and is shown.

    A step that closes its goal takes the place of what follows in its block. See `VerifiedStep`;
    never raises for what Lean does.
    """
    place = position.closing if checked.verdict is StepVerdict.PROVED else position
    text = place.insert(checked.step)
    if found := _HIDES_MESSAGES.search(mask_comments(text)):
        reason = f"The file hides messages of Lean or switches its kernel off ({found.group()})."
        return VerifiedStep(StepVerdict.UNKNOWN, reason)
    try:
        with_step = _grave(await lean.read(text))
        with_sorry = _grave(await lean.read(place.insert("sorry"))) if with_step else ()
    except FileNotCheckedError as error:
        return VerifiedStep(error.verdict, str(error))
    new = _new_messages(with_step, with_sorry, place.line, checked.step.count("\n"))
    if missing := tuple(filter(_is_missing_in_lean, new)):
        reason = f"{lean.name} cannot tell: it lacks {_missing_name(missing[0])}."
        return VerifiedStep(StepVerdict.UNKNOWN, reason, missing)
    return _conclude(checked, new, with_step)


def _conclude(
    checked: CheckedStep, new: tuple[LeanMessage, ...], with_step: tuple[LeanMessage, ...]
) -> VerifiedStep:
    is_proved = checked.verdict is StepVerdict.PROVED
    new_errors = tuple(message for message in new if not _is_sorry(message))
    if any(is_proved or not message.text.startswith(_UNSOLVED) for message in new_errors):
        return VerifiedStep(StepVerdict.REJECTED, "The file has a new error.", new_errors)
    if not is_proved:
        left = "Goals remain." if with_step else "The rest of the file proves what remains."
        return VerifiedStep(checked.verdict, checked.message or left, new or with_step)
    if new:
        return VerifiedStep(StepVerdict.PROGRESS, "The file has a new `sorry`.", new)
    other_errors = tuple(message for message in with_step if not _is_sorry(message))
    reason = "Other declarations have errors." if other_errors else ""
    return VerifiedStep(StepVerdict.PROVED, reason, other_errors)


def _grave(messages: tuple[LeanMessage, ...]) -> tuple[LeanMessage, ...]:
    """Return the errors and the `sorry` warnings, without what only says that this is a module."""
    return tuple(
        message
        for message in messages
        if (message.severity is MessageSeverity.ERROR or _is_sorry(message))
        and not _NOT_IN_A_MODULE.search(message.text)
    )


def _is_sorry(message: LeanMessage) -> bool:
    return _SORRY.search(message.text) is not None


def _is_missing_in_lean(message: LeanMessage) -> bool:
    return _MISSING_IN_LEAN.search(message.text) is not None


def _missing_name(message: LeanMessage) -> str:
    found = _MISSING_IN_LEAN.search(message.text)
    name = found["name"] if found is not None else None
    return f"the code of `{name}`" if name else "native code that the file calls"


def _new_messages(
    with_step: tuple[LeanMessage, ...],
    with_sorry: tuple[LeanMessage, ...],
    step_line: int,
    moved_by: int,
) -> tuple[LeanMessage, ...]:
    """Return what only the file with the step has, by severity, text and line.

    The lines behind the step, which begins at `step_line`, have moved with it.
    """

    def identity(message: LeanMessage, shift: int) -> tuple[str, str, int]:
        is_behind = message.line > step_line + shift
        return message.severity, message.text, message.line - (shift if is_behind else 0)

    known = Counter(identity(message, 0) for message in with_sorry)
    new: list[LeanMessage] = []
    for message in with_step:
        key = identity(message, moved_by)
        if known[key]:
            known[key] -= 1
        else:
            new.append(message)
    return tuple(new)
