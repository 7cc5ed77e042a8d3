"""How long judging labelled rows takes: python -m bench.judge_time ROWS.

With --compare CHECKOUT, this build and that take turns, one language after another.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from bench.side_by_side import compare
from stepcheck.server.judge.benchmark.benchmark import judge_rows, read_rows
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Sandbox


def time_rows(rows: Path, languages: Sequence[str]) -> dict[str, float]:
    """Judge the rows of some languages, or of all; return seconds, and how many were decided."""
    known = [row for row in read_rows(rows) if not languages or row.language in languages]
    figures: dict[str, float] = {"seconds, all": 0.0}
    judge = Judge(Sandbox())
    for language in sorted({row.language for row in known}):
        some = [row for row in known if row.language == language]
        started = time.perf_counter()
        judged = list(judge_rows(some, judge, use_reference=True))
        seconds = time.perf_counter() - started
        figures["seconds, all"] += seconds
        figures[f"{language}, {len(some)} rows: seconds"] = seconds
        decided = [each for each in judged if each.judgement.verdict is not Verdict.UNKNOWN]
        figures[f"{language}: decided"] = float(len(decided))
    return figures


def main() -> None:
    """Print the figures, of one build or two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--compare", type=Path, metavar="CHECKOUT", help="another build")
    parser.add_argument("--rounds", type=int, default=1, help="turns of each build")
    parser.add_argument("--languages", nargs="+", default=[], help="only these")
    arguments = parser.parse_args()
    if arguments.compare is None:
        print(json.dumps(time_rows(arguments.rows, arguments.languages)))
        return
    chosen = ["--languages", *arguments.languages] if arguments.languages else []
    measured = [str(arguments.rows.absolute()), *chosen]
    compare(arguments.compare, "judge_time", measured, arguments.rounds)


if __name__ == "__main__":
    main()
