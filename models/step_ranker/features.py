"""What is looked at in a goal and a step to tell whether it will prove the goal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[\w'!?₀-₉]+)*|\d+|[^\w\s]+")
_NAME = re.compile(r"(?:«[^»\n]*»|[^\s:«]\S*)")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_MOST_SYMBOLS = 24
_LONG_GOAL = 400

TACTIC_WORDS = frozenset(
    [
        "rfl",
        "simp",
        "omega",
        "simp_all",
        "decide",
        "contradiction",
        "trivial",
        "exact",
        "apply",
        "grind",
        "ac_rfl",
        "nofun",
        "intro",
        "intros",
        "rw",
        "unfold",
        "constructor",
        "refine",
        "cases",
        "induction",
        "rcases",
        "obtain",
        "split",
        "ext",
        "funext",
        "by_cases",
        "subst",
        "subst_vars",
        "injection",
        "generalizing",
        "at",
        "with",
        "only",
        "left",
        "right",
        "symm",
        "congr",
        "exfalso",
        "assumption",
        "fun_induction",
        "fun_cases",
        "solve_by_elim",
        "rintro",
        "absurd",
        "have",
        "show",
        "using",
        "simpa",
        "norm_num",
        "ring",
        "linarith",
        "nlinarith",
        "positivity",
        "aesop",
        "tauto",
        "bv_omega",
        "bv_normalize",
        "norm_cast",
        "push_cast",
        "arith",
        "contextual",
        "revert",
        "by",
        "fun",
        "first",
        "all_goals",
        "any_goals",
        "repeat",
        "calc",
        "match",
        "conv",
        "change",
        "specialize",
        "List.ext_getElem",
        "BitVec.eq_of_toNat_eq",
        "BitVec.eq_of_getLsbD_eq",
        "Eq.symm",
    ]
)


def template_of(step: str) -> str:
    """Return a step without the names in it: `induction _ <;> grind`, `simp [_]`."""
    text = _BRACKETS.sub(lambda found: "[*]" if found[0] == "[*]" else "[_]", step)
    words = [_general(word) for word in _WORD.findall(text)]
    return re.sub(r"_(?: _)+", "_", " ".join(words))[:80]


def _general(word: str) -> str:
    if not (word[0].isalpha() or word[0] in "_0123456789"):
        return word
    base = word.rstrip("?") if word.rstrip("?") in TACTIC_WORDS else word
    return word if base in TACTIC_WORDS else "_"


def closing_tactic(step: str) -> str:
    """Return the tactic that a step ends with: that of `induction n <;> simp_all` is `simp_all`."""
    last = re.split(r"<;>|;|\n|\bby\b", step)[-1].split()
    return last[0] if last else ""


@dataclass(frozen=True, slots=True)
class StepKind:
    """What steps have in common that fail for the same reason."""

    template: str
    ending: str


def kind_of(step: str) -> StepKind:
    """Return the kind of a step."""
    return StepKind(template_of(step), closing_tactic(step))


@lru_cache(maxsize=64)
def goal_symbols(goal: str) -> tuple[str, ...]:
    """Return the symbols of a pretty-printed goal: `t:` in the target, `h:` in the hypotheses.

    Local names are left out.
    """
    before, _, target = goal.partition("⊢")
    local: set[str] = set()
    for line in before.splitlines():
        names, colon, _ = line.partition(" :")
        if colon and not line.startswith(" "):
            local.update(_NAME.findall(names))
    found = [f"t:{word}" for word in _symbols(target, local)]
    found += [f"h:{word}" for word in _symbols(before, local)]
    if "⊢" in goal[len(before) + 1 :]:
        found.append("several")
    found.append(f"size:{min(4, len(goal) * 4 // _LONG_GOAL)}")
    return tuple(found)


def _symbols(text: str, local: set[str]) -> list[str]:
    words = dict.fromkeys(_WORD.findall(text))
    kept = [word for word in words if word not in local and word not in "(),.:[]{}"]
    parts = [f".{word.rpartition('.')[2]}" if "." in word[1:-1] else word for word in kept]
    numbers = ["0" if part.isdigit() and part not in "012" else part for part in parts]
    return list(dict.fromkeys(numbers))[:_MOST_SYMBOLS]


def features_of(goal: str, step: str, source: str, score: float | None) -> Iterator[str]:
    """Yield the features of a step for a goal, as text.

    `score` is the model's mean log-probability of a token, if the step is the model's.
    """
    template = template_of(step)
    ending = closing_tactic(step)
    yield f"k:{template}"
    yield f"e:{ending}"
    yield f"s:{source}"
    if score is not None:
        yield f"l:{max(-8, round(2 * score))}"
    mentioned = sum(symbol[3:] in step for symbol in goal_symbols(goal) if symbol[2] == ".")
    yield f"m:{min(3, mentioned)}:{source}"
    for symbol in goal_symbols(goal):
        yield f"g:{symbol}"
        yield f"k:{template}|{symbol}"
        yield f"e:{ending}|{symbol}"
