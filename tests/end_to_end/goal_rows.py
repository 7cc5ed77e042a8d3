"""Files of goals for the tests of commands that take many."""

import json
from pathlib import Path


def write_goals(path: Path, count: int) -> Path:
    rows = [{"name": f"g{n}", "header": "", "signature": f": {n} + 0 = {n}"} for n in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
