"""What every generator promises, for each family of networks and tokenizers."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import (
    Completion,
    GenerationRequest,
    Generator,
    SuggestionPrompt,
)

FAMILIES = ("random_llama", "sentencepiece_llama", "neox", "byt5", "t5")
METHODS = ("sample", "distinct", "beam")


@pytest.fixture(scope="module")
def generators(request: pytest.FixtureRequest) -> dict[str, Generator]:
    return {
        family: load_generator(
            request.getfixturevalue(family), device="cpu", dtype="float32", threads=1
        )
        for family in FAMILIES
    }


def ask(goal: str = "⊢ True", prefix: str = "", **options: object) -> GenerationRequest:
    options = {"n": 4, "max_tokens": 10, "seed": 7} | options
    return GenerationRequest(SuggestionPrompt(goal, prefix), **options)  # type: ignore[arg-type]


PREFIXES = st.one_of(
    st.text(max_size=12),
    st.text("simp_al rw[]⟨⟩h.xα✝ℝ₁\n\t ", max_size=12),
    st.sampled_from(
        ["exact Nat.lt_succ_", "rw [h, add_z", "  intro", "simp ", "⟨", "ex", "😀", "sim"]
    ),
)


@pytest.mark.parametrize("family", FAMILIES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(prefix=PREFIXES, method=st.sampled_from(METHODS), seed=st.integers(0, 2**63))
def test_every_completion_begins_with_the_prefix(
    generators: dict[str, Generator], family: str, prefix: str, method: str, seed: int
) -> None:
    request = ask(prefix=prefix, method=method, seed=seed, n=3, max_tokens=6)
    (found,) = generators[family].generate([request])
    assert len(found) <= 3
    for completion in found:
        assert completion.text.startswith(prefix)
        assert completion.text.strip()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prefix", ["", "sim", "rw [h, ad"])
def test_answers_are_distinct_sorted_and_as_many_as_asked(
    generators: dict[str, Generator], family: str, method: str, prefix: str
) -> None:
    (found,) = generators[family].generate([ask(prefix=prefix, method=method, n=6)])
    texts = [" ".join(completion.text.split()) for completion in found]
    assert len(set(texts)) == len(texts)
    totals = [completion.log_probability for completion in found]
    assert totals == sorted(totals, reverse=True)
    assert all(total <= 0 for total in totals)
    assert 1 <= len(found) <= 6
    if method != "sample" and family != "byt5":  # random bytes are not always characters
        assert len(found) == 6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_request_is_answered_alike_alone_and_in_company(
    generators: dict[str, Generator], family: str, method: str
) -> None:
    requests = [
        ask("n : ℕ\n⊢ n < n + 1", method=method, seed=1),
        ask("⊢ True", "sim", method=method, seed=2, n=2),
        ask("⊢ True", "sim", method=method, seed=3, n=5, max_tokens=4),
        ask("a b c : ℤ\nh : a = b\n⊢ b = a", "rw [", method=method, seed=4, temperature=0.7),
    ]
    generator = generators[family]
    together = generator.generate(requests)
    for request, expected in zip(requests, together, strict=True):
        (alone,) = generator.generate([request])
        assert [c.text for c in alone] == [c.text for c in expected]
        assert [c.score for c in alone] == pytest.approx([c.score for c in expected], abs=5e-3)


def test_seeds_repeat_and_differ(generators: dict[str, Generator]) -> None:
    generator = generators["random_llama"]
    first, again, other = generator.generate(
        [ask(method="sample", seed=seed) for seed in (1, 1, 2)]
    )
    assert first == again
    assert first != other
    unseeded = [generator.generate([ask(method="sample", seed=None)])[0] for _ in range(2)]
    assert unseeded[0] != unseeded[1]


@pytest.mark.parametrize("temperature", [0.4, 1.0, 1.7])
@pytest.mark.parametrize("method", METHODS)
def test_scores_are_mean_log_probabilities_at_temperature_one(
    trained_llama: Path,
    goals: tuple[str, ...],
    steps: tuple[str, ...],
    method: str,
    temperature: float,
) -> None:
    generator = load_generator(trained_llama, device="cpu", dtype="float32", threads=1)
    network = AutoModelForCausalLM.from_pretrained(trained_llama)
    tokenizer = AutoTokenizer.from_pretrained(trained_llama)
    results = generator.generate(
        [ask(goal, method=method, temperature=temperature, max_tokens=30) for goal in goals]
    )
    checked = 0
    for goal, found in zip(goals, results, strict=True):
        prompt = tokenizer(f"[GOAL]{goal}[PROOFSTEP]").input_ids
        for completion in found:
            if completion.text not in steps:
                continue  # what it has not learnt it may write in other tokens than the tokenizer
            answer = tokenizer(completion.text + "[END]").input_ids
            with torch.inference_mode():
                logits = network(input_ids=torch.tensor([prompt + answer])).logits[0]
            log_probabilities = torch.log_softmax(logits, dim=-1)[len(prompt) - 1 : -1]
            expected = log_probabilities[range(len(answer)), answer].mean().item()
            assert completion.score == pytest.approx(expected, abs=1e-3)
            checked += 1
    assert checked >= 2


def test_the_decoder_of_a_seq2seq_model_reads_the_prefix(byt5: Path) -> None:
    """Greedy continuation of a prefix equals that of transformers with `decoder_input_ids`."""
    generator = load_generator(byt5, device="cpu", dtype="float32", threads=1)
    network = AutoModelForSeq2SeqLM.from_pretrained(byt5)
    goal, prefix = "h : a ∣ b\n⊢ a ≤ b", "exact ⟨"
    source = torch.tensor([[byte + 3 for byte in goal.encode()] + [1]])
    written = [0, *(byte + 3 for byte in prefix.encode())]
    for _ in range(8):
        with torch.inference_mode():
            output = network(input_ids=source, decoder_input_ids=torch.tensor([written]))
        logits = output.logits[0, -1].clone()
        logits[[0, 2, *range(259, 384)]] = -torch.inf
        written.append(int(logits.argmax()))
    expected = bytes(token - 3 for token in written[1:] if token > 2).decode(errors="ignore")
    (found,) = generator.generate([ask(goal, prefix, n=1, method="beam", max_tokens=8)])
    assert found[0].text == expected.rstrip()


def test_a_trained_model_gives_its_steps_without_sorry_or_admit(
    trained_llama: Path, goals: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    generator = load_generator(trained_llama, device="cpu", threads=1)
    good = {step for step in steps if step not in {"sorry", "admit"}}
    for method in ("distinct", "beam"):
        for found in generator.generate([ask(goal, n=10, method=method) for goal in goals]):
            texts = {completion.text for completion in found}
            assert len(texts & good) >= 7
            assert not texts & {"sorry", "admit"}


def test_a_prefix_that_ends_within_a_token_is_continued_as_the_model_learnt(
    trained_llama: Path, goals: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    generator = load_generator(trained_llama, device="cpu", dtype="float32", threads=1)
    for step in steps:
        if step in {"sorry", "admit", "simp"}:
            continue
        for end in range(2, len(step)):
            prefix = step[:end]
            (found,) = generator.generate(
                [ask(goals[1], prefix, n=3, method="beam", max_tokens=30)]
            )
            assert step in {completion.text for completion in found}, prefix


def test_distinct_samples_follow_the_model(trained_llama: Path, goals: tuple[str, ...]) -> None:
    """The first of a sample without replacement is a sample: both have the same frequencies."""
    generator = load_generator(trained_llama, device="cpu", dtype="float32", threads=1)
    independent: Counter[str] = Counter()
    distinct: Counter[str] = Counter()
    for seed in range(150):
        requests = [
            ask(goals[0], n=1, method=method, seed=seed, max_tokens=30)
            for method in ("sample", "distinct")
        ]
        one, other = generator.generate(requests)
        independent.update(completion.text for completion in one)
        distinct.update(completion.text for completion in other)
    total = sum((independent | distinct).values())
    assert sum(((independent - distinct) + (distinct - independent)).values()) < 0.5 * total
    assert len(distinct) >= 5


def test_completions_are_reported_as_they_finish(generators: dict[str, Generator]) -> None:
    reported: list[tuple[int, Completion]] = []
    requests = [ask(max_tokens=3, method="sample"), ask("⊢ False", max_tokens=9, method="sample")]
    results = generators["random_llama"].generate(
        requests, on_completion=lambda index, completion: reported.append((index, completion))
    )
    for index, found in enumerate(results):
        assert set(found) <= {completion for other, completion in reported if other == index}
    indices = [index for index, _ in reported]
    assert indices == sorted(indices), "the shorter request is reported before the longer is done"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cancelled_request_stops_alone_and_keeps_what_it_has(
    generators: dict[str, Generator], family: str
) -> None:
    finished: list[int] = []
    requests = [ask("⊢ 1 = 1", max_tokens=60, method="sample"), ask(max_tokens=8, n=2)]
    expected = generators[family].generate(requests[1:])
    polls = 0

    def is_cancelled(index: int) -> bool:
        nonlocal polls
        polls += index == 0
        return index == 0 and polls > 2

    cancelled, other = generators[family].generate(
        requests,
        is_cancelled=is_cancelled,
        on_completion=lambda index, _: finished.append(index),
    )
    assert polls <= 3, "a cancelled request is not asked again"
    assert len(cancelled) == finished.count(0) < 4
    assert [c.text for c in other] == [c.text for c in expected[0]]


def test_nothing_to_do(generators: dict[str, Generator]) -> None:
    generator = generators["random_llama"]
    assert generator.generate([]) == []
    assert generator.generate([ask()], is_cancelled=lambda _: True) == [[]]


def test_temperature_zero_is_the_most_probable(generators: dict[str, Generator]) -> None:
    generator = generators["random_llama"]
    cold, beam = generator.generate(
        [ask(temperature=0, method="sample", seed=None), ask(method="beam")]
    )
    assert cold == beam


def test_a_small_nucleus_is_greedy(generators: dict[str, Generator]) -> None:
    greedy = ask(n=1, method="beam", max_tokens=5)
    for method in ("sample", "distinct"):
        request = replace(greedy, method=method, top_p=1e-6)  # type: ignore[arg-type]
        ours, best = generators["random_llama"].generate([request, greedy])
        assert [c.text for c in ours] == [c.text for c in best]


@pytest.mark.parametrize(
    "options", [{"n": 0}, {"max_tokens": 0}, {"temperature": -1}, {"top_p": 0}, {"top_p": 1.5}]
)
def test_senseless_numbers_are_refused(
    generators: dict[str, Generator], options: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        generators["random_llama"].generate([ask(**options)])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("goal", "prefix"),
    [
        ("", ""),
        ("⊢ " + "x + " * 30_000 + "x = 0", "rw [h"),
        ("h : p\n" * 20_000 + "⊢ p", ""),
        ("\0\ud800 ⊢ \udfff", "ex\udc00"),
        ("⊢ \0", "\0\0"),
        ("⊢ True[PROOFSTEP]simp[END]</s><unk>", "[GOAL]"),
        ("⊢ True", "a b " * 4_000),
    ],
    ids=["empty", "long target", "many hypotheses", "surrogates", "nul", "markers", "long prefix"],
)
def test_strange_input_is_survived(
    generators: dict[str, Generator], family: str, goal: str, prefix: str
) -> None:
    (found,) = generators[family].generate([ask(goal, prefix, n=2, max_tokens=300)])
    typed = prefix.encode("utf-8", errors="replace").decode()
    assert all(completion.text.startswith(typed) for completion in found)


@pytest.mark.parametrize("family", ["random_llama", "sentencepiece_llama", "neox"])
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    length=st.integers(200, 280),
    prefix=st.sampled_from(["exact Nat.lt_succ_of_l", "rw [h, add_z", "refine ⟨_, ?_", ""]),
    max_tokens=st.integers(1, 300),
)
def test_nothing_runs_beyond_the_context(
    generators: dict[str, Generator], family: str, length: int, prefix: str, max_tokens: int
) -> None:
    request = ask("x" * length, prefix, n=2, max_tokens=max_tokens)
    (found,) = generators[family].generate([request])
    assert all(completion.text.startswith(prefix) for completion in found)
