"""The judge beside what is commonly used instead, on the same labelled candidates.

    stepcheck judge --benchmark judge-dev-more.jsonl.xz --json > records.jsonl
    python bench/judge.py judge-dev-more.jsonl.xz records.jsonl

BLEU and chrF compare a candidate's text with the reference; "examples" and "differential" are that
evidence alone. τ-b is of scores for the texts, of verdicts for the rest; accuracy is of the rows
decided. Labels are those recomputed by the tests, else the published ones (`--published`: always).
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sacrebleu.metrics import BLEU, CHRF

from stepcheck.server.judge.benchmark.agreement import kendall_tau_b
from stepcheck.server.judge.benchmark.benchmark import Record, Row, read_rows
from stepcheck.server.judge.verdict import EvidenceKind, Finding, Verdict

_SIDES = {Verdict.INCORRECT: 0.0, Verdict.UNKNOWN: 0.5, Verdict.CORRECT: 1.0}
_FINDINGS = {Finding.REFUTES: 0.0, Finding.NOTHING: 0.5, Finding.SUPPORTS: 1.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """How well one way of judging agrees with the labels; NaN where a figure has no meaning."""

    coverage: float
    accuracy: float
    tau: float


def measure_verdicts(sides: Sequence[float], labels: Sequence[bool]) -> Measured:
    """Return the figures of verdicts: 0 incorrect, 1 correct, between them undecided."""
    decided = [
        (side > 0.5) == label for side, label in zip(sides, labels, strict=True) if side != 0.5
    ]
    return Measured(
        len(decided) / len(sides),
        sum(decided) / len(decided) if decided else math.nan,
        kendall_tau_b(sides, [float(label) for label in labels]),
    )


def measure_scores(scores: Sequence[float], labels: Sequence[bool]) -> Measured:
    """Return the figure of scores, which decide nothing by themselves."""
    return Measured(math.nan, math.nan, kendall_tau_b(scores, [float(each) for each in labels]))


def finding_of(kind: EvidenceKind) -> Callable[[Record], float]:
    """Return what says a record's verdict by one kind of evidence alone."""

    def decide(record: Record) -> float:
        found = [each.finding for each in record.evidence if each.kind is kind]
        return _FINDINGS[found[0]] if found else 0.5

    return decide


def measure(rows: Sequence[tuple[Row, Record]], *, published: bool) -> dict[str, Measured]:
    """Return the figures of each way of judging some rows."""
    labels = [
        record.label if published or record.recomputed is None else record.recomputed
        for _, record in rows
    ]
    bleu, chrf = BLEU(effective_order=True), CHRF()
    return {
        "BLEU": measure_scores([score_text(bleu, row) for row, _ in rows], labels),
        "chrF": measure_scores([score_text(chrf, row) for row, _ in rows], labels),
        "examples": measure_verdicts(
            [finding_of(EvidenceKind.EXAMPLES)(record) for _, record in rows], labels
        ),
        "differential": measure_verdicts(
            [finding_of(EvidenceKind.DIFFERENTIAL)(record) for _, record in rows], labels
        ),
        "the judge": measure_verdicts([_SIDES[record.verdict] for _, record in rows], labels),
    }


def score_text(metric: BLEU | CHRF, row: Row) -> float:
    """Return how alike a candidate and the reference look."""
    return float(metric.sentence_score(row.candidate, [row.reference]).score)


def main() -> None:
    """Print a table for each language."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("records", type=Path)
    parser.add_argument("--published", action="store_true", help="use the published labels alone")
    arguments = parser.parse_args()
    records = map(Record.model_validate_json, arguments.records.read_text().splitlines())
    kept = {record.id: record for record in records}
    pairs = [(row, kept[row.id]) for row in read_rows(arguments.rows) if row.id in kept]
    table = Table("language", "rows", "judged by", "coverage", "accuracy", "τ-b")
    for language in sorted({row.language for row, _ in pairs}):
        some = [(row, record) for row, record in pairs if row.language == language]
        for name, figures in measure(some, published=arguments.published).items():
            shown = (figures.coverage, figures.accuracy, figures.tau)
            cells = ("-" if math.isnan(each) else f"{each:.3f}" for each in shown)
            table.add_row(language, str(len(some)), name, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
