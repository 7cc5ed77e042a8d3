"""The static baseline: the tactics that the training data uses most.

`python -m stepcheck.models.training.frequent --data FOLDER` prints them as a JSON list.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from stepcheck.models.training.corpus import Corpus, DataError
from stepcheck.models.training.proofs import normalize_tactic, split_steps


def frequent_tactics(corpus: Corpus, count: int = 10) -> list[str]:
    """Return the `count` most frequent tactics of the corpus, most frequent first.

    Every step of steps-train and every top-level step of every proof counts once, without the
    bullet that focuses a goal; white space is normalised. Ties are broken by the text, so that the
    list is the same on every machine.
    """
    tactics = Counter(normalize_tactic(step.tactic) for step in corpus.steps)
    for proof in corpus.proofs:
        tactics.update(normalize_tactic(step.lstrip("·. ")) for step in split_steps(proof.text))
    ordered = sorted(tactics.items(), key=lambda item: (-item[1], item[0]))
    return [tactic for tactic, _ in ordered[:count]]


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m stepcheck.models.training.frequent")
    parser.add_argument("--data", type=Path, required=True, help="folder of the *.jsonl.xz files")
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args(arguments)
    try:
        tactics = frequent_tactics(Corpus.load(options.data), options.count)
    except DataError as error:
        parser.exit(2, f"{error}\n")
    sys.stdout.write(json.dumps(tactics, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
