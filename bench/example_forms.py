"""Count the examples that are read in texts, and list those that right code fails.

    python bench/example_forms.py ROWS [ROWS ...]

ROWS holds JSON lines of judge-dev's schema, whose Python rows count, or of edits-dev's
`{problem, after}`, where `after` is right.
"""

import collections
import json
import lzma
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stepcheck.server.judge.benchmark.benchmark import complete
from stepcheck.server.judge.evidence import examples
from stepcheck.server.judge.languages.python.source import definitions, parse
from stepcheck.server.sandbox.sandbox import Sandbox, Status


@dataclass(frozen=True)
class Row:
    name: str
    text: str
    right: str


def read_rows(path: Path) -> Iterator[Row]:
    with lzma.open(path, "rt") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            name = str(row.get("id", number))
            if "after" in row:
                shown = "\n\n".join(row.get("examples", []))
                yield Row(name, f"{shown}\n\n{row['problem']}", row["after"])
            elif row["language"] == "python":
                right = complete(row["declaration"], row["reference"])
                yield Row(name, f"{row['examples']}\n\n{row['problem']}", right)


def main() -> None:
    counts: collections.Counter[str] = collections.Counter()
    for path in map(Path, sys.argv[1:]):
        for row in read_rows(path):
            found = examples.find(row.right, row.text)
            counts["texts"] += 1
            counts["texts with examples"] += bool(found.checks) and not found.own
            counts["examples, strict"] += len(found.checks) - len(found.loose)
            counts["examples, loose"] += len(found.loose)
            names = definitions(parse(row.right))
            outcomes = Sandbox().examine(row.right, names, found.checks).results
            for check, outcome in zip(found.checks, outcomes, strict=True):
                if outcome.status not in (Status.PASSED, Status.SELF_REPORTED):
                    reading = "loose" if check in found.loose else "strict"
                    counts[f"that right code fails, {reading}"] += 1
                    print(row.name, reading, outcome.status, outcome.message)
    for name, count in counts.items():
        print(f"{count:6} {name}")


if __name__ == "__main__":
    main()
