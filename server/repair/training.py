"""Train the prior on pairs of a wrong and a right program.

`python -m stepcheck.server.repair.training edits-debugbench.jsonl.xz -o prior.json`

Each difference of a pair is undone alone, which makes a program with one bug; where one of its
mutations gives the right program back, that one is what the prior should prefer to the others. One
problem in five, chosen by the hash of its text, is held out and measured on.
"""

import argparse
import ast
import difflib
import hashlib
import json
import lzma
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.repair.mutation import Mutation
from stepcheck.server.repair.mutations import mutate
from stepcheck.server.repair.prior import Prior, features
from stepcheck.server.repair.program import Program, apply_edits, line_starts

_PENALTY = 0.3
_MAX_OTHERS = 300
_MAX_PER_PROBLEM = 3
_LEAST_COUNT = 2
_LEAST_WEIGHT = -2.5
_HELD_OUT = 5
_MAX_DISTANCE = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """The mutations of a program with one bug, and which of them repair it."""

    mutations: tuple[Mutation, ...]
    right: frozenset[int]


def is_held_out(problem: str) -> bool:
    """Whether a problem is kept out of training."""
    return hashlib.sha256(problem.encode()).digest()[0] % _HELD_OUT == 0


def differences(before: str, after: str) -> Iterator[str]:
    """Yield `after` with one difference of the pair undone, where that makes another program."""
    for source, _, _ in _differences(before, after):
        yield source


def _differences(before: str, after: str) -> Iterator[tuple[str, int, int]]:
    """Yield such programs, each with the first and the last of the lines that differ, from 1."""
    wanted = _tree(after)
    if wanted is None:
        return
    wrong, right = before.strip("\n").splitlines(), after.strip("\n").splitlines()
    matcher = difflib.SequenceMatcher(None, wrong, right, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        source = "\n".join([*right[:start], *wrong[first:last], *right[end:]]) + "\n"
        if _tree(source) not in (None, wanted):
            yield source, start + 1, start + (last - first)


def find_choices(before: str, after: str) -> Iterator[Choice]:
    """Yield what the differences of a pair teach."""
    wanted = _tree(after)
    plain = _squeeze(after)
    for source, first, last in _differences(before, after):
        near = range(first - _MAX_DISTANCE, last + 1 + _MAX_DISTANCE)
        mutations = tuple(mutate(Program(source)))
        found = frozenset(
            number
            for number, mutation in enumerate(mutations)
            if _touches(source, mutation, near)
            and _squeeze(made := apply_edits(source, mutation.edits)) == plain
            and _tree(made) == wanted
        )
        if found:
            yield Choice(mutations, found)


def fit(choices: Sequence[Choice]) -> Prior:
    """Return the weights that make the right mutations likely, by penalised likelihood."""
    counts: dict[str, int] = {}
    for choice in choices:
        for number in choice.right:
            for feature in features(choice.mutations[number]):
                counts[feature] = counts.get(feature, 0) + 1
    # Kinds never seen to repair anything are learned too: their weight is negative.
    for choice in choices:
        for kind in {mutation.kind for mutation in choice.mutations}:
            counts[kind] = counts.get(kind, 0) + _LEAST_COUNT
    names = sorted(name for name, count in counts.items() if count >= _LEAST_COUNT)
    columns = {name: number for number, name in enumerate(names)}
    samples = [_sample(choice) for choice in choices]
    matrix = _to_matrix([sample.mutations for sample in samples], columns)
    starts = np.cumsum([0, *(len(sample.mutations) for sample in samples)])
    right = [np.arange(len(choice.right)) for choice in choices]
    offsets = np.concatenate([sample.offsets for sample in samples])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = matrix @ weights + offsets
        slopes = np.zeros_like(scores)
        total = 0.0
        for number, chosen in enumerate(right):
            some = slice(starts[number], starts[number + 1])
            every = scores[some]
            good = every[chosen]
            total += logsumexp(every) - logsumexp(good)
            slopes[some] += np.exp(every - logsumexp(every))
            slopes[starts[number] + chosen] -= np.exp(good - logsumexp(good))
        total += _PENALTY * float(weights @ weights)
        return total, matrix.T @ slopes + 2 * _PENALTY * weights

    # What was never seen to repair anything is unlikely, not impossible.
    bounds = [(_LEAST_WEIGHT, None)] * len(names)
    solved = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return Prior({name: round(float(solved.x[column]), 3) for name, column in columns.items()})


def measure(prior: Prior, choices: Sequence[Choice]) -> dict[str, float]:
    """Return how far up the right mutations are among all of a program."""
    places = []
    for choice in choices:
        scores = [prior.score(mutation) for mutation in choice.mutations]
        best = max(scores[number] for number in choice.right)
        # Ties count half.
        ties = sum(score == best for score in scores) - 1
        places.append(1 + sum(score > best for score in scores) + ties / 2)
    ranks = np.array(places)
    return {
        "programs": len(choices),
        "mutations": float(np.median([len(choice.mutations) for choice in choices])),
        "median rank": float(np.median(ranks)),
        **{f"in first {most}": float(np.mean(ranks <= most)) for most in (1, 10, 50, 200)},
    }


@dataclass(frozen=True, slots=True)
class _Sample:
    """The right mutations of a program, then some of the others, which stand for all of them."""

    mutations: tuple[Mutation, ...]
    offsets: np.ndarray


def _sample(choice: Choice) -> _Sample:
    right = [choice.mutations[number] for number in sorted(choice.right)]
    others = [each for at, each in enumerate(choice.mutations) if at not in choice.right]
    chance = random.Random(len(others))  # noqa: S311 - no secret
    chosen = chance.sample(others, min(len(others), _MAX_OTHERS))
    share = math.log(len(others) / len(chosen)) if chosen else 0.0
    offsets = np.array([0.0] * len(right) + [share] * len(chosen))
    return _Sample((*right, *chosen), offsets)


def _to_matrix(programs: Sequence[Sequence[Mutation]], columns: dict[str, int]) -> csr_matrix:
    indices: list[int] = []
    pointers = [0]
    for mutations in programs:
        for mutation in mutations:
            indices += [columns[name] for name in features(mutation) if name in columns]
            pointers.append(len(indices))
    shape = (len(pointers) - 1, len(columns))
    return csr_matrix((np.ones(len(indices)), indices, pointers), shape=shape)


def _tree(source: str) -> str | None:
    try:
        return ast.dump(parse(source))
    except SourceError:
        return None


def _squeeze(source: str) -> str:
    """Return what is left of a text without layout: equal trees have it equal, nearly always."""
    plain = re.sub(r"#[^\n]*|[\s()]", "", source)
    return plain.replace("'", '"')


def _touches(source: str, mutation: Mutation, lines: range) -> bool:
    starts = line_starts(source)
    first, last = starts[max(0, lines.start - 1)], starts[min(lines.stop, len(starts) - 1)]
    return any(edit.start <= last and edit.end >= first for edit in mutation.edits)


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path, help="edits-debugbench.jsonl.xz")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--rows", type=int, help="stop after so many rows")
    options = parser.parse_args()
    with lzma.open(options.pairs, "rt") as lines:
        rows = [json.loads(line) for line in lines][: options.rows]
    trained: list[Choice] = []
    held_out: list[Choice] = []
    counts: Counter[str] = Counter()
    for number, row in enumerate(rows):
        chosen = held_out if is_held_out(row["problem"]) else trained
        # The same problem comes with many bugs: none should weigh more than others.
        left = _MAX_PER_PROBLEM - counts[row["problem"]]
        found = list(islice(find_choices(row["before"], row["after"]), left))
        counts[row["problem"]] += len(found)
        chosen += found
        if number % 100 == 0:
            sys.stderr.write(f"{number} of {len(rows)} rows\n")
    prior = fit(trained)
    figures = {"trained on": measure(prior, trained), "held out": measure(prior, held_out)}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    content = {"measured": figures, "weights": dict(prior.weights)}
    options.output.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
