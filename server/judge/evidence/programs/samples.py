"""The samples of a problem's text: inputs and what is to be printed for them.

Read are the forms of contest sites: sections under headings such as `-----Examples-----`,
`Sample Input 1`, `Output for Sample Input 1`, `input`, `### Example`, with the text of a sample
below, several under one heading, in fences or in a table of two columns, and notes after them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.programs.headings import Heading, HeadingKind, read_heading
from stepcheck.server.judge.evidence.programs.sample_layout import (
    is_data,
    is_format_description,
    paragraphs,
    readings,
    split_cells,
    strip_blank_lines,
)

_MAX_SAMPLES = 40
_MAX_LINES = 20_000
_FENCE = re.compile(r"\s*(?:```+|~~~+)\s*\w*\s*$")
_TAG = re.compile(r"</?(?:b|strong|h\d|pre|p|br|code|div|em|i|samp|tt|sup|sub|span)\b[^>]*>", re.I)
_BLOCK_TAG = re.compile(r"<br\s*/?>|</?(?:pre|p|div|h\d)\b[^>]*>", re.I)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a program reads, and what it has to print: one of the readings of `outputs`.

    A text may go on after an output, and nothing says where it ends: then there is more than one
    reading, the longest first.
    """

    input: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    heading: Heading
    lines: tuple[str, ...]
    is_fenced: bool = False


def find_samples(text: str) -> tuple[Sample, ...]:
    """Return the samples in a problem's text, in order."""
    lines = _clean(text)
    found = [*_pair(_sample_blocks(list(_blocks(lines)))), *_table_samples(lines)]
    return tuple(dict.fromkeys(found))[:_MAX_SAMPLES]


def _clean(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if re.search(r"<(?:pre|h\d|b|strong)\b", plain, re.I):
        plain = _TAG.sub("", _BLOCK_TAG.sub("\n", plain))
    return plain.split("\n")[:_MAX_LINES]


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the headings with the lines below each."""
    heading: Heading | None = None
    content: list[str] = []
    is_fenced = is_verbatim = False
    for line in lines:
        if _FENCE.match(line):
            is_fenced = not is_fenced
            announced = heading is not None and heading.kind in (
                HeadingKind.INPUT,
                HeadingKind.OUTPUT,
            )
            if heading is not None and not is_fenced and any(map(str.strip, content)):
                # A closed fence has the whole of what the heading announced.
                yield _Block(heading, tuple(content), is_fenced=is_verbatim)
                heading, content = None, []
            is_verbatim = is_fenced and announced
            continue
        found = None if is_verbatim else read_heading(line)
        if found is None:
            content.append(line)
            continue
        if heading is not None:
            yield _Block(heading, tuple(content))
        heading, content = found, [found.text] if found.text else []
    if heading is not None:
        yield _Block(heading, tuple(content))


def _sample_blocks(blocks: Sequence[_Block]) -> list[_Block]:
    """Return the blocks of inputs and outputs that are samples, not descriptions of the format.

    Where nothing is said to be a sample, it is what looks like data.
    """
    said: list[_Block] = []
    others: list[_Block] = []
    is_within = False
    for block in blocks:
        heading = block.heading
        if heading.kind is HeadingKind.SAMPLES:
            is_within = True
        elif heading.kind is HeadingKind.END:
            continue
        elif heading.is_sample or (is_within and not is_format_description(block.lines)):
            said.append(block)
        elif not heading.is_decorated:
            others.append(block)
    if any(block.heading.kind is not HeadingKind.INPUT for block in said):
        return said
    return [block for block in others if block.is_fenced or is_data(block.lines)]


def _pair(blocks: Sequence[_Block]) -> Iterator[Sample]:
    """Yield samples: outputs go with the input of their number, else with the first one waiting."""
    waiting: list[_Block] = []
    for block in blocks:
        if block.heading.kind is HeadingKind.INPUT:
            waiting.append(block)
            continue
        if block.heading.kind is HeadingKind.BOTH:
            yield from _side_by_side(block)
            continue
        if not waiting:
            continue
        number = block.heading.number
        same = [each for each in waiting if number and each.heading.number == number]
        chosen = same[0] if same else waiting[0]
        waiting = [each for each in waiting if each is not chosen]
        outputs = readings(block.lines)
        if outputs:
            yield Sample(_to_text(chosen.lines), outputs)


def _side_by_side(block: _Block) -> Iterator[Sample]:
    """Yield the sample of two columns, as they are copied: one below the other, a blank between."""
    parts = paragraphs(block.lines)
    if len(parts) == 2:
        yield Sample(_to_text(parts[0]), (_to_text(parts[1]),))


def _to_text(lines: Sequence[str]) -> str:
    kept = strip_blank_lines(lines)
    return "\n".join(kept) + "\n" if kept else ""


def _table_samples(lines: Sequence[str]) -> Iterator[Sample]:
    """Yield the samples of a Markdown table with the columns Input and Output."""
    columns: tuple[int, int] | None = None
    for line in lines:
        cells = split_cells(line)
        if not cells:
            columns = None
            continue
        heads = [read_heading(cell) for cell in cells]
        kinds = [head.kind if head else None for head in heads]
        if HeadingKind.INPUT in kinds and HeadingKind.OUTPUT in kinds:
            columns = kinds.index(HeadingKind.INPUT), kinds.index(HeadingKind.OUTPUT)
        elif columns and max(columns) < len(cells) and not re.fullmatch(r"[\s|:-]+", line):
            given, wanted = (
                re.sub(r"\s*<br\s*/?>\s*", "\n", cells[at]).strip().strip("`") for at in columns
            )
            if wanted:
                yield Sample(given + "\n" if given else "", (wanted + "\n",))
