"""The rows of a person's own steps: what they wrote where, and which suggestions they left.

`stepcheck learn from-use` keeps them, on this machine alone, and learns from them.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from stepcheck.models.json_lines import KeyedRow


class OwnStep(KeyedRow):
    """A step that stands in a person's file, as Lean accepts it.

    The key is made of goal and step: who writes both again has not shown anything new.
    """

    written: datetime
    place: str
    """FILE:LINE."""
    goal: str = Field(min_length=1)
    """The goals that the step sees, pretty-printed, with an empty line between them."""
    context: str
    """The text before the step; of a long one, its beginning and its end."""
    step: str = Field(min_length=1)
    verdict: Literal["proved", "progress"]
    source: Literal["typed", "suggested"]
    """Whether the step was among those that were shown at its place."""
    dismissed: tuple[str, ...]
    """The other steps that were shown there."""
