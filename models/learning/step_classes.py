"""When two steps are the same but for their layout and the names that they choose.

What a step names by itself (`intro h`, `obtain ⟨x, hx⟩`, `fun y =>`) could be named otherwise; what
it cites could not.
"""

import re

from stepcheck.models.generation.completion_selection import normalize

_BINDER = re.compile(
    r"(?<![\w.'])(?:(?:intros?|rintro|obtain|fun|have|let|set|next|rename_i|r?ext1?|funext)(?![\w'])"
    r"|λ|with(?![\w'])(?!\s*\|)|\|\s*[\w.]+(?=[^|=;\n]*=>))([^:=;\n]*)"
)
_IDENTIFIER = re.compile(r"(?<![\w.'!?])[^\W\d][\w'!?]*")
_KEPT = {"rfl", "_", "at", "only", "using", "from", "by", "fun"}


def canonical(step: str) -> str:
    """Return a step with blanks as in `normalize`, and the names it introduces numbered."""
    numbers: dict[str, str] = {}
    for binder in _BINDER.finditer(step):
        for name in _IDENTIFIER.findall(binder[1]):
            if name not in _KEPT:
                numbers.setdefault(name, f"✝{len(numbers) + 1}")
    return normalize(_IDENTIFIER.sub(lambda found: numbers.get(found[0], found[0]), step))


def tactic_of(step: str) -> str:
    """Return the tactic that a step begins with, such as `rw`; what is none, as it is."""
    word = re.match(r"[^\W\d][\w'!?]*", step.lstrip("(· \n"))
    return word[0] if word else step.strip()[:1]
