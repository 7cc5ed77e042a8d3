"""What is asked of a repair and what it answers: the public contract."""

from pydantic import ConfigDict, Field

from stepcheck.server.api.judge_schemas import FoundEvidence, Specification
from stepcheck.server.http.schema import Schema, Text


class RepairRequest(Specification):
    """`POST /v1/repair`; code is a whole module."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(max_length=40, description='"python"; no other is repaired.')
    code: Text = Field(description="The code to repair.")
    function: str | None = Field(
        default=None,
        max_length=1000,
        description='Dotted name of the function that is judged, such as "Stack.push".',
    )
    before: Text | None = Field(
        default=None, description="The code as it was: its functions and parameters must stay."
    )
    path: str | None = Field(
        default=None, max_length=4096, description="Where the file is, within the project."
    )
    project: str | None = Field(
        default=None,
        max_length=4096,
        description="The project's folder on the server, below one of judge.project_roots.",
    )
    limit: int = Field(default=3, ge=1, le=20, description="How many fixes at most.")


class TextRange(Schema):
    """Characters of the code: lines from 1, columns from 0 in code points, the end excluded.

    Lines end as editors end them: with a line feed, a carriage return, or both.
    """

    first_line: int
    first_column: int
    last_line: int
    last_column: int


class RangeEdit(Schema):
    """Put `text` where the range is, of the code as it was sent."""

    range: TextRange
    text: str


class CheckedFix(Schema):
    """Edits, to be made together, after which the judge finds the code correct."""

    edits: list[RangeEdit]
    message: str = Field(description="What changes, and what was checked.")
    checked: list[FoundEvidence]
    confidence: float = Field(
        description="The judge's, times the share of all edits that pass and do the same."
    )


class RepairResponse(Schema):
    """Answer of `POST /v1/repair`, the best fix first; none is shown that a check refutes."""

    fixes: list[CheckedFix]
    tried: int = Field(description="Edited programs that were run.")
    milliseconds: int
    note: str = Field(default="", description="Why there is no fix.")
