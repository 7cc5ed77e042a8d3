"""Fit what the judge's confidence rests on, and say how well it holds on tasks it has not seen.

    stepcheck judge --benchmark judge-dev-more.jsonl.xz --json > with.jsonl
    stepcheck judge --benchmark judge-dev-more.jsonl.xz --no-reference --json > without.jsonl
    python bench/calibrate.py with.jsonl without.jsonl [--write FILE] [--picture FILE]

Labels are those recomputed by the tests. All figures are of tasks held out: five folds by task, in
each of which the regression, and the map on top of it from inner folds, see the other four alone.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold

from stepcheck.server.judge.benchmark.benchmark import Record
from stepcheck.server.judge.calibration.calibration import FEATURES, Calibration, describe
from stepcheck.server.judge.decision import decide
from stepcheck.server.judge.verdict import Evidence, Verdict

Numbers = NDArray[np.float64]
_FOLDS = 5
_PENALTY = 0.5
_NEVER_FOR = (-np.inf, 0.0)
_NEVER_AGAINST = (0.0, np.inf)
_EITHER = (-np.inf, np.inf)
_BOUNDS = {
    "checks passed (logarithm)": _NEVER_AGAINST,
    "inputs that agree (logarithm)": _NEVER_AGAINST,
    "compared with a reference": _EITHER,
}
"""What a feature may weigh: by default, it never speaks for the code."""
_BINS = 10


@dataclass(frozen=True)
class Rows:
    """Judged rows: their evidence's figures, whether they are right, and the task of each."""

    records: list[Record]
    features: Numbers
    labels: Numbers
    tasks: NDArray[np.str_]

    def take(self, indices: NDArray[np.intp]) -> "Rows":
        """Return some of the rows."""
        some = [self.records[index] for index in indices]
        return Rows(some, self.features[indices], self.labels[indices], self.tasks[indices])


def read(paths: Sequence[Path]) -> Rows:
    """Read records that have recomputed labels, and evidence at all."""
    lines = (line for path in paths for line in path.read_text().splitlines())
    records = [
        record
        for record in map(Record.model_validate_json, lines)
        if record.recomputed is not None and decided(record) is not Verdict.UNKNOWN
    ]
    features = [describe(evidence_of(record)) for record in records]
    return Rows(
        records,
        np.array(features),
        np.array([float(bool(record.recomputed)) for record in records]),
        # humaneval-x/python/19/63: the task is the third part, whatever the language.
        np.array([record.id.split("/")[2] for record in records]),
    )


def evidence_of(record: Record) -> list[Evidence]:
    """Return what a record keeps of the evidence."""
    return [each.to_evidence() for each in record.evidence]


def decided(record: Record) -> Verdict:
    """Return the verdict before any that is not sure enough is withheld."""
    return decide(evidence_of(record))


def fit(rows: Rows) -> Calibration:
    """Fit the regression to all rows, and the map to what it says of rows held out from it."""
    held_out = np.empty(len(rows.records))
    for train, test in folds(rows):
        held_out[test] = log_odds(regress(rows.take(train)), rows.take(test))
    intercept, *weights = regress(rows)
    knots = list(blocks(held_out, rows.labels))
    return Calibration(
        features=FEATURES,
        intercept=round(float(intercept), 4),
        weights=tuple(round(float(weight), 4) for weight in weights),
        log_odds=tuple(round(place, 4) for place, _ in knots),
        frequencies=tuple(round(share, 4) for _, share in knots),
    )


def folds(rows: Rows) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows to learn from and those to measure on, with no task in both."""
    yield from GroupKFold(_FOLDS).split(rows.features, rows.labels, rows.tasks)


def regress(rows: Rows) -> Numbers:
    """Return the intercept and the weights of a logistic regression within `_BOUNDS`."""
    inputs = np.column_stack([np.ones(len(rows.labels)), rows.features])

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        said = inputs @ weights
        misfit = np.logaddexp(0, said).sum() - rows.labels @ said
        shrunk = np.concatenate([[0.0], weights[1:]])
        slope = inputs.T @ (expit(said) - rows.labels) + 2 * _PENALTY * shrunk
        return float(misfit + _PENALTY * shrunk @ shrunk), slope

    bounds = [_EITHER, *(_BOUNDS.get(feature, _NEVER_FOR) for feature in FEATURES)]
    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, bounds=bounds)
    weights: Numbers = found.x
    return weights


def log_odds(weights: Numbers, rows: Rows) -> Numbers:
    """Return what the regression says of rows."""
    said: Numbers = weights[0] + rows.features @ weights[1:]
    return said


def blocks(said: Numbers, labels: Numbers) -> Iterator[tuple[float, float]]:
    """Yield both ends of each block of the isotonic regression, with Laplace's estimate of it."""
    levels = IsotonicRegression(out_of_bounds="clip").fit_transform(said, labels)
    highest = 0.0
    for level in np.unique(levels):
        within = levels == level
        estimate = float((labels[within].sum() + 1) / (within.sum() + 2))
        highest = max(highest, estimate)
        low, high = float(said[within].min()), float(said[within].max())
        yield low, highest
        if high - low > 1e-3:
            yield high, highest


def measure(rows: Rows) -> Numbers:
    """Return how likely each row is right, by what was fitted to other tasks."""
    said = np.empty(len(rows.records))
    for train, test in folds(rows):
        calibration = fit(rows.take(train))
        for index in test:
            said[index] = calibration.probability(evidence_of(rows.records[index]))
    return said


@dataclass(frozen=True)
class Quality:
    """How good probabilities are: Brier score, log loss, expected calibration error."""

    brier: float
    log_loss: float
    error: float


def assess(said: Numbers, labels: Numbers) -> Quality:
    """Compare probabilities with what was true."""
    clipped = np.clip(said, 1e-6, 1 - 1e-6)
    losses = labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped)
    gaps = [abs(said[one].mean() - labels[one].mean()) * one.sum() for one in bins(said)]
    return Quality(
        float(((said - labels) ** 2).mean()), float(-losses.mean()), float(sum(gaps) / len(said))
    )


def bins(said: Numbers) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows lie in each tenth of the probabilities, leaving out empty ones."""
    which = np.minimum((said * _BINS).astype(int), _BINS - 1)
    for each in range(_BINS):
        if (which == each).any():
            yield which == each


def curve(rows: Rows, said: Numbers) -> tuple[Numbers, Numbers]:
    """Return coverage and accuracy of the verdicts when the least sure ones are withheld."""
    correct = np.array([decided(record) is Verdict.CORRECT for record in rows.records])
    confidence = np.where(correct, said, 1 - said)
    right = (correct == (rows.labels > 0.5)).astype(float)
    order = np.argsort(-confidence, kind="stable")
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), np.cumsum(right[order]) / counts


def draw(rows: Rows, said: Numbers, file: Path) -> None:
    """Draw how often it was right at each confidence, and the accuracy at each coverage."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "stepcheck"
    from matplotlib import pyplot as plot

    figure, (reliability, abstention) = plot.subplots(1, 2, figsize=(9, 4))
    reliability.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for one in bins(said):
        size = 10 + 0.3 * one.sum()
        reliability.scatter(said[one].mean(), rows.labels[one].mean(), size, color="tab:blue")
    reliability.set(xlabel="said to be right", ylabel="right", title="Reliability, tasks held out")
    coverage, accuracy = curve(rows, said)
    tail = coverage >= 0.1
    abstention.plot(coverage[tail], accuracy[tail], color="tab:blue")
    abstention.set(xlabel="coverage", ylabel="accuracy", title="Withholding the least sure")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Fit, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--write", type=Path, help="where the fitted figures go")
    parser.add_argument("--picture", type=Path, help="where the picture goes (SVG)")
    arguments = parser.parse_args()
    rows = read(arguments.records)
    said = measure(rows)
    base = np.full(len(said), rows.labels.mean())
    print(f"{len(said)} judgements of {len(set(rows.tasks))} tasks, each by what others taught")
    for name, probabilities in (("fitted", said), ("always the mean", base)):
        quality = assess(probabilities, rows.labels)
        print(
            f"{name:16} Brier {quality.brier:.4f}  log loss {quality.log_loss:.4f}"
            f"  calibration error {quality.error:.4f}"
        )
    coverage, accuracy = curve(rows, said)
    for share in (0.5, 0.7, 0.8, 0.9, 0.95, 1.0):
        index = math.ceil(share * len(said)) - 1
        print(f"coverage {coverage[index]:.2f}  accuracy {accuracy[index]:.4f}")
    calibration = fit(rows)
    for feature, weight in zip(FEATURES, calibration.weights, strict=True):
        print(f"{weight:+8.3f}  {feature}")
    print(f"{calibration.intercept:+8.3f}  intercept; {list(calibration.frequencies)}")
    if arguments.write:
        arguments.write.write_text(calibration.model_dump_json(indent=2) + "\n")
    if arguments.picture:
        draw(rows, said, arguments.picture)


if __name__ == "__main__":
    main()
