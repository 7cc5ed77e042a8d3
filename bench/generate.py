"""How fast a model suggests: latency of one request, throughput of eight, beside the reference.

The reference is the algorithm of llmstep's server on the same weights: transformers' `generate`,
one request at a time, ten returned sequences (see `reference_server.py`).

    python bench/generate.py                  the bundled model
    python bench/generate.py --model FOLDER
    python bench/generate.py --random         random weights of the bundled model's shape

With random weights nothing ends early; compare figures of trained weights only with each other.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from reference_server import ReferenceModel

from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import GenerationRequest, Generator, SuggestionPrompt

_HYPOTHESES = (
    "α : Type u_1",
    "inst✝ : CommRing α",
    "a b c d : α",
    "s t : Finset α",
    "h₀ : a * b = c + d",
    "h₁ : ∀ x ∈ s, x * a ≤ b ∨ x + c = d",
    "h₂ : s ⊆ t ∧ t.card = s.card + 1",
    "ih : ∀ n, n < k → f n = g (n + 1)",
)


def goal(number: int, length: int) -> str:
    """Write a goal of about `length` characters, another for each number."""
    hypotheses = [f"x{number} : ℕ"]
    while sum(map(len, hypotheses)) < length - 40:
        hypotheses.append(_HYPOTHESES[len(hypotheses) % len(_HYPOTHESES)])
    return "\n".join(hypotheses) + f"\n⊢ a * (b + x{number}) = a * b + a * x{number}"


def median_milliseconds(run: Callable[[int], object], repeats: int) -> float:
    """Return the median time of `run(i)`, after one run to warm up."""
    run(-1)
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        run(number)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def ask(number: int, n: int, characters: int, method: str, max_tokens: int) -> GenerationRequest:
    prompt = SuggestionPrompt(goal(number, characters))
    return GenerationRequest(prompt, n=n, method=method, max_tokens=max_tokens, seed=number)  # type: ignore[arg-type]


def measure(generator: Generator, method: str, characters: int, repeats: int, tokens: int) -> float:
    """Print the figures of one method; return requests a second for eight clients."""
    alone = median_milliseconds(
        lambda i: generator.generate([ask(i, 8, characters, method, tokens)]), repeats
    )
    again = median_milliseconds(
        lambda _: generator.generate([ask(1, 8, characters, method, tokens)]), repeats
    )
    eight = median_milliseconds(
        lambda i: generator.generate(
            [ask(100 + 8 * i + j, 10, characters, method, tokens) for j in range(8)]
        ),
        max(2, repeats // 4),
    )
    print(
        f"{method:9} n=8: {alone:6.0f} ms   same goal again: {again:6.0f} ms   "
        f"8 requests, n=10: {8000 / eight:6.1f} requests/s"
    )
    return 8000 / eight


def write_random_model(folder: Path) -> None:
    """Write an untrained model of the bundled shape."""
    from transformers import PreTrainedTokenizerFast

    from stepcheck.models.generation.bundled_prompt import END, PADDING
    from stepcheck.models.training.network import Shape, new_network, train_tokenizer

    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py")]
    tokenizer = train_tokenizer([*texts, *_HYPOTHESES], 2048)
    # The last ids have no token; they cost what they would cost with one.
    network = new_network(Shape(2048, 320, 4, 1024, 5, 1024), tokenizer, seed=0)
    network.resize_token_embeddings(6144)
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PADDING
    ).save_pretrained(folder)


def main(
    model: Annotated[str, typer.Option(help="A folder, or bundled.")] = "bundled",
    random: Annotated[bool, typer.Option("--random", help="Untrained weights.")] = False,
    characters: Annotated[int, typer.Option(help="Length of the goals.")] = 400,
    max_tokens: Annotated[int, typer.Option(help="Longest completion.")] = 64,
    repeats: int = 12,
    dtype: str = "auto",
    threads: Annotated[int, typer.Option(help="0 chooses.")] = 0,
    reference_threads: Annotated[
        int, typer.Option(help="Of the reference; torch's default 0.")
    ] = 0,
    reference: bool = True,
) -> None:
    """Print latency and throughput of every method, and of the reference."""
    default_threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        if random:
            write_random_model(Path(folder))
            model = folder
        generator = load_generator(model, dtype=dtype, threads=threads or None)
        print(
            f"{model}, {torch.get_num_threads()} threads, {dtype}, {characters} characters a goal"
        )
        ours = {
            method: measure(generator, method, characters, repeats, max_tokens)
            for method in ("sample", "distinct", "beam")
        }
        if reference:
            path = Path(load_path(model))
            torch.set_num_threads(reference_threads or default_threads)
            theirs = ReferenceModel(path)
            one = median_milliseconds(
                lambda i: theirs.suggest(goal(i, characters), ""), max(2, repeats // 3)
            )
            times = ", ".join(f"{name} {rate * one / 1000:.1f}" for name, rate in ours.items())
            print(
                f"reference n=10: {one:5.0f} ms  ({torch.get_num_threads()} threads)"
                f"   {1000 / one:6.1f} requests/s   ours, times that: {times}"
            )


def load_path(model: str) -> str:
    """Return the folder of a model."""
    from stepcheck.models.generation.registry import model_folder

    return str(model_folder(model))


if __name__ == "__main__":
    typer.run(main)
