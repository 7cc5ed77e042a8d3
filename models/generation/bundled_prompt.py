"""The prompt of the bundled model: its special tokens, and how a goal is shortened to fit."""

import re

GOAL = "[GOAL]"
PROOF_STEP = "[PROOFSTEP]"
LIBRARY = "[LIBRARY]"
END = "[END]"
PADDING = "[PAD]"
SPECIAL_TOKENS = (PADDING, END, GOAL, PROOF_STEP, LIBRARY)

BUNDLED_GOAL_CHARACTERS = 1000

_IMPORT_MATHLIB = re.compile(r"^\s*(?:public\s+)?import\s+Mathlib\b", re.MULTILINE)


def first_goal(state: str) -> str:
    """Return the first goal of a proof state (goals are separated by a blank line)."""
    return re.split(r"\n[ \t]*\n", state.strip("\n"), maxsplit=1)[0]


def shorten_goal(goal: str, limit: int) -> str:
    """Shorten a goal to at most `limit` characters, keeping what a tactic most depends on.

    Kept, in this order: the target (the line of `⊢` and what follows it; cut at its end when it
    alone is too long), then hypotheses from the nearest to the farthest, as many as fit. A goal
    that fits is returned unchanged.
    """
    if len(goal) <= limit:
        return goal
    before, turnstile, target = goal.rpartition("⊢")
    if not turnstile:
        return goal[:limit]
    target = (turnstile + target)[:limit]
    room = limit - len(target)
    kept: list[str] = []
    for hypothesis in reversed(_hypotheses(before)):
        if len(hypothesis) + 1 > room:
            break
        kept.append(hypothesis)
        room -= len(hypothesis) + 1
    return "\n".join([*reversed(kept), target])


def _hypotheses(text: str) -> list[str]:
    """Split the part before `⊢` into hypotheses; indented lines continue the one above."""
    found: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        if found and line[:1].isspace():
            found[-1] += "\n" + line
        elif line.strip():
            found.append(line)
    return found


def library_of(context: str) -> str:
    """Return what a file's text imports: "Mathlib", "Std" for anything else, "" if unknown."""
    if not context.strip():
        return ""
    return "Mathlib" if _IMPORT_MATHLIB.search(context) else "Std"


def bundled_prompt(goal: str, library: str) -> str:
    """Write the bundled model's prompt up to and without `[PROOFSTEP]`."""
    tag = f"{LIBRARY}{library}" if library else ""
    return f"{tag}{GOAL}{shorten_goal(first_goal(goal), BUNDLED_GOAL_CHARACTERS)}"
