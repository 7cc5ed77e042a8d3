"""What is open at a position of a document."""

from dataclasses import dataclass

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import LeanMessage


@dataclass(frozen=True, slots=True)
class ProofState:
    """The goals at a position, pretty-printed, and Lean's messages about the text before it."""

    position: ProofPosition
    goals: tuple[str, ...]
    messages: tuple[LeanMessage, ...] = ()
    import_milliseconds: float = 0.0
    elaboration_milliseconds: float = 0.0
    declaration_milliseconds: float = 0.0
    commands_reused: int = 0
