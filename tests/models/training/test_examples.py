"""From goals and proofs to weighted token sequences."""

import random
from collections import Counter

import numpy
import pytest
from tokenizers import Tokenizer

from stepcheck.models.training.checked_goals import (
    CheckedGoal,
    answer_weights,
    drop_redundant,
    examples_of_checked_goals,
)
from stepcheck.models.training.corpus import Proof, Step
from stepcheck.models.training.examples import (
    Example,
    batches,
    encode,
    examples_of_proofs,
    examples_of_steps,
)
from stepcheck.models.training.network import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(["theorem foo (a : Nat) : ⊢ a + 0 = a", "exact Nat.add_comm a b"], 400)


def test_the_tokenizer_writes_back_what_it_reads(tokenizer: Tokenizer) -> None:
    text = "h✝ : ∀ x₁, ‖f x₁‖ ≤ 2 ^ 10\n  ⊢ 𝕜 \t x\n\n\n y 日本"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_prompts_are_predicted_in_part_and_answers_wholly(tokenizer: Tokenizer) -> None:
    example = Example("[LIBRARY]Std[GOAL]⊢ a = a", ("simp", "rfl"))
    for share, expected in ((0.0, 0), (1.0, 1)):
        (sequence,) = encode(
            [example], tokenizer, longest=99, prompt_share=share, draw=random.Random(1)
        )
        text = tokenizer.decode(sequence.tokens.tolist(), skip_special_tokens=False)
        assert text.replace(" ", "") == (
            "[LIBRARY]Std[GOAL]⊢a=a[PROOFSTEP]simp[END][PROOFSTEP]rfl[END]"
        )
        prompt = len(tokenizer.encode(example.prompt).ids)
        assert set(sequence.weights[1:prompt]) == {expected}
        starts = sequence.tokens == tokenizer.token_to_id("[PROOFSTEP]")
        assert set(sequence.weights[starts]) == {0}
        assert set(sequence.weights[prompt:][~starts[prompt:]]) == {1}


def test_long_sequences_are_cut_and_those_without_answer_dropped(tokenizer: Tokenizer) -> None:
    long = [Example("[GOAL]" + "a " * 50, ("rfl",)), Example("[GOAL]a", ("simp " * 50,))]
    sequences = encode(long, tokenizer, longest=20, prompt_share=0.0, draw=random.Random(1))
    assert [len(sequence.tokens) for sequence in sequences] == [20]


def test_a_proof_becomes_its_statement_and_all_its_steps() -> None:
    proof = Proof("foo", "theorem foo (a : Nat) : a = a", "intro x\nrfl", "Std", "s", "f")
    seen = {
        (example.prompt, example.tactics)
        for seed in range(40)
        for example in examples_of_proofs([proof], random.Random(seed))
    }
    steps = ("intro x", "rfl")
    assert seen == {
        ("[LIBRARY]Std[GOAL]a : Nat\n⊢ a = a", steps),
        ("[GOAL]a : Nat\n⊢ a = a", steps),
        ("[LIBRARY]Std[GOAL]theorem foo (a : Nat) : a = a", steps),
        ("[GOAL]theorem foo (a : Nat) : a = a", steps),
    }


def test_a_step_becomes_its_goal_and_tactic() -> None:
    (example,) = examples_of_steps([Step("⊢ p", "simp", "Mathlib")], random.Random(1))
    assert example.prompt.endswith("[GOAL]⊢ p")
    assert example.tactics == ("simp",)


def test_batches_hold_every_sequence_once_within_the_budget(tokenizer: Tokenizer) -> None:
    examples = [Example("[GOAL]" + "a " * n, ("rfl",)) for n in range(1, 60)]
    sequences = encode(examples, tokenizer, longest=99, prompt_share=1.0, draw=random.Random(1))
    made = list(batches(sequences, tokens_per_batch=256, padding=0, draw=random.Random(2)))
    assert all(batch.size <= 256 for batch in made)
    rows = [row[row != 0].tolist() for batch in made for row in batch.tokens]
    assert sorted(rows) == sorted(sequence.tokens.tolist() for sequence in sequences)
    assert all(numpy.all(b.weights.numpy()[b.tokens.numpy() == 0] == 0) for b in made)


def checked(
    proved: tuple[str, ...], progress: tuple[str, ...] = (), human: str = ""
) -> CheckedGoal:
    return CheckedGoal("⊢ p", ":p", "t", "s", human, proved, progress)


def test_proofs_that_dress_up_a_shorter_one_are_not_taught() -> None:
    proved = ["grind", "cases x <;> grind", "grind [foo]", "omega", "bv_omega", "exact foo"]
    assert drop_redundant(proved) == ["grind", "omega", "exact foo"]
    assert drop_redundant(["cases x <;> simp", "simp [foo]"]) == ["cases x <;> simp", "simp [foo]"]


def test_progress_is_taught_only_where_nothing_proves() -> None:
    assert answer_weights(checked(("simp",), ("ext",))) == {"simp": 1.0}
    assert answer_weights(checked((), ("ext", "intro"), "ext")) == {"ext": 2.0, "intro": 0.5}


def test_heavier_answers_are_drawn_more_often() -> None:
    goal = checked((), tuple(f"t{n}" for n in range(9)), "person's step")
    drawn = Counter(
        example.tactics[0]
        for seed in range(300)
        for example in examples_of_checked_goals([goal], random.Random(seed))
    )
    assert drawn.total() == 900
    assert drawn.most_common(1)[0][0] == "person's step"
    assert drawn["person's step"] > 2 * drawn.most_common(2)[1][1]
