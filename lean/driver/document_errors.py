"""What is wrong with a document that the checker cannot open, and what helps."""

from stepcheck.lean.errors import DocumentError, NoGoalError
from stepcheck.lean.pointing import remedy_without_goal
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import ErrorAnswer


def document_error(answer: ErrorAnswer, position: ProofPosition) -> DocumentError:
    """Return the error that a failed `open` is, with its remedy."""
    if answer.kind == "no_goal":
        return NoGoalError(
            f"There is no goal at this position. {answer.message}".strip(),
            remedy_without_goal(position),
        )
    if answer.kind == "timeout":
        return DocumentError(
            f"The text before the position takes too long to elaborate. {answer.message}".strip(),
            "Give Lean more time, or move the proof to a shorter file.",
        )
    if answer.kind == "header":
        return DocumentError(
            f"The imports of the document fail: {answer.message}",
            "Build the imported modules (`lake build`), or correct the imports.",
        )
    return DocumentError(
        f"Lean cannot read the document up to the position ({answer.kind}): {answer.message}",
        "Correct the text before the position.",
    )
