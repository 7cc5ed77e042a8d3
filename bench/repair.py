"""How much is repaired: python -m bench.repair PAIRS [--rows N] [--seconds S] [--trained].

With --compare CHECKOUT, how fast, beside another build. PAIRS may then be `loops`: programs of
`bench/endless_loops.py`, of which many an edit never ends.

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
import os
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.datasets import read_rows
from bench.endless_loops import PROGRAMS
from bench.side_by_side import compare
from stepcheck.server.judge.benchmark.preludes import LEETCODE
from stepcheck.server.judge.evidence import tests
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Finding, Verdict
from stepcheck.server.repair.program import line_starts
from stepcheck.server.repair.repair import Fix, Repairer
from stepcheck.server.repair.training import is_held_out
from stepcheck.server.sandbox.sandbox import Sandbox

LOOPS = "loops"


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


@dataclass(slots=True)
class Tally:
    """What became of the rows; the seconds and the edits tried of each that was repaired."""

    counts: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    tried: list[int] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--trained", action="store_true")
    parser.add_argument("--show", action="store_true", help="a line per row")
    parser.add_argument("--compare", type=Path, metavar="CHECKOUT", help="another build")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each build")
    parser.add_argument("--figures", action="store_true", help="only JSON, for --compare")
    options = parser.parse_args()
    if options.compare is not None:
        pairs = options.pairs if options.pairs == LOOPS else str(Path(options.pairs).absolute())
        arguments = [pairs, "--figures", "--seconds", str(options.seconds)]
        arguments += ["--rows", str(options.rows)] if options.rows else []
        compare(options.compare, "repair", arguments, options.rounds)
        return
    pairs = (
        endless_loops()
        if options.pairs == LOOPS
        else read_pairs(Path(options.pairs), rows=options.rows, trained=options.trained)
    )
    tally = Tally()
    for pair in pairs:
        repair_pair(pair, Repairer(Judge(Sandbox()), options.seconds), tally, show=options.show)
    if options.figures:
        print(json.dumps(figures(tally)))
    else:
        report(tally)


def endless_loops() -> list[Pair]:
    """Return programs of which many an edit never ends."""
    return [Pair("loop", "", Question(code=code), "", "") for code in PROGRAMS]


def repair_pair(pair: Pair, repairer: Repairer, tally: Tally, *, show: bool) -> None:
    """Repair the wrong program of a pair, and add what became of it."""
    judge, counts = repairer.judge, tally.counts
    counts["rows"] += 1
    right = Question(code=pair.after, intent=pair.question.intent, examples=pair.question.examples)
    if pair.after and judge.judge(right).verdict is not Verdict.CORRECT:
        counts["not checkable"] += 1
        return
    found = repairer.repair(pair.question)
    if found.note.startswith("the code passes every check"):
        counts["passes its examples already"] += 1
        return
    counts["wrong and checkable"] += 1
    tally.times.append(found.milliseconds / 1000)
    tally.tried.append(found.tried)
    if not pair.after:
        counts["a fix is offered"] += bool(found.fixes)
        return
    outcomes = [holds(pair, fix.code, judge) for fix in found.fixes]
    count(counts, pair, found.fixes, outcomes)
    if show:
        shown = [fix.message for fix in found.fixes]
        print(json.dumps([pair.name, found.tried, tally.times[-1], outcomes, found.note, shown]))


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


def figures(tally: Tally) -> dict[str, float]:
    """Return the figures that `--compare` sets beside those of another build."""
    used = os.times()
    return {
        "edits tried per second": sum(tally.tried) / sum(tally.times),
        "edits tried": sum(tally.tried),
        "seconds, p50": statistics.median(tally.times),
        "seconds, all": sum(tally.times),
        "processor seconds, as far as reaped": sum(used[:4]),
        **{name: float(number) for name, number in tally.counts.items()},
    }


def report(tally: Tally) -> None:
    """Print the figures."""
    for name, number in tally.counts.items():
        print(f"{number:6}  {name}")
    if len(tally.times) > 1:
        ordered = sorted(tally.times)
        late = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"seconds: p50 {statistics.median(ordered):.2f}, p95 {late:.2f}")
        print(f"edits tried per second: {sum(tally.tried) / sum(tally.times):.0f}")


if __name__ == "__main__":
    main()
