"""What code is ranked and rated by, and how."""

from enum import StrEnum


class Criterion(StrEnum):
    """What candidates are compared or rated by: correctness, or a preference."""

    CORRECTNESS = "correctness"
    INSTRUCTION_FOLLOWING = "instruction_following"
    EXPLANATION = "explanation"
    COMPLEXITY_AND_EFFICIENCY = "complexity_and_efficiency"
    READABILITY = "readability"
    STYLE = "style"

    @property
    def meaning(self) -> str:
        """What is asked of a model."""
        return _MEANINGS[self]


_MEANINGS = {
    Criterion.CORRECTNESS: "does what the task requires, in all the cases that the task allows",
    Criterion.INSTRUCTION_FOLLOWING: (
        "keeps to the task and to every constraint that it states: names, signatures, means that "
        "are asked for or ruled out, the form of the result; it does no less and no more"
    ),
    Criterion.EXPLANATION: (
        "makes clear to its reader how and why it works: comments, docstrings and prose that are "
        "true, sufficient, and not in the way"
    ),
    Criterion.COMPLEXITY_AND_EFFICIENCY: (
        "needs no more time and memory than the task demands, and is no more complicated than that"
    ),
    Criterion.READABILITY: (
        "is easy to follow: telling names, a clear structure, short pieces of one purpose each"
    ),
    Criterion.STYLE: "keeps to the conventions and idioms of its language, and does so throughout",
}


class Method(StrEnum):
    """How an order is found: by comparing pairs, or by rating each candidate on its own."""

    GREEDY = "greedy"
    BEAM = "beam"
    ANCHORS = "anchors"
    RATING = "rating"


class Basis(StrEnum):
    """What candidates are compared by."""

    EVIDENCE = "evidence"
    MODEL = "model"
    BOTH = "both"
