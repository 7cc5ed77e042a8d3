from pathlib import Path

from stepcheck.models.step_ranker.lean_table import render_lean_table
from stepcheck.models.step_ranker.step_ranker import StepRanker, bundled_ranker

TABLE = Path(__file__).parents[3] / "lean" / "LLMstep" / "StepWeights.lean"


def test_leans_table_is_made_of_the_bundled_weights() -> None:
    made = render_lean_table(bundled_ranker())
    assert TABLE.read_text(encoding="utf-8") == made, "run models/step_ranker/lean_table.py again"


def test_small_weights_of_a_feature_with_a_symbol_are_left_out() -> None:
    proof = {"": -1.0, "k:simp": 0.01, "k:simp|t:+": 0.19, "k:simp|t:-": 0.2, "g:t:+": 0.05}
    table = render_lean_table(StepRanker(proof, {"k:simp|t:-": 0.1}))
    assert 'stepWeightsText : String := "\\t-100 0\n' in table
    assert '\nk:simp\\t1 0\\tt:- 20 0"' in table
    assert "\ng:\\t0 0\\tt:+ 5 0\n" in table


def test_what_a_lean_string_cannot_hold_is_escaped() -> None:
    table = render_lean_table(StepRanker({'k:a "b" \\|t:\\': 1.0}, {}))
    assert '"k:a \\"b\\" \\\\\\t0 0\\tt:\\\\ 100 0"' in table
