"""One run of mypy, in a fork of a process that has imported it; see `type_errors`.

Standard input holds the order, as JSON: the folder, and mypy's arguments. What mypy prints goes to
standard output.
"""

import json
import os
import sys

from mypy.api import run


def main() -> None:
    """Run the order on standard input."""
    order = json.loads(sys.stdin.buffer.read())
    os.chdir(order["folder"])
    found, _, _ = run(order["arguments"])
    with os.fdopen(1, "w", encoding="utf-8", closefd=False) as output:
        output.write(found)
