"""The prompt formats by name: how each family of models is given a goal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stepcheck.models.generation.bundled_prompt import GOAL, PROOF_STEP, bundled_prompt, library_of
from stepcheck.models.interface import SuggestionPrompt

_EXAMPLES = (
    ("n m : ℕ\nh : n ≤ m\n⊢ n < m + 1", "exact Nat.lt_succ_of_le h"),
    ("p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q", "exact ⟨hp, hq⟩"),
    ("x y : ℤ\nh : x = y\n⊢ y + 0 = x", "rw [h, add_zero]"),
    ("α : Type\ns t : Set α\n⊢ s ∩ t = t ∩ s", "ext a"),
)


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """How a model family is prompted.

    `write` returns a prompt, without its prefix, as text that ends where the step begins. `stops`
    are texts at which a completion ends besides the model's end token.
    """

    name: str
    write: Callable[[SuggestionPrompt], str]
    stops: tuple[str, ...] = ()


def _write_bundled(prompt: SuggestionPrompt) -> str:
    return bundled_prompt(prompt.goal, library_of(prompt.context)) + PROOF_STEP


def _write_proof_step(prompt: SuggestionPrompt) -> str:
    return f"{GOAL}{prompt.goal}{PROOF_STEP}"


def _write_goal(prompt: SuggestionPrompt) -> str:
    return prompt.goal


def _write_few_shot(prompt: SuggestionPrompt) -> str:
    shown = "".join(_example(goal, step) for goal, step in _EXAMPLES)
    file = f"Lean 4 file so far:\n{prompt.context.rstrip()}\n\n" if prompt.context.strip() else ""
    return f"{shown}{file}Goal:\n{prompt.goal}\nNext tactic:\n"


def _example(goal: str, step: str) -> str:
    return f"Goal:\n{goal}\nNext tactic:\n{step}\n\n"


FORMATS: Mapping[str, PromptFormat] = MappingProxyType(
    {
        prompt_format.name: prompt_format
        for prompt_format in (
            PromptFormat("bundled", _write_bundled),
            PromptFormat("proofstep", _write_proof_step, stops=(GOAL,)),
            PromptFormat("goal", _write_goal),
            PromptFormat("few-shot", _write_few_shot, stops=("\n\n", "\nGoal:", "```")),
        )
    }
)
"""By name: "bundled", llmstep's "proofstep", ReProver's bare "goal", "few-shot" for the others."""
