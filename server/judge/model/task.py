"""What a chat model is told about a piece of code, whatever asks for its opinion."""

from typing import Protocol


class Task(Protocol):
    """Code to judge and what it is for; see `judgement.Question`."""

    @property
    def code(self) -> str:
        """The code to judge."""

    @property
    def language(self) -> str:
        """What it is written in."""

    @property
    def intent(self) -> str:
        """What it should do, in prose."""

    @property
    def examples(self) -> str:
        """Examples of what it should do."""

    @property
    def reference(self) -> str | None:
        """Code known to be right."""

    @property
    def function(self) -> str | None:
        """The function that counts; None for all."""
