"""Candidate tactics for a goal, of which Lean then says which prove it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stepcheck.models.generation.bundled_prompt import first_goal
from stepcheck.models.training.proofs import names_in

AUTOMATION = ("simp", "grind", "omega", "rfl", "simp_all", "decide", "bv_decide", "bv_omega")
OPENINGS = ("ext", "constructor", "intros", "split")

SECOND_WAVE = (
    *("simp +arith", "simp; omega", "simp_all; omega", "simp at *; omega", "ext i; simp; omega"),
    *("intros; simp_all; omega", "decide +revert", "ext; grind", "ac_rfl", "nofun", "simp [*]"),
    *("split <;> grind", "split <;> simp_all", "rintro rfl; simp", "subst_vars; simp"),
    *("apply List.ext_getElem <;> simp", "apply List.ext_getElem <;> grind"),
    "simp_all [Nat.mod_eq_of_lt]",
)
"""For goals on which everything else fails."""

_DATA = re.compile(r"(Nat|List|Option|Bool|Array|Int|Fin|Prod|Sum|Except)\b|.*[×⊕]")
_INDUCTIVE = re.compile(r"(Nat|List)\b")
_SPLITTABLE = re.compile(r"(Nat|List|Option|Bool|Array|Prod|Sum|Except)\b|.*[×⊕]")
_QUALIFIED = re.compile(r"[A-Z][\w'!?]*(?:\.[A-Za-z_][\w'!?]*)+")
_MOST_VARIABLES = 4
_MOST_HYPOTHESES = 3


@dataclass(frozen=True)
class _Hypothesis:
    name: str
    type: str


def propose_candidates(goal: str, proof: str) -> list[str]:
    """Return tactics to try on a goal whose statement came with `proof`, best known first.

    Automation, then tactics made from what the goal holds (its variables, hypotheses, connectives
    and functions), then from the names that the proof cites.
    """
    target = first_goal(goal).rpartition("⊢")[2].strip()
    found = [*AUTOMATION, *OPENINGS, *_from_hypotheses(goal), *_from_target(goal, target)]
    found += _from_names(names_in(proof))
    return list(dict.fromkeys(found))


def _hypotheses(goal: str) -> Iterator[_Hypothesis]:
    for line in first_goal(goal).rpartition("⊢")[0].split("\n"):
        names, colon, kind = line.partition(" : ")
        if colon and not line.startswith(("case ", " ")):
            yield from (_Hypothesis(name, kind) for name in names.split() if "✝" not in name)


def _from_hypotheses(goal: str) -> Iterator[str]:
    hypotheses = list(_hypotheses(goal))
    variables = [h for h in hypotheses if _DATA.match(h.type)][-_MOST_VARIABLES:]
    for variable in variables:
        if _INDUCTIVE.match(variable.type):
            yield f"induction {variable.name} <;> simp_all"
            yield f"induction {variable.name} <;> grind"
        if _SPLITTABLE.match(variable.type):
            yield from (f"cases {variable.name} <;> {end}" for end in ("simp", "rfl", "grind"))
    booleans = [f"cases {h.name}" for h in variables if h.type == "Bool"]
    if len(booleans) > 1:
        yield from (" <;> ".join([*booleans, end]) for end in ("rfl", "simp"))
    for h in [h for h in hypotheses if h.name.startswith("h")][-_MOST_HYPOTHESES:]:
        yield from (f"exact {h.name}", f"simp [{h.name}]", f"cases {h.name}", f"subst {h.name}")
        yield from (f"simp at {h.name}", f"rw [{h.name}]")
        if "∧" in h.type:
            yield f"obtain ⟨h₁, h₂⟩ := {h.name}"
        if "∃" in h.type:
            yield f"obtain ⟨x, hx⟩ := {h.name}"
        if "∨" in h.type:
            yield f"rcases {h.name} with h | h"


def _from_target(goal: str, target: str) -> Iterator[str]:
    if target.startswith("∀") or "→" in target:
        yield from ("intro h", "intro x", "intro h; simp_all", "intro x; simp")
        yield from (f"intros; {end}" for end in ("simp_all", "omega", "rfl", "grind"))
    if target.startswith("¬") or "≠" in target:
        yield from ("intro h", "intro h; simp_all")
    if "↔" in target:
        yield "constructor <;> intro h"
    if "↔" in target or "∧" in target:
        yield from (f"constructor <;> {end}" for end in ("simp", "simp_all", "grind"))
    if "if " in target or "match " in target:
        yield from (f"split <;> {end}" for end in ("simp_all", "rfl", "grind", "omega"))
    if "BitVec" in goal:
        yield from ("ext i; simp", "apply BitVec.eq_of_toNat_eq")
    if "=" in target and re.search(r"Array|List|Vector|→", goal):
        yield from ("ext; simp", "ext i; simp", "funext x; simp", "ext <;> simp")
    if "∃" in target:
        yield "exact ⟨_, rfl⟩"
    for name in list(dict.fromkeys(_QUALIFIED.findall(target)))[:2]:
        yield from (f"simp [{name}]", f"unfold {name}", f"grind [{name}]")


def _from_names(names: list[str]) -> Iterator[str]:
    names = names[:4]
    if names:
        listed = ", ".join(names)
        yield from (f"simp [{listed}]", f"grind [{listed}]", f"simp_all [{listed}]")
    for name in names:
        yield from (f"rw [{name}]", f"simp [{name}]", f"exact {name} ..", f"apply {name}")
        yield f"grind [{name}]"
