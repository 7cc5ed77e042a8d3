"""Candidates that a goal itself proposes: a hypothesis that is the goal.

A model may miss what is there to be read; whether the texts mean the same is for Lean to say.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GOAL_CANDIDATE_SCORE = 0.0
"""In place of the model's score, a mean log-probability: 0 is that of what is certain."""

MAX_HYPOTHESES = 3

_TARGET = re.compile(r"^⊢ ", re.MULTILINE)
_NAME = r"(?:«[^»\n]*»|[^\s:«]\S*)"
_HYPOTHESIS = re.compile(rf"({_NAME}(?: {_NAME})*) :(?:\s+(.*))?", re.DOTALL)
_NAMES = re.compile(_NAME)
_INACCESSIBLE = "✝"


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """One name of a goal's context, and the text of its type, on one line."""

    name: str
    type: str


def candidates_from_goals(goals: Sequence[str], prefix: str = "") -> list[str]:
    """Return the steps that the first of pretty-printed goals proposes and that begin with a text.

    `exact h` for the innermost hypotheses that read like the target, at most `MAX_HYPOTHESES`, then
    `assumption` if there is any.
    """
    if not goals or (target := _TARGET.search(goals[0])) is None:
        return []
    wanted = _on_one_line(goals[0][target.end() :])
    hypotheses = list(_read_hypotheses(goals[0][: target.start()]))
    names = [hypothesis.name for hypothesis in hypotheses if hypothesis.type == wanted]
    accessible = [name for name in reversed(names) if _INACCESSIBLE not in name]
    candidates = [f"exact {name}" for name in dict.fromkeys(accessible)][:MAX_HYPOTHESES]
    if names:
        candidates.append("assumption")
    return [candidate for candidate in candidates if candidate.startswith(prefix)]


def _read_hypotheses(context: str) -> Iterator[_Hypothesis]:
    """Yield the hypotheses of the text before a target, outermost first."""
    for entry in re.split(r"\n(?! )", context):
        if (found := _HYPOTHESIS.fullmatch(entry)) is not None:
            names, text = found.groups()
            for name in _NAMES.findall(names):
                yield _Hypothesis(name, _on_one_line(text or ""))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
