"""How much is repaired: python -m bench.repair PAIRS [--rows N] [--seconds S] [--trained].

PAIRS holds JSON lines of `{problem, examples?, before, after, tests?}`, where `before` is wrong and
`after` is right: edits-dev, or edits-debugbench. Of the latter only rows whose problem was held out
from the prior's training are taken, in an order by hash (with --trained: only others).

The search sees the problem and the examples. Its fixes are then run against the hidden tests, or,
where a row has none, compared with `after` on 60 inputs like the examples'. Rows of which the judge
does not find `after` correct, by the same examples, are counted apart: nothing can repair them.
"""

import argparse
import difflib
import hashlib
import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.datasets import read_rows
from stepcheck.server.judge.benchmark.preludes import LEETCODE
from stepcheck.server.judge.evidence import tests
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Finding, Verdict
from stepcheck.server.repair.program import line_starts
from stepcheck.server.repair.repair import Fix, Repairer
from stepcheck.server.repair.training import is_held_out
from stepcheck.server.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Pair:
    """A wrong and a right program, with what the search may know of the task, and may not."""

    name: str
    kind: str
    question: Question
    after: str
    tests: str


def read_pairs(path: Path, *, rows: int | None, trained: bool) -> list[Pair]:
    """Return the pairs that count."""
    found = [_to_pair(row) for row in read_rows(path) if _counts(row, trained=trained)]
    found.sort(key=lambda pair: hashlib.sha256(pair.name.encode()).digest())
    return found[:rows]


def _counts(row: dict[str, Any], *, trained: bool) -> bool:
    return "tests" in row or is_held_out(row["problem"]) != trained


def _to_pair(row: dict[str, Any]) -> Pair:
    prelude = "" if "tests" in row else LEETCODE
    question = Question(
        code=prelude + row["before"],
        intent=row["problem"],
        examples="\n\n".join(row.get("examples", ())),
    )
    return Pair(row["id"], row["kind"], question, prelude + row["after"], row.get("tests", ""))


def wrong_lines(before: str, after: str) -> set[int]:
    """Return the lines of `before` that differ; of what is missing, the lines around."""
    old, new = ([line.strip() for line in text.splitlines()] for text in (before, after))
    found: set[int] = set()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, _, _ in matcher.get_opcodes():
        if tag == "insert":
            found |= {first, first + 1}
        elif tag != "equal":
            found |= set(range(first + 1, last + 1))
    return found


def edited_lines(code: str, fix: Fix) -> set[int]:
    """Return the lines of the code that a fix touches."""
    starts = line_starts(code)
    return {
        sum(start <= place for start in starts[:-1])
        for edit in fix.edits
        for place in range(edit.start, max(edit.start + 1, edit.end))
    }


def holds(pair: Pair, code: str, judge: Judge) -> bool | None:
    """Whether a fix passes what the search did not see; None where nothing decides."""
    if pair.tests:
        finding = tests.examine(
            Question(code=code, tests=pair.tests), judge.sandbox, lambda: False
        ).finding
        return None if finding is Finding.NOTHING else finding is Finding.SUPPORTS
    question = Question(
        code=code,
        intent=pair.question.intent,
        examples=pair.question.examples,
        reference=pair.after,
    )
    verdict = judge.judge(question).verdict
    return None if verdict is Verdict.UNKNOWN else verdict is Verdict.CORRECT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--trained", action="store_true")
    parser.add_argument("--show", action="store_true", help="a line per row")
    options = parser.parse_args()
    judge = Judge(Sandbox())
    repairer = Repairer(judge, options.seconds)
    counts: Counter[str] = Counter()
    times: list[float] = []
    tried: list[int] = []
    for pair in read_pairs(options.pairs, rows=options.rows, trained=options.trained):
        counts["rows"] += 1
        right = Question(
            code=pair.after, intent=pair.question.intent, examples=pair.question.examples
        )
        if judge.judge(right).verdict is not Verdict.CORRECT:
            counts["not checkable"] += 1
            continue
        found = repairer.repair(pair.question)
        if found.note.startswith("the code passes every check"):
            counts["passes its examples already"] += 1
            continue
        counts["wrong and checkable"] += 1
        times.append(found.milliseconds / 1000)
        tried.append(found.tried)
        outcomes = [holds(pair, fix.code, judge) for fix in found.fixes]
        count(counts, pair, found.fixes, outcomes)
        if options.show:
            shown = [fix.message for fix in found.fixes]
            print(json.dumps([pair.name, found.tried, times[-1], outcomes, found.note, shown]))
    report(counts, times, tried)


def count(
    counts: Counter[str], pair: Pair, fixes: Sequence[Fix], outcomes: Sequence[bool | None]
) -> None:
    """Add what became of a pair."""
    if not fixes:
        return
    counts["a fix is offered"] += 1
    counts["the first passes what is hidden"] += outcomes[0] is True
    counts["the first fails what is hidden"] += outcomes[0] is False
    counts["one of those shown passes what is hidden"] += True in outcomes
    wrong = wrong_lines(pair.question.code, pair.after)
    counts["the first touches a wrong line"] += bool(
        edited_lines(pair.question.code, fixes[0]) & wrong
    )


def report(counts: Counter[str], times: Sequence[float], tried: Sequence[int]) -> None:
    for name, number in counts.items():
        print(f"{number:6}  {name}")
    if len(times) > 1:
        ordered = sorted(times)
        late = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"seconds: p50 {statistics.median(times):.2f}, p95 {late:.2f}")
        print(f"edits tried per second: {sum(tried) / sum(times):.0f}")


if __name__ == "__main__":
    main()
