"""Lean's messages as text: without what only an editor can show (as `LLMstep/ErrorText.lean`)."""

import re

_STRUCK_THROUGH = re.compile(".\u0335", re.DOTALL)
_UNDERLINE = "\u0332"


def apply_hints(text: str) -> str:
    """Return a message with the edits of its hints made.

    Lean strikes through what a hint takes away, and underlines what it adds, by a combining
    character behind each letter.
    """
    return _STRUCK_THROUGH.sub("", text).replace(_UNDERLINE, "")
