"""What static evidence finds where nothing is wrong: its false alarms.

On the modules of the standard library; and, of the files of edits given, on the right side
alone and as an edit of the wrong one, where only what is new counts.

    python bench/static_findings.py --edits edits-dev.jsonl.xz --edits edits-debugbench.jsonl.xz
"""

import argparse
import json
import lzma
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from stepcheck.server.judge.static import analysis
from stepcheck.server.judge.verdict import Evidence, Finding

_MAX_CHARACTERS = 200_000


def main() -> None:
    """Print a line of counts for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=Path, action="append", default=[])
    parser.add_argument("--verbose", action="store_true", help="print what refutes")
    asked = parser.parse_args()
    library = [analysis.examine(source) for source in _read_library()]
    _report("standard library", library, verbose=asked.verbose)
    for path in asked.edits:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        _report(
            f"{path.name}, right alone", [analysis.examine(r["after"]) for r in rows], verbose=False
        )
        edits = [analysis.examine(row["after"], row["before"]) for row in rows]
        _report(f"{path.name}, right after wrong", edits, verbose=asked.verbose)
        reverse = [analysis.examine(row["before"], row["after"]) for row in rows]
        _report(f"{path.name}, wrong after right", reverse, verbose=False)


def _read_library() -> Iterator[str]:
    folder = Path(sysconfig.get_path("stdlib"))
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="replace")
        if len(source) < _MAX_CHARACTERS:
            yield source


def _report(name: str, found: list[Evidence], *, verbose: bool) -> None:
    refuted = [evidence for evidence in found if evidence.finding is Finding.REFUTES]
    suspected = [e for e in found if e.faults and e.finding is not Finding.REFUTES]
    kinds = Counter(
        f"{fault.severity} {fault.kind}" for evidence in found for fault in evidence.faults
    )
    print(f"{name}: {len(found)} judged, {len(refuted)} refuted, {len(suspected)} suspected")
    for kind, count in sorted(kinds.items()):
        print(f"    {kind}: {count}")
    for evidence in refuted if verbose else []:
        for fault in evidence.faults:
            if fault.severity in ("fatal", "major"):
                print(f"        {fault.range} {fault.message}")


if __name__ == "__main__":
    main()
