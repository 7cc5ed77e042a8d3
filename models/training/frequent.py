"""The static baseline: the tactics that the training data uses most."""

from collections import Counter

from stepcheck.models.training.corpus import Corpus
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
