"""What a fix does and what was checked of it, in words."""

import difflib
import itertools
from collections.abc import Iterator

from stepcheck.server.judge.verdict import EvidenceKind, Judgement

_NAMES = {
    EvidenceKind.EXAMPLES: "example",
    EvidenceKind.TESTS: "test",
    EvidenceKind.DIFFERENTIAL: "comparison",
}
_MAX_SHOWN = 80


def describe(before: str, after: str, judgement: Judgement) -> str:
    """Return what a fix does, line by line, and what was checked of it."""
    changes = "; ".join(_describe_changes(before, after))
    passed = [
        f"{evidence.passed} {_NAMES[evidence.kind]}{'s' if evidence.passed > 1 else ''}"
        for evidence in judgement.evidence
        if evidence.passed and evidence.kind in _NAMES
    ]
    return f"{changes} (passes {' and '.join(passed)}; nothing else was checked)"


def _describe_changes(before: str, after: str) -> Iterator[str]:
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        was, becomes = (
            " ".join(" ".join(lines).split()) for lines in (old[first:last], new[start:end])
        )
        where = f"line {first + 1}" if last - first < 2 else f"lines {first + 1} to {last}"
        if tag == "insert":
            yield f"after line {first}: insert `{_shorten(becomes)}`"
        elif tag == "delete":
            yield f"{where}: remove `{_shorten(was)}`"
        elif was == becomes:
            yield f"{where}: indent otherwise"
        else:
            skipped = _common(was, becomes)
            shown = (_shorten(text, skipped) for text in (was, becomes))
            yield "{}: `{}` becomes `{}`".format(where, *shown)


def _common(one: str, other: str) -> int:
    """Return how much of a long common beginning need not be shown."""
    pairs = zip(one, other, strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return max(0, same - _MAX_SHOWN // 2) if max(len(one), len(other)) > _MAX_SHOWN else 0


def _shorten(text: str, skipped: int = 0) -> str:
    rest = f"…{text[skipped:]}" if skipped else text
    return rest if len(rest) <= _MAX_SHOWN else f"{rest[: _MAX_SHOWN - 1]}…"
