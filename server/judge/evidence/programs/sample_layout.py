"""How the text of a sample lies on the page: what is prose, and where an output ends."""

import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[A-Za-z][a-z]+(?:'[a-z]+)?")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the a an of is are in to and each for with that which contains contain line lines integer"
        " integers string number numbers denoting test cases case one single given consists input"
        " output print you if it we first second third on by be this there from as can has have"
        " will your so because since therefore then possible answer sample example following where"
        " when only two all its at not explanation here would after before he she they his her"
        " their should",
    )
)
_FORMAT = re.compile(
    r"\b(?:contains?|consists?\s+of|print|denot\w+|integers?|output\s+(?:an?|the|one|for|in)|displays?"
    r"|you\s+(?:will\s+be|are)\s+given|for\s+each\s+test|(?:first|only|single|next|each)\s+line)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"[.!?:]\s*$")
_MAX_READINGS = 4


def is_prose(lines: Sequence[str]) -> bool:
    """Tell whether lines are sentences about something, instead of data."""
    text = " ".join(lines)
    words = [word.lower() for word in _WORD.findall(text)]
    common = sum(word in _COMMON for word in words)
    if len(words) < 3 or (len(words) < 0.4 * len(text.split()) and common < 5):
        return False
    return common >= 3 or (common >= 2 and bool(_SENTENCE_END.search(text)))


def is_format_description(lines: Sequence[str]) -> bool:
    """Tell whether lines tell what an input or output is made of, instead of showing one."""
    first = next(iter(paragraphs(lines)), [])
    return bool(_FORMAT.search(" ".join(first))) and is_prose(first)


def is_data(lines: Sequence[str]) -> bool:
    """Tell whether nothing at the head of the lines is a word of a description."""
    first = next(iter(paragraphs(lines)), [])
    words = (word.lower() for word in _WORD.findall(" ".join(first)))
    return bool(first) and not any(word in _COMMON for word in words)


def strip_blank_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines without blank ones at the beginning and the end."""
    kept = [line.rstrip() for line in lines]
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def paragraphs(lines: Sequence[str]) -> list[list[str]]:
    """Return the runs of lines that are not blank."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return [each for each in found if each]


def readings(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the texts that an output may be, the longest first.

    If a paragraph of prose is among them, the output may have ended with any one before it.
    """
    kept = strip_blank_lines(lines)
    if not kept:
        return ()
    ends = list(_possible_ends(kept))[: _MAX_READINGS - 1]
    found = [kept, *(kept[:end] for end in reversed(ends))]
    return tuple(dict.fromkeys("\n".join(strip_blank_lines(each)) + "\n" for each in found))


def _possible_ends(lines: Sequence[str]) -> Iterator[int]:
    starts = [at for at in range(1, len(lines)) if lines[at] and not lines[at - 1]]
    prose = next((at for at in starts if is_prose(paragraphs(lines[at:])[0])), None)
    if prose is not None:
        yield from (at for at in starts if at <= prose)


def split_cells(line: str) -> list[str]:
    """Return the cells of a row of a Markdown table; none for another line."""
    if line.count("|") < 2:
        return []
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
