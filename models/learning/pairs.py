"""Pairs of a better and a worse step for the same goal, made of scored steps."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.data import CheckedRow, Outcome, Preference
from stepcheck.models.learning.errors import LearningError

_SCORES = {Outcome.ACCEPTED: 1.0, Outcome.REFUSED: 0.0}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Preferences, and what gave none.

    `undecided` steps had no verdict, `contradictory` ones had both, `lone_prompts` had only steps
    of one score.
    """

    preferences: tuple[Preference, ...]
    undecided: int = 0
    contradictory: int = 0
    lone_prompts: int = 0


def pairs_of_verdicts(rows: Sequence[CheckedRow], *, per_prompt: int, seed: int) -> Pairs:
    """Pair what was accepted with what was refused for the same prompt.

    A step without a verdict is in no pair, on either side. Raises LearningError where no prompt has
    both.
    """
    seen: dict[SuggestionPrompt, dict[str, set[Outcome]]] = defaultdict(lambda: defaultdict(set))
    texts: dict[tuple[SuggestionPrompt, str], str] = {}
    undecided = 0
    for row in rows:
        if row.outcome is Outcome.UNDECIDED:
            undecided += 1
            continue
        key = normalize(row.step)
        seen[row.prompt][key].add(row.outcome)
        texts.setdefault((row.prompt, key), row.step)
    scored: dict[SuggestionPrompt, dict[str, float]] = {}
    contradictory = 0
    for prompt, steps in seen.items():
        scored[prompt] = {}
        for key, outcomes in steps.items():
            if len(outcomes) > 1:
                contradictory += 1
            else:
                scored[prompt][texts[prompt, key]] = _SCORES[next(iter(outcomes))]
    preferences, lone = pairs_of_scores(scored, per_prompt=per_prompt, seed=seed)
    if not preferences:
        raise LearningError(_without_pairs(rows))
    return Pairs(tuple(preferences), undecided, contradictory, lone)


def pairs_of_scores(
    scored: Mapping[SuggestionPrompt, Mapping[str, float]], *, per_prompt: int, seed: int
) -> tuple[list[Preference], int]:
    """Return all pairs with a higher and a lower score, and how many prompts have none.

    Of a prompt with more than `per_prompt` pairs so many are drawn.
    """
    draw = random.Random(f"{seed} pairs")  # noqa: S311
    preferences: list[Preference] = []
    lone = 0
    for prompt, steps in scored.items():
        found = [
            Preference(prompt, better, worse)
            for better, high in steps.items()
            for worse, low in steps.items()
            if high > low and normalize(better) != normalize(worse)
        ]
        lone += not found
        preferences += draw.sample(found, per_prompt) if len(found) > per_prompt else found
    return preferences, lone


def _without_pairs(rows: Iterable[CheckedRow]) -> str:
    outcomes = {row.outcome for row in rows} - {Outcome.UNDECIDED}
    if len(outcomes) == 1:
        (only,) = outcomes
        return (
            f"every verdict is {only}: pairs need accepted and refused steps for the same goal; "
            "collect more proposals for each goal"
            + (", or use `sft`" if only is Outcome.ACCEPTED else "")
        )
    return (
        "no goal has both accepted and refused steps: collect more proposals for each goal, or "
        "use `sft`"
    )
