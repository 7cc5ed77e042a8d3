"""The prompts of llmlean's tactics, read back into what they were made of, and their answers.

llmlean (https://github.com/cmu-l3/llmlean) writes the goal, the file so far and the prefix into one
text for a general language model, in five ways that changed over its versions. From each answer
its `llmstep` takes what stands between `[TAC]` and `[/TAC]`, its `llmqed` what stands between
`[PROOF]` and `[/PROOF]`, or the whole text; trims it; and puts the prefix before it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from stepcheck.models.interface import SuggestionPrompt

_BLANK_COMMENT = "/- -/"
"""What keeps the blanks after it from being trimmed, and is itself a blank to Lean."""

_CLOSED_PREFIX = re.compile(r"\n?\[PREFIX\]\n(.*)\n\[/PREFIX\]", re.DOTALL)
_OPEN_PREFIX = re.compile(r"\n\[(?:TAC|THOUGHTS)\]\n(.*)", re.DOTALL)
_SHOT_PREFIX = re.compile(r"Next tactic:\n---\n(.*)", re.DOTALL)
_MARKDOWN_PREFIX = re.compile(r"\nThe tactic you generate should start with (.*)", re.DOTALL)
_MARKDOWN_INSTRUCTIONS = re.compile(r"\n(?:Your task is to|Please analyze) ")


@dataclass(frozen=True, slots=True)
class LlmleanPrompt:
    """What a prompt asks for; `tag` is what it wants the answer between, if anything."""

    prompt: SuggestionPrompt
    tag: Literal["TAC", "PROOF"] | None = None


def read_prompt(text: str) -> LlmleanPrompt | None:
    """Return what a prompt was made of, `None` if there is no proof state in it."""
    for read in (_read_tagged, _read_shots, _read_markdown, _read_bare_state):
        found = read(text)
        if found is not None and found.prompt.goal.strip():
            return found
    return None


def write_answer(step: str, asked: LlmleanPrompt, *, chat: bool = True) -> str:
    """Return the answer from which llmlean reads `step`, which begins with the prefix asked for.

    Only a `chat` model repeats the tag that the prompt asks for, others continue the prompt.
    """
    rest = _keep_separating_blanks(step.removeprefix(asked.prompt.prefix), asked.prompt.prefix)
    if asked.tag is None or not chat:
        return rest
    return f"[{asked.tag}]{rest}[/{asked.tag}]"


def _keep_separating_blanks(rest: str, prefix: str) -> str:
    """Keep the blanks before `rest` if the prefix must not be joined to it without them."""
    trimmed = rest.lstrip()
    blanks = rest[: len(rest) - len(trimmed)]
    joins = prefix[-1:].isspace() or trimmed[:1] in "([{⟨"
    if not prefix or not blanks or (joins and "\n" not in blanks):
        return trimmed
    return _BLANK_COMMENT + rest


def _read_tagged(text: str) -> LlmleanPrompt | None:
    before, opening, after = text.rpartition("\n[STATE]\n")
    goal, closing, rest = after.partition("\n[/STATE]")
    if not opening or not closing:
        return None
    instructions, _, context = before.partition("\n[CTX]\n")
    tag: Literal["TAC", "PROOF"] = "PROOF" if "[PROOF]" in instructions else "TAC"
    prefix = ""
    if tag == "TAC" and (found := _CLOSED_PREFIX.match(rest) or _OPEN_PREFIX.match(rest)):
        prefix = found[1]
    context = context.removesuffix("\n[/CTX]")
    return LlmleanPrompt(SuggestionPrompt(goal, prefix, context), tag)


def _read_shots(text: str) -> LlmleanPrompt | None:
    _, opening, after = text.rpartition("Tactic state:\n---\n")
    goal, closing, rest = after.partition("\n---\n")
    if not opening or not closing:
        return None
    found = _CLOSED_PREFIX.match(rest) or _SHOT_PREFIX.match(rest)
    return LlmleanPrompt(SuggestionPrompt(goal, found[1] if found else ""))


def _read_markdown(text: str) -> LlmleanPrompt | None:
    before, opening, after = text.rpartition("\nThe current proof state is")
    _, _, after = after.partition(":\n")
    instructions = _MARKDOWN_INSTRUCTIONS.search(after)
    if not opening or instructions is None:
        return None
    _, _, listing = before.partition("The file contents up to the current tactic are")
    _, _, context = listing.partition("```lean4\n")
    prefix = _MARKDOWN_PREFIX.search(after, instructions.end())
    return LlmleanPrompt(
        SuggestionPrompt(
            goal=after[: instructions.start()].rstrip("\n"),
            prefix=prefix[1] if prefix else "",
            context=context.rstrip("\n").removesuffix("```").removesuffix("\n"),
        )
    )


def _read_bare_state(text: str) -> LlmleanPrompt | None:
    goal = text.removesuffix(":::")
    if goal == text or "⊢" not in goal:
        return None
    return LlmleanPrompt(SuggestionPrompt(goal))
