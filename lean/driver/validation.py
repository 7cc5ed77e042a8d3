"""What is refused before Lean sees it, because no Lean would accept it or could survive it."""

import re

from stepcheck.lean.errors import DocumentError

LONGEST_STEP = 20_000
LONGEST_DOCUMENT = 2_000_000
DEEPEST_NESTING = 400

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BRACKET = re.compile(r"[(\[{⟨«]|[)\]}⟩»]")


def find_problem(step: str) -> str | None:
    """Say why a candidate is refused without asking Lean; None if Lean is to decide."""
    if not step.strip():
        return "The step is empty."
    if len(step) > LONGEST_STEP:
        return f"The step has {len(step)} characters; the limit is {LONGEST_STEP}."
    if found := _CONTROL.search(step.replace("\r\n", "\n")):
        return f"The step contains the control character U+{ord(found.group()):04X}."
    if found := _SURROGATE.search(step):
        return f"The step contains half a surrogate pair, U+{ord(found.group()):04X}."
    if (depth := _nesting(step)) > DEEPEST_NESTING:
        return f"The step nests {depth} brackets; the limit is {DEEPEST_NESTING}."
    return None


def require_valid_document(text: str) -> None:
    """Raise `DocumentError` for a text that is too long or is no Unicode text."""
    if len(text) > LONGEST_DOCUMENT:
        raise DocumentError(
            f"The document has {len(text)} characters; the limit is {LONGEST_DOCUMENT}.",
            "Split the file, or check the step in a smaller one.",
        )
    for pattern, what in ((_SURROGATE, "half a surrogate pair"), (_NUL, "a NUL character")):
        if found := pattern.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise DocumentError(
                f"The document contains {what} (U+{ord(found.group()):04X}) on line {line}.",
                "Remove the character, or save the file as UTF-8.",
            )


_NUL = re.compile("\x00")


def _nesting(step: str) -> int:
    """Return how deep brackets nest; those in strings count too, which errs on the safe side."""
    depth = deepest = 0
    for found in _BRACKET.finditer(step):
        depth += 1 if found.group() in "([{⟨«" else -1
        deepest = max(deepest, depth)
    return deepest
