"""What is asked of the judge and what it answers: the public contract.

Apart from the judge itself, so that a client need not load it.
"""

from pydantic import ConfigDict, Field

from stepcheck.server.http.schema import Schema, Text
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.languages.change import ChangeKind
from stepcheck.server.judge.verdict import (
    EvidenceKind,
    FaultKind,
    Finding,
    Severity,
    Verdict,
)


class Specification(Schema):
    """What code should do: what judging, ranking and repairing alike are told."""

    intent: Text = Field(default="", description="What the code should do, in prose.")
    examples: Text = Field(
        default="", description="Examples: `>>>` sessions, prose, or samples of a program."
    )
    tests: Text = Field(
        default="",
        description="Statements that assert, test functions, or inputs and outputs as JSON.",
    )
    reference: Text | None = Field(default=None, description="Code known to be right.")


class JudgeRequest(Specification):
    """`POST /v1/judge`; code is a whole module."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(
        max_length=40,
        description='"python", "js", "cpp", "java" or "go"; for any other, the verdict is unknown.',
    )
    after: Text = Field(description="The code to judge.")
    before: Text | None = Field(
        default=None, description="The code as it was: its functions and parameters must stay."
    )
    criterion: Criterion | None = Field(
        default=None, description="A preference to be rated by as well; needs a chat model."
    )
    with_model: bool = Field(
        default=True, description="Hear the server's chat model as well, if it has one."
    )


class LineRange(Schema):
    """Lines of the judged code, counted from 1, both ends included."""

    first_line: int
    last_line: int


class FoundFault(Schema):
    """Something wrong with the code."""

    range: LineRange | None = Field(description="Null where no line is to blame.")
    severity: Severity
    kind: FaultKind
    message: str


def _is_none(value: object) -> bool:
    return value is None


class FoundAdequacy(Schema):
    """How much the inputs tried could have shown."""

    branches: int = Field(description="Branches of the code.")
    branches_reached: int = Field(description="Those that some input reached.")
    mutants: int = Field(description="Versions of the code with a small change that were tried.")
    mutants_told_apart: int = Field(description="Those that some input tells from the code.")


class FoundEvidence(Schema):
    """What one kind of evidence found."""

    kind: EvidenceKind
    finding: Finding
    passed: int = Field(description="Checks that went well; of a model, runs that approve.")
    run: int = Field(description="Checks, or runs of a model, that came to a result.")
    set_aside: int = Field(description="Examples that the reference itself fails.")
    notes: list[str] = Field(
        description="Why something could not be checked; of a model, what it said and what fell."
    )
    adequacy: FoundAdequacy | None = Field(
        default=None,
        exclude_if=_is_none,
        description="Of inputs on which the code and a reference agree; absent for other evidence.",
    )


class GivenRating(Schema):
    """How well code meets a preference, by a chat model."""

    criterion: Criterion
    value: int | None = Field(description="1 to 10; null if the model did not say.")
    rationale: str


class JudgeResponse(Schema):
    """Answer of `POST /v1/judge`."""

    verdict: Verdict
    score: float = Field(
        description="From wrong (0) to right (1); how likely the code is right, where decided."
    )
    confidence: float = Field(description="How likely the verdict is right; 0 for `unknown`.")
    reason: str = Field(default="", description="Why nothing was decided, or on how little.")
    faults: list[FoundFault]
    evidence: list[FoundEvidence]
    rating: GivenRating | None = Field(default=None, description="If a criterion was named.")


class JudgeEditRequest(Schema):
    """`POST /v1/judge/edit`: a file before and after an edit."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(
        max_length=40, description='As for `/v1/judge`: "python", "js", "cpp", "java" or "go".'
    )
    path: str | None = Field(
        default=None, max_length=4096, description="Where the file is, within the project."
    )
    before: Text | None = Field(default=None, description="The file as it was; null if new.")
    after: Text = Field(description="The file as it is.")
    intent: Text = Field(default="", description="What the edit should do, in prose.")
    tests: Text = Field(default="", description="Statements that assert, or test functions.")
    project: str | None = Field(
        default=None,
        max_length=4096,
        description="The project's folder on the server, below one of judge.project_roots.",
    )
    with_model: bool = Field(
        default=False,
        description="Hear the server's chat model as well; slow for what is edited right now.",
    )


class EditedFunction(JudgeResponse):
    """A function that the edit touched, or the code of a class or module outside functions."""

    name: str = Field(description='Dotted; "<module>" for the code of the module.')
    range: LineRange | None = Field(description="Where it is now; null if it is gone.")
    change: ChangeKind
    was: str | None = Field(default=None, description="Its former name, if that differs.")


class JudgeEditResponse(Schema):
    """Answer of `POST /v1/judge/edit`, in the order of the file; empty if nothing changed."""

    functions: list[EditedFunction]
