"""Judge known edits by examples in LeetCode's form.

    python bench/leetcode_examples.py EDITS [N] [--show]

EDITS holds JSON lines of `{problem, examples, before, after}`, where `before` is wrong and `after`
is right; every Nth row is taken, and those judged otherwise are shown. Nothing was fitted to them.
"""

import collections
import json
import lzma
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepcheck.server.judge.benchmark.preludes import LEETCODE
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import Sandbox


def rows(path: Path, every: int) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt") as lines:
        for number, line in enumerate(lines):
            if number % every == 0:
                yield json.loads(line)


def main() -> None:
    judge = Judge(Sandbox())
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for number, row in enumerate(rows(Path(sys.argv[1]), every)):
        question = Question(code="", intent=row["problem"], examples="\n\n".join(row["examples"]))
        for side in ("before", "after"):
            judgement = judge.judge(replace(question, code=LEETCODE + row[side]))
            counts[side, judgement.verdict] += 1
            if "--show" in sys.argv and (side, judgement.verdict) != ("before", "incorrect"):
                print(
                    row["id"],
                    side,
                    judgement.verdict,
                    [f.message[:150] for f in judgement.faults],
                    [e.notes for e in judgement.evidence if e.notes],
                )
        if number % 25 == 0:
            print(number, dict(counts), file=sys.stderr)
    for (side, verdict), count in sorted(counts.items()):
        print(f"{side:6} {verdict:9} {count}")


if __name__ == "__main__":
    main()
