"""Write the ranker's weights as a Lean module, for the tactics, which have no Python.

    python -m stepcheck.models.step_ranker.lean_table --out lean/LLMstep/StepWeights.lean

Weights near zero are left out: the table is read by an interpreter, and orders steps as well
without them (`docs/proposals.md`).
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from stepcheck.models.step_ranker.features import TACTIC_WORDS
from stepcheck.models.step_ranker.step_ranker import StepRanker, bundled_ranker

SMALLEST_WEIGHT = 0.2
"""A weight of a feature together with a symbol of the goal is left out if it is smaller."""

_MODULE = """/-!
# The weights of the step ranker

Made by `python -m stepcheck.models.step_ranker.lean_table` from the weights that Python uses; a
test compares the two. `LLMstep.StepRanker` says what they mean.
-/

namespace LLMstep

/-- The words of steps that are not names. -/
def tacticWordsText : String := "{words}"

/--
The weights, in hundredths. A line is a feature, its weights for a proof and for the time, and each
symbol of the goal with those of the two together; tabs between them, spaces within.
-/
def stepWeightsText : String := "{weights}"

end LLMstep
"""

app = typer.Typer(add_completion=False)


def render_lean_table(ranker: StepRanker) -> str:
    """Return the text of the Lean module with the weights of a ranker."""
    alone: dict[str, tuple[int, int]] = {}
    crossed: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for feature in sorted({*ranker.proof, *ranker.time}):
        weights = _hundredths(ranker.proof, feature), _hundredths(ranker.time, feature)
        key, separator, symbol = _split(feature)
        if not separator:
            alone[key] = weights
        elif any(weights):
            crossed[key][symbol] = weights
    lines = []
    for key in sorted({*alone, *crossed}):
        fields = [key, "{} {}".format(*alone.get(key, (0, 0)))]
        fields += [f"{symbol} {proof} {time}" for symbol, (proof, time) in crossed[key].items()]
        lines.append("\t".join(fields))
    words = _quote(" ".join(sorted(TACTIC_WORDS)))
    return _MODULE.format(words=words, weights=_quote("\n".join(lines)))


def _split(feature: str) -> tuple[str, str, str]:
    """Return a feature of the step, and the symbol of the goal that it stands together with."""
    if feature.startswith("g:"):
        return "g:", "|", feature[2:]
    return feature.partition("|")


def _hundredths(weights: Mapping[str, float], feature: str) -> int:
    value = weights.get(feature, 0.0)
    is_small = "|" in feature and abs(value) < SMALLEST_WEIGHT
    return 0 if is_small else round(100 * value)


def _quote(text: str) -> str:
    """Return the inside of a Lean string; its lines stay lines."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")


@app.command()
def main(out: Annotated[Path, typer.Option(help="The Lean module.")]) -> None:
    """Write the weights that stepcheck comes with."""
    out.write_text(render_lean_table(bundled_ranker()), encoding="utf-8")


if __name__ == "__main__":
    app()
