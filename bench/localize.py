"""Train and measure what faulty lines look like: python -m bench.localize DEBUGBENCH DEV [-o OUT].

DEBUGBENCH and DEV are edits-debugbench and edits-dev. Every difference of a pair of DEBUGBENCH is
undone alone, which makes a program with one fault on known lines; the weights make these lines
likely among all of the program's. One problem in five, chosen by the hash of its text, is held out.
On DEV, which nothing was fitted to, the examples are run, and the first and the first three lines
of the ranking compared with those that differ.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from bench.datasets import read_rows
from bench.repair import wrong_lines
from stepcheck.server.judge.evidence import examples
from stepcheck.server.judge.evidence.fault_localization import (
    Run,
    describe_lines,
    rank_lines,
    suspect,
)
from stepcheck.server.judge.languages.python.source import definitions, parse
from stepcheck.server.repair.training import differences, is_held_out
from stepcheck.server.sandbox.sandbox import Sandbox, Status

PENALTY = 1.0
MAX_PER_PROBLEM = 3
LEAST_COUNT = 3


Fault = tuple[list[tuple[str, ...]], list[int]]
"""What the lines of a program look like, and the numbers of those at fault."""


def read_faults(path: Path) -> tuple[list[Fault], list[Fault]]:
    """Return those to learn from, and those held out."""
    kept: list[Fault] = []
    held_out: list[Fault] = []
    counts: Counter[str] = Counter()
    for row in read_rows(path):
        for source in differences(row["before"], row["after"]):
            wrong = wrong_lines(source, row["after"])
            described = describe_lines(source)
            lines = sorted(described)
            right = [number for number, line in enumerate(lines) if line in wrong]
            if not right or len(lines) < 2 or counts[row["problem"]] == MAX_PER_PROBLEM:
                continue
            counts[row["problem"]] += 1
            chosen = held_out if is_held_out(row["problem"]) else kept
            chosen.append(([described[line] for line in lines], right))
    return kept, held_out


def fit(faults: list[Fault]) -> dict[str, float]:
    counts = Counter(name for looks, _ in faults for look in looks for name in look)
    names = sorted(name for name, count in counts.items() if count >= LEAST_COUNT)
    columns = {name: number for number, name in enumerate(names)}
    matrices = []
    for looks, _ in faults:
        matrix = np.zeros((len(looks), len(names)))
        for number, look in enumerate(looks):
            for name in look:
                if name in columns:
                    matrix[number, columns[name]] = 1.0
        matrices.append(matrix)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total = PENALTY * float(weights @ weights)
        slope = 2 * PENALTY * weights
        for matrix, (_, right) in zip(matrices, faults, strict=True):
            scores = matrix @ weights
            total += logsumexp(scores) - logsumexp(scores[right])
            slope += matrix.T @ np.exp(scores - logsumexp(scores))
            slope -= matrix[right].T @ np.exp(scores[right] - logsumexp(scores[right]))
        return total, slope

    solved = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    return {name: round(float(solved.x[column]), 3) for name, column in columns.items()}


def measure(weights: dict[str, float], faults: list[Fault]) -> dict[str, float]:
    """Return how often a faulty line is among the first, by looks alone and by chance."""
    first = three = chance = 0.0
    for looks, right in faults:
        scores = [sum(weights.get(name, 0.0) for name in look) for look in looks]
        order = sorted(range(len(looks)), key=lambda number: -scores[number])
        first += order[0] in right
        three += any(number in right for number in order[:3])
        chance += len(right) / len(looks)
    count = len(faults)
    return {
        "programs": count,
        "top 1": first / count,
        "top 3": three / count,
        "chance": chance / count,
    }


def measure_runs(path: Path) -> dict[str, float]:
    """Return how often a faulty line is among the first, by what runs and by looks."""
    figures: Counter[str] = Counter()
    for row in read_rows(path):
        figures["programs"] += 1
        names = definitions(parse(row["before"]))
        found = examples.find(row["before"], row["problem"]).checks
        checks = [check for check in found if check.stands_alone]
        results = Sandbox().examine(row["before"], names, checks, traced=True).results
        runs = [
            Run(
                result.status is Status.PASSED,
                frozenset(result.lines),
                (result.candidate_line,) if result.candidate_line else (),
            )
            for result in results
        ]
        wrong = wrong_lines(row["before"], row["after"])
        suspicion = suspect(runs)
        by_runs = sorted(suspicion, key=lambda line: (-suspicion[line], line))
        for name, order in (("runs", by_runs), ("runs and looks", rank_lines(row["before"], runs))):
            figures[f"{name}, top 1"] += bool(wrong & set(order[:1]))
            figures[f"{name}, top 3"] += bool(wrong & set(order[:3]))
    return dict(figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("debugbench", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="write the weights here")
    options = parser.parse_args()
    kept, held_out = read_faults(options.debugbench)
    weights = fit(kept)
    figures = {"learned from": measure(weights, kept), "held out": measure(weights, held_out)}
    print(json.dumps(figures, indent=2))
    if options.output:
        content = {"measured": figures, "weights": weights}
        options.output.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    print(json.dumps(measure_runs(options.dev), indent=2))


if __name__ == "__main__":
    main()
