"""What a chat model would write instead: tried and judged as every other edit."""

import re
from collections.abc import Callable, Sequence

from stepcheck.models.chat.interface import ChatError, ChatMessage, ChatModel, Sampling
from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.judge.model.parsing import without_reasoning
from stepcheck.server.judge.model.prompts import DATA, describe_task, fence
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import Check

_PROGRAMMER = (
    "You correct a program that does not do what its task requires. Change as little as possible, "
    "and keep everything else as it is, down to comments and blanks. Answer with the whole "
    f"corrected program in one block between ```python and ```, and nothing else. {DATA}"
)
_BLOCK = re.compile(r"```[\w+-]*[ \t]*\r?\n(.*?)```", re.S)
_MAX_TOKENS = 4096
_MAX_CHECKS = 10


def propose(
    question: Question,
    failing: Sequence[Check],
    chat: ChatModel,
    is_cancelled: Callable[[], bool],
) -> str | None:
    """Return the program that the model proposes; None if there is none, or it is no Python."""
    task = describe_task(question.intent, question.examples, "python", question.function)
    parts = [fence("Task", task), fence("Program", question.code)]
    if failing:
        shown = "\n".join(_show(check) for check in failing[:_MAX_CHECKS])
        parts.append(fence("It fails these checks", shown))
    messages = [ChatMessage("system", _PROGRAMMER), ChatMessage("user", "\n\n".join(parts))]
    try:
        answer = chat.complete(messages, Sampling(max_tokens=_MAX_TOKENS), is_cancelled)
    except ChatError:
        return None
    return read_program(answer)


def read_program(answer: str) -> str | None:
    """Return the longest block of an answer that is Python, or else the answer if it is."""
    text_answer = without_reasoning(answer)
    blocks = sorted((match[1] for match in _BLOCK.finditer(text_answer)), key=len, reverse=True)
    for text in blocks or [text_answer]:
        try:
            if parse(text).body:
                return text
        except SourceError:
            continue
    return None


def _show(check: Check) -> str:
    wanted = f" == {check.expected.strip()}" if check.expected else ""
    return f"{check.source.strip()}{wanted}"
