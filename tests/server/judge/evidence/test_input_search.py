"""Drawing inputs, from a folder that is the user's."""

import os
import subprocess
import sys

DRAW = """
from stepcheck.server.judge.evidence.input_search import vary
print(len(vary([("abc", 1), ("é", 2)], 5)))
"""


def test_nothing_is_written_where_the_user_works(tmp_path):
    work, cache = tmp_path / "work", tmp_path / "cache"
    work.mkdir()
    drawn = subprocess.run(
        [sys.executable, "-c", DRAW],
        cwd=work,
        env={**os.environ, "STEPCHECK_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stdout.strip() == "5"
    assert list(work.iterdir()) == []
    assert (cache / "hypothesis").is_dir()
