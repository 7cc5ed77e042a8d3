"""The format of an input, read from sentences such as "The first line contains two integers"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stepcheck.server.judge.evidence.programs.input_format import (
    Count,
    Field,
    Item,
    Kind,
    Line,
    Repeat,
)
from stepcheck.server.judge.evidence.programs.notation import NAME, base_name

_WORDS = {
    "a": 1,
    "an": 1,
    "the": 1,
    "one": 1,
    "single": 1,
    "only": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|only|single|next|following|last|one|other|final)"
)
_VERB = (
    r"(?:contains?|consists?\s+of|has|is|gives?|will\s+contain|holds?|describes?|includes?|"
    r"specif(?:y|ies)|(?:starts?|begins?)\s+with|have|are|contain(?:s|ing)|:)"
)
_COUNT = rf"(?P<count>(?:\d+|two|three|four|five|{NAME})(?:\s*[-+]\s*\d+)?|(?:2|3)\s*\*?\s*{NAME})"
_CASE = r"(?:tests?(?:\s*-?\s*cases?)?|cases?|data\s*-?sets?|scenarios?|input\s+case)"
_NEXT_LINE = r",?\s+(?:and\s+)?(?=the\s+(?:second|third|fourth|next|last)\s+line\b)"
_EACH_LINE = re.compile(
    rf"(?:then|next|after\s+(?:that|this|which)|and|this\s+is\s+followed\s+by|it\s+is\s+followed\s+by|"
    rf"followed\s+by|in)?[\s,]*(?:(?:each|every)\s+(?:one\s+)?(?:of\s+)?)?(?:there\s+(?:are|follow)\s+)?(?:the\s+)?"
    rf"(?:next|following|remaining|other|last|subsequent)?\s*{_COUNT}\s+(?:more\s+|other\s+|next\s+|following\s+|additional\s+)?lines"
    rf"(?P<rest>\b.*)$",
    re.I | re.S,
)
_ITH_LINE = re.compile(
    rf"(?:then\s+)?(?:the\s+)?(?:{NAME}\s*-?\s*th|each|every)\s*(?:of\s+)?(?:(?:these|those|them|the|such|this)\s*)?"
    rf"(?:next\s+|following\s+|remaining\s+)?(?:(?P<count>{NAME}|\d+)\s+)?(?:lines?\b)?(?P<of>\s+of\s+(?:them|these|those|the\s+(?:next|following)\s+(?P<count2>{NAME}|\d+)\s+lines?))?"
    rf"[\s,]*{_VERB}\s+(?P<what>.*)$",
    re.I | re.S,
)
_ONE_LINE = re.compile(
    rf"(?:then\s+|on\s+|in\s+)?(?:the\s+|an?\s+)?(?:very\s+)?(?P<ordinal>{_ORDINAL})(?:\s+and\s+(?:the\s+)?(?:only|last)|\s+input)?\s+line"
    rf"(?P<where>(?:\s+(?:of|in|for)\s+(?:the\s+|an?\s+|each\s+|every\s+)?[\w\s-]*?)??)[\s,]*(?:(?:there\s+(?:is|are)|{_VERB})\s+"
    rf"|(?=(?:the|an?|one|two)\s+(?:\w+\s+)?(?:string|integer|word|number)))(?P<what>.*)$",
    re.I | re.S,
)
_CASE_LINE = re.compile(
    rf"(?:for\s+)?(?:each|every)\s+{_CASE}[\s,]*(?:{_VERB}|there\s+(?:is|are))\s+(?P<what>.*)$",
    re.I | re.S,
)
_WHOLE = re.compile(
    rf"(?:the\s+)?(?:standard\s+)?input(?:\s+file)?\s+(?:{_VERB})\s+(?P<what>.*)$"
    r"|you\s+(?:are|will\s+be)\s+given\s+(?P<given>.*)$|(?P<bare>(?:an?|one|two|three|single|the)\s+.*)$",
    re.I | re.S,
)
_NOUN = (
    r"(?P<noun>integers?|numbers?|strings?|words?|names?|reals?|floats?|characters?|letters?"
    r"|digits?|values?|elements?|lines?)"
)
_ADJECTIVE = (
    r"(?:(?:space|comma|white\s*space|whitespace|blank)[\s-]*(?:separated|delimited)|separated|positive|non-?\s*negative|"
    r"negative|natural|distinct|different|non-?\s*empty|binary|real|whole|lower-?\s*case|upper-?\s*case|"
    r"lowercase|uppercase|decimal|floating[\s-]*point|single|English|Latin|unique|odd|even|pairwise|such|32-bit|64-bit|unsigned|signed|random)"
)
_NAMES = (
    rf"(?:{NAME})(?:(?:\s*(?:,|and|&|\.\.\.)+\s*(?:and\s+)?(?:{NAME})|\s+(?!a\s+[a-z]{{2}})[A-Za-z])"
    r"(?![\w'’]))*"
)
_ITEM = re.compile(
    rf"(?<![A-Za-z\d])(?:(?P<count>\d+|{'|'.join(_WORDS)}|{NAME}(?:\s*[-+]\s*\d+)?)\s+)?(?P<adjectives>(?:{_ADJECTIVE}[\s,]+)*){_NOUN}"
    rf"(?:\s*(?:,|:)?\s+(?:each\s+|given\s+|called\s+|named\s+|i\.e\.?\s+)?(?P<names>{_NAMES})(?![\w'’]))?",
    re.I,
)
_NUMBER_OF = re.compile(
    rf"(?:the\s+)?(?:total\s+)?number\s+of\s+[\w\s'-]{{1,60}}?[\s,:]+(?P<name>{NAME})(?![\w'’])|^(?:the\s+)?(?:value\s+of\s+|size\s+|length\s+|values\s+of\s+)?(?P<alone>{_NAMES})(?=\s*(?:$|[,.;—(]))",
    re.I,
)
_NUMBER_ALONE = re.compile(r"\bnumber\s+of\s+(?:the\s+)?(?:test|case|data\s*set|scenario)", re.I)
_LENGTH = re.compile(
    rf"\bof\s+(?:length|size)\s+(?:exactly\s+)?(?P<length>{NAME}|\d+)\b|\b(?P<count>{NAME}|\d+)\s+(?:\w+\s+)?(?:characters|letters)\b",
    re.I,
)
_ABOUT_CASES = re.compile(
    rf"\beach\s+{_CASE}|\b{_CASE}\s+(?:follow|description)|\bdescriptions?\s+of\s+(?:the\s+)?{_CASE}",
    re.I,
)
_OF_EACH_CASE = re.compile(rf"\b(?:of|for|in)\s+(?:each|every|the|a)\s+{_CASE}", re.I)
_CASES = re.compile(
    rf"\bnumber\s+of\s+(?:the\s+|independent\s+)?{_CASE}|\b(?:test\s*cases|testcases)\b", re.I
)


@dataclass(slots=True)
class _Draft:
    """A format being read: items before the test cases, and those of each."""

    items: list[Item] = field(default_factory=list)
    of_case: list[Item] | None = None
    cases: Count | None = None
    pending: Count | None = None

    def add(self, item: Item) -> None:
        (self.items if self.of_case is None else self.of_case).append(item)

    def finish(self) -> tuple[Item, ...]:
        if self.of_case and self.cases:
            return (*self.items, Repeat(self.cases, tuple(self.of_case)))
        return tuple(self.items)


def read_sentences(description: str) -> tuple[Item, ...]:
    """Return the format that a description, in plain notation, tells; empty if it tells none."""
    draft = _Draft()
    for sentence in _sentences(description):
        _read_sentence(sentence, draft)
    return draft.finish()


def _sentences(text: str) -> Iterator[str]:
    joined = re.sub(r"\s*\n\s*(?=[a-z(≤])", " ", text)
    for part in re.split(
        rf"(?<=[.;!])\s+(?=[A-Z\d])|\n+|(?<=\))\s*\.\s+|;\s+|{_NEXT_LINE}", joined
    ):
        # What stands in parentheses is about values, not about lines.
        plain = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", " ", part)
        plain = re.sub(r"^\s*[-*•]\s+", "", re.sub(r"\s+", " ", plain)).strip(" .")
        if plain:
            yield plain


def _read_sentence(sentence: str, draft: _Draft) -> None:
    if _ABOUT_CASES.search(sentence) and draft.cases is not None and draft.of_case is None:
        draft.of_case = []
    if found := _ONE_LINE.match(sentence):
        _one_line(found, draft)
    elif found := _EACH_LINE.match(sentence):
        _each_line(found, draft)
    elif found := _ITH_LINE.match(sentence):
        _ith_line(found, draft)
    elif found := _CASE_LINE.match(sentence):
        if draft.of_case is None and draft.cases is None:
            return
        _described(found["what"], draft)
    elif not draft.items and (found := _WHOLE.match(sentence)):
        _described(found["what"] or found["given"] or found["bare"] or "", draft)


def _one_line(found: re.Match[str], draft: _Draft) -> None:
    if _OF_EACH_CASE.search(found["where"] or "") and draft.cases and draft.of_case is None:
        draft.of_case = []
    what = found["what"]
    fields = read_fields(what)
    if _takes_cases(fields, what, draft):
        return
    if fields:
        draft.add(Line(fields))
    if follows := re.search(
        rf"(?:followed\s+by|then|and)\s+{_COUNT}\s+(?:\w+\s+)?lines\b(?P<rest>.*)$", what, re.I
    ):
        _each_line(follows, draft)


def _takes_cases(fields: tuple[Field, ...], what: str, draft: _Draft) -> bool:
    """Take a line that says how many test cases there are, and tell whether it was one."""
    if len(fields) != 1 or draft.cases is not None or not _CASES.search(what):
        return False
    draft.cases = Count(fields[0].name)
    draft.items.append(Line(fields))
    return True


def _each_line(found: re.Match[str], draft: _Draft) -> None:
    count = read_count(found["count"])
    if count is None:
        return
    rest = _without_follow(found["rest"])
    fields = read_fields(rest)
    if fields:
        draft.add(Repeat(count, (Line(fields),)))
        draft.pending = None
    else:
        draft.pending = count
        if draft.cases is not None and draft.cases == count and draft.of_case is None:
            draft.of_case = []
            draft.pending = None


def _without_follow(text: str) -> str:
    previous = None
    while previous != text:
        previous = text
        text = re.sub(
            r"^[\s,.:—]*(?:that\s+)?(?:follow(?:s|ing)?|each|the\s+\w\s*-?\s*th|every|line|of\s+(?:them|these|which|input|which\s+\w+)|contain(?:s|ing)?|with|consist(?:s|ing)?\s+of|has|have|having|gives?|giving|describ(?:es?|ing)(?:\s+[\w\s-]{1,30}?(?=[,:—]|\s+(?:with|by|as)\b))?|and|in|which|that|by|is|are|one\s+per\s+line(?=,))\b",
            "",
            text,
            flags=re.I,
        )
    return text.strip(" ,.:—")


def _ith_line(found: re.Match[str], draft: _Draft) -> None:
    named = found["count"] or found["count2"]
    count = read_count(named) if named else draft.pending
    fields = read_fields(found["what"])
    if count is None or not fields:
        return
    if draft.cases == count and draft.of_case is None:
        draft.of_case = []
    if draft.cases == count:
        draft.add(Line(fields))
    else:
        draft.add(Repeat(count, (Line(fields),)))
    draft.pending = None


def _described(what: str, draft: _Draft) -> None:
    """Read the description of a single line, as that of an input or of a test case."""
    if re.match(r"(?:\w+\s+)?lines\b|(?:several|multiple|many)\b|\w+\s+test", what, re.I):
        return
    what = re.sub(
        r"^(?:exactly\s+|only\s+)?(?:a|one|the)?\s*(?:single|one)?\s*line\b[\s,]*(?:which\s+|that\s+)?(?:with|containing|contains|of|consisting\s+of|:)?\s*",
        "",
        what,
        flags=re.I,
    )
    fields = read_fields(what)
    if fields and not draft.of_case and not _takes_cases(fields, what, draft):
        draft.add(Line(fields))


def read_fields(what: str) -> tuple[Field, ...]:
    """Return the fields of a line from what is said to be in it."""
    head = re.split(
        r"\s+—\s*|,?\s+(?:where|denoting|representing|describing|which|such\s+that|indicating|meaning|so\s+that|the\s+number|respectively|separated\s+by|with|consisting|made\s+up|made\s+of|composed|followed\s+by|(?:and\s+)?then)\b|;|\.\s",
        what,
        maxsplit=1,
    )[0]
    found = list(_items(head))
    if not found and (named := _NUMBER_OF.search(what)):
        names = _read_names(named["name"] or named["alone"])
        found = [Field(name, Kind.INTEGER) for name in names]
    if not found and _NUMBER_ALONE.search(what):
        found = [Field("t", Kind.INTEGER)]
    return _with_length(tuple(found), what)


def _items(text: str) -> Iterator[Field]:
    for found in _ITEM.finditer(text):
        noun = found["noun"].lower()
        before = text[: found.start()].strip().lower()
        is_amount = before.endswith(("number of", "length of", "sum of", "count of"))
        is_kind = before.endswith(" of") and not found["count"]
        is_length = before.endswith(("string of", "strings of", "word of", "string with"))
        if is_amount or is_kind or is_length or noun.startswith("line"):
            continue
        names = _read_names(found["names"] or "")
        if re.match(r"\s+of\b", text[found.end() :]) and not names and noun.startswith("number"):
            named = _NUMBER_OF.search(text[found.start() :])
            if named:
                yield Field(base_name(named["name"] or named["alone"]), Kind.INTEGER)
            continue
        adjectives = (found["adjectives"] or "").lower()
        yield from _fields(found["count"], _kind(noun, adjectives), names, noun.endswith("s"))


def _fields(count: str | None, kind: Kind, names: list[str], plural: bool) -> Iterator[Field]:
    number = _WORDS.get((count or "").lower()) or (
        int(count) if count and count.isdigit() else None
    )
    if number is None and count and plural:
        repeated = read_count(count)
        yield Field(names[0] if names else "x", kind, repeated)
    elif number is not None and number > 1 and len(set(names)) == 1 and number > 8:
        yield Field(names[0], kind, Count(factor=number))
    else:
        size = number if number and (number > 1 or not names) else max(len(names), number or 1)
        for at in range(size):
            yield Field(names[at] if at < len(names) else f"{'xyzuvw'[at % 6]}_{at}", kind)


def _read_names(text: str) -> list[str]:
    return [base_name(name) for name in re.findall(rf"(?<![A-Za-z]){NAME}(?![A-Za-z])", text)]


def _kind(noun: str, adjectives: str) -> Kind:
    if noun.startswith(("string", "word", "name", "character", "letter")):
        return Kind.WORD
    if noun.startswith(("real", "float")) or re.search(r"real|float|decimal", adjectives):
        return Kind.REAL
    return Kind.INTEGER


def read_count(text: str) -> Count | None:
    """Return the count that a text is: a number, a variable, or one plus or minus a number."""
    word = _WORDS.get(text.lower())
    if word is not None or text.isdigit():
        return Count(factor=word or int(text))
    found = re.fullmatch(rf"(?:(\d)\s*\*?\s*)?({NAME})(?:\s*([-+])\s*(\d+))?", text.strip())
    if found is None:
        return None
    offset = int((found[3] or "+") + (found[4] or "0"))
    return Count(base_name(found[2]), int(found[1] or 1), offset)


def _with_length(fields: tuple[Field, ...], what: str) -> tuple[Field, ...]:
    """Return the fields, the words among them with the length that is told."""
    words = [each for each in fields if each.kind is Kind.WORD]
    found = _LENGTH.search(what)
    if not words or found is None:
        return fields
    length = read_count(found["length"] or found["count"])
    return tuple(
        Field(each.name, each.kind, None if found["count"] else each.count, length)
        if each.kind is Kind.WORD
        else each
        for each in fields
    )
