"""The headings of a problem's text: which say that a sample follows, and which that it ends."""

import re
from dataclasses import dataclass
from enum import Enum, auto

_MAX_TITLE = 200
_DIGITS = r"\s*(?:no\.?|nr\.?|number|#|№)?\s*(?:\d{1,2}|[A-H]|[ivx]{1,4})"
_SAMPLE = r"(?:sample|example)s?(?:\s+tests?)?(?:\s*cases?)?|test(?:\s*cases?)?"
_PREFIX = rf"(?P<sample>(?:{_SAMPLE})(?P<before>{_DIGITS})?\s*[:.–—-]?\s*(?:of\s+|the\s+)?)?"
_TAIL = rf"(?:\s*\((?:s|stdin|stdout|standard\s+\w+)\)|\s*data|\s*copy)?(?P<number>{_DIGITS})?"
_INPUT = re.compile(rf"{_PREFIX}(?:std(?:ard)?\s*)?(?:input|stdin|(?<=ple )in)s?{_TAIL}", re.I)
_OUTPUT = re.compile(
    rf"{_PREFIX}(?:std(?:ard)?\s*|expected\s+|correct\s+|desired\s+)?(?:output|stdout"
    rf"|(?<=ple )out)s?{_TAIL}"
    rf"(?P<for>\s+(?:for|of|to)\s+(?:the\s+)?(?:{_SAMPLE})?\s*(?:inputs?)?(?P<after>{_DIGITS})?)?",
    re.I,
)
_SAMPLES = re.compile(
    rf"(?:(?P<test>tests?(?:\s*cases?)?)|{_SAMPLE}|(?:sample|example)\s+(?:data|runs?|interactions?)"
    r"|(?:sample|example)s?\s+(?:of\s+)?(?:inputs?|i)\s*(?:/|and|&|,)\s*(?:sample\s+)?(?:outputs?|o))"
    rf"(?P<number>{_DIGITS})?",
    re.I,
)
_END = re.compile(
    r"(?:(?:explanations?|notes?|hints?|remarks?|comments?|clarifications?)"
    rf"(?:{_DIGITS}|\s+(?:for|of|to|on|about)\b.{{0,60}})?"
    r"|constraints?|limits?|scoring|sub-?tasks?|source|problem|task|(?:problem\s+)?description"
    r"|(?:problem\s+)?statement|details?|footnotes?|(?:time|memory)\s+limits?|limitations?|bounds?"
    r"|tags?|author|tester|editorial|challenge|(?:input|output)\s+(?:format|specification"
    r"|description|section|constraints?)|format\s+of\s+(?:the\s+)?(?:input|output)|interaction"
    r"|hacks?|restrictions?|story|background|resources?|definitions?|warning)",
    re.I,
)
_END_LINE = re.compile(
    r"\s*[*_]{0,2}(?:explanations?|notes?|hints?|remarks?|comments?|source|author|warning)\b"
    r"[^:.\n]{0,40}:",
    re.I,
)
_INLINE = re.compile(
    r"\s*(?:[-*•]\s+)?[*_`]{0,3}(?P<head>(?:(?:sample|example|test)s?\s+)?(?:std)?"
    r"(?:in|out)(?:put)?\s*#?\d{0,2})[*_`]{0,3}\s*[:=]\s*[*_`]{0,3}\s*(?P<text>\S.*)$",
    re.I,
)
_DECORATED = re.compile(r"\s*(?:-{2,}|={2,}|#{1,6}|\*{1,3}|_{2,3}|\\[a-z]*section\*?\{|\[|【|■|>)")
_SECTION = re.compile(
    r"\s*(?:(?:-{3,}|={3,})\s*[A-Za-z][^-=]*(?:-{3,}|={3,})|#{1,6} +[A-Za-z].*)\s*$"
)
_EDGES = "-=#*_:[]【】■>\\{}` \t"


class HeadingKind(Enum):
    """What lies below a heading; `BOTH`: an input, and beside it what it gives."""

    INPUT = auto()
    OUTPUT = auto()
    BOTH = auto()
    SAMPLES = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: `is_sample` if it says itself that a sample follows, whose `number` it may tell.

    `text` is what stands on the same line.
    """

    kind: HeadingKind
    is_sample: bool = False
    number: str = ""
    text: str = ""
    is_decorated: bool = False


def read_heading(line: str) -> Heading | None:
    """Return the heading that a line is, if it is one."""
    if len(line) > _MAX_TITLE or not line.strip():
        return None
    title = re.sub(r"^\\?\w*section\*?\{", "", line.strip().strip(_EDGES))
    title = re.sub(r"^\d{1,2}[.)]\s+", "", title).strip(_EDGES)
    is_marked = bool(_DECORATED.match(line)) or line.rstrip().endswith(":")
    return (
        _read_title(title, is_decorated=bool(_DECORATED.match(line)), is_marked=is_marked)
        or _read_pair(line)
        or (Heading(HeadingKind.END) if _END_LINE.match(line) or _SECTION.match(line) else None)
        or _read_inline(line)
    )


def _read_title(title: str, *, is_decorated: bool, is_marked: bool) -> Heading | None:
    if found := _INPUT.fullmatch(title):
        number = _number(found["number"], found["before"])
        is_sample = bool(found["sample"])
        return Heading(HeadingKind.INPUT, is_sample, number, is_decorated=is_decorated)
    if found := _OUTPUT.fullmatch(title):
        number = _number(found["number"], found["before"], found["after"])
        is_sample = bool(found["sample"] or found["for"])
        return Heading(HeadingKind.OUTPUT, is_sample, number, is_decorated=is_decorated)
    # A word alone may be data: these headings are marked, numbered, or begin with a capital.
    stands_out = is_marked or title[:1].isupper()
    if (found := _SAMPLES.fullmatch(title)) and (stands_out or found["number"]):
        is_plain_test = found["test"] and not (is_marked or found["number"])
        return None if is_plain_test else Heading(HeadingKind.SAMPLES)
    if _END.fullmatch(title) and stands_out:
        return Heading(HeadingKind.END)
    return None


def _read_pair(line: str) -> Heading | None:
    """Read two headings side by side: `Sample Input 1    Sample Output 1`."""
    parts = re.split(r"\t+|\s{2,}|\s*\|\s*", line.strip().strip("|"))
    if len(parts) != 2:
        return None
    first, second = (
        _read_title(part.strip(_EDGES), is_decorated=False, is_marked=False) for part in parts
    )
    if first is None or second is None:
        return None
    if (first.kind, second.kind) != (HeadingKind.INPUT, HeadingKind.OUTPUT):
        return None
    return Heading(HeadingKind.BOTH, first.is_sample, first.number)


def _read_inline(line: str) -> Heading | None:
    """Read a heading with the text of the sample on its line: `Input: 3 4`."""
    found = _INLINE.match(line)
    if found is None:
        return None
    text = found["text"].strip().strip("`")
    if re.match(r"[A-Za-z_]\w*\s*=", text):
        # Named arguments are a function's.
        return None
    head = re.sub(r"\b(in|out)\b", r"\1put", found["head"], flags=re.I)
    read = _read_title(head.strip(), is_decorated=False, is_marked=True)
    return Heading(read.kind, read.is_sample, read.number, text) if read else None


def _number(*found: str | None) -> str:
    return next((re.sub(r"\W|no|nr|number", "", each.lower()) for each in found if each), "")
