"""Read what a chat model answered about code; what cannot be read is None, never a guess."""

import json
import re
from dataclasses import dataclass
from typing import Any

from stepcheck.server.judge.verdict import Range, Severity

_REASONING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_YES_OR_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
_MAX_CLAIMS = 10
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A fault as a model reports it, yet to be verified."""

    message: str
    severity: Severity
    quote: str = ""
    call: str = ""
    expected: str = ""


def without_reasoning(answer: str) -> str:
    """Return the answer without what a model thought aloud before it."""
    return _REASONING.sub("", answer, count=1).strip()


def read_yes_or_no(answer: str) -> bool | None:
    """Return what the last line says, or else the first; None for neither, and for both at once."""
    lines = [line for line in without_reasoning(answer).splitlines() if line.strip()]
    for line in (lines[-1:] + lines[:1]) if lines else []:
        answers = {word.lower() for word in _YES_OR_NO.findall(line)}
        if answers:
            return "yes" in answers if len(answers) == 1 else None
    return None


def read_claims(answer: str) -> tuple[Claim, ...] | None:
    """Return the faults of a JSON list; None if it is no such list, or one entry is unreadable."""
    entries = _read_list(without_reasoning(answer))
    if entries is None:
        return None
    claims = [_read_claim(entry) for entry in entries[:_MAX_CLAIMS]]
    read = tuple(claim for claim in claims if claim is not None)
    return read if len(read) == len(claims) else None


def _read_list(text: str) -> list[Any] | None:
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return None
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _read_claim(entry: Any) -> Claim | None:
    if not isinstance(entry, dict):
        return None
    message = entry.get("inconsistency")
    severity = str(entry.get("severity")).strip().lower()
    if not isinstance(message, str) or not message.strip() or severity not in set(Severity):
        return None
    return Claim(
        message.strip()[:_MAX_TEXT],
        Severity(severity),
        *(_text(entry.get(name)) for name in ("quote", "call", "expected")),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def find_quote(quote: str, code: str) -> list[Range]:
    """Return the places of the code where the quoted lines stand, blanks apart.

    A quote within one line will do if it is not a mere word of it.
    """
    wanted = [squeezed for line in quote.splitlines() if (squeezed := _squeeze(line))]
    if not wanted:
        return []
    # Blank lines of either side don't count.
    present = [(n, text) for n, line in enumerate(code.splitlines(), 1) if (text := _squeeze(line))]
    places = []
    for start in range(len(present) - len(wanted) + 1):
        window = present[start : start + len(wanted)]
        if all(text == line for line, (_, text) in zip(wanted, window, strict=True)):
            places.append(Range(window[0][0], window[-1][0]))
    if not places and len(wanted) == 1 and len(wanted[0].split()) > 1:
        places = [Range(number, number) for number, text in present if wanted[0] in text]
    return places


def _squeeze(line: str) -> str:
    return " ".join(line.split())
