"""What the input of a problem is like: its format and its values, as text and samples tell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from stepcheck.server.judge.evidence.programs.constraints import (
    Constraints,
    Mention,
    read_constraints,
)
from stepcheck.server.judge.evidence.programs.format_sentences import read_count, read_sentences
from stepcheck.server.judge.evidence.programs.format_template import read_template
from stepcheck.server.judge.evidence.programs.headings import HeadingKind, read_heading
from stepcheck.server.judge.evidence.programs.input_format import (
    Field,
    Item,
    Kind,
    MismatchError,
    Observation,
    counts_of,
    fields_of,
    read_input,
    with_kinds,
    with_lengths,
)
from stepcheck.server.judge.evidence.programs.notation import NAME, base_name, make_plain
from stepcheck.server.judge.evidence.programs.samples import Sample

_INPUT_TITLE = re.compile(
    r"\W*(?:(?:standard\s+)?input\b.*|format\s+of\s+(?:the\s+)?input)\W*$", re.I
)
_CONSTRAINTS_TITLE = re.compile(
    r"\W*(?:constraints?|limits?|limitations?|bounds?|restrictions?|input\s+constraints?)\W*$", re.I
)
_INPUT_INLINE = re.compile(r"\s*[*_]{0,2}input[*_]{0,2}\s*:\s*[*_]{0,2}\s*(\S.*)$", re.I)
_WORDS = re.compile(
    r"\b([A-Za-z])(?:_\w+)?\b(?=[^.\n]{0,40}\b(?:string|character|letter|consists?\s+of\s+(?:lower|upper|`|[#.'\"])))"
)
_LENGTH = re.compile(
    rf"(?<![A-Za-z])(?P<name>{NAME})\s+(?:is|are)\s+(?:an?\s+)?(?:\w+\s+)?strings?\s+of\s+length\s+"
    rf"(?P<length>{NAME}|\d+)(?![A-Za-z])"
)


class Allowed(Enum):
    """Whether inputs that are made are such as the task allows.

    `SURELY` where all was read that the text says of them, `LIKELY` where bounds are missing,
    `DOUBTFUL` where they should have a property that nothing here gives them.
    """

    SURELY = auto()
    LIKELY = auto()
    DOUBTFUL = auto()


@dataclass(frozen=True, slots=True)
class ProblemInput:
    """The format of a problem's input, and what is known about its values.

    Where no format was read that all samples have, there are no `items`. `observed` are the values
    in the samples. An input made by both is `allowed` by the task, or may be ruled out by it.
    """

    items: tuple[Item, ...]
    constraints: Constraints
    observed: tuple[Observation, ...]
    allowed: Allowed


def read_problem_input(text: str, samples: Sequence[Sample]) -> ProblemInput:
    """Return what the input is like."""
    description, about_input = _sections(text)
    plain, about = make_plain(text), make_plain(about_input)
    constraints = read_constraints(_without_samples(plain), about)
    for items in _formats(make_plain(description), about) if samples else ():
        fitted = _fit(_with_lengths(items, about), samples) or _fit(items, samples)
        if fitted is not None:
            return _describe(*fitted, constraints)
    says_more = constraints.unread or any(
        mention is not Mention.NONE for mention in (constraints.distinct, constraints.permutation)
    )
    return ProblemInput((), constraints, (), Allowed.DOUBTFUL if says_more else Allowed.LIKELY)


def _sections(text: str) -> tuple[str, str]:
    """Return the description of the input, and that with the constraints."""
    description: list[str] = []
    constraints: list[str] = []
    current: list[str] | None = None
    for line in text.splitlines():
        if re.match(r"\s*```", line):
            continue
        if (inline := _INPUT_INLINE.match(line)) and not description and " " in inline[1]:
            description.append(inline[1])
            continue
        heading = read_heading(line)
        if heading is None:
            if current is not None:
                current.append(line)
            continue
        if heading.kind is HeadingKind.SAMPLES or heading.is_sample:
            current = None
            continue
        current = None
        if _CONSTRAINTS_TITLE.match(line):
            current = constraints
        elif _INPUT_TITLE.match(line) and not description:
            current = description
    if not any(map(str.strip, description)):
        description = _before_samples(text)
    return "\n".join(description), "\n".join([*description, *constraints])


def _before_samples(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        heading = read_heading(line)
        if heading is not None:
            break
        lines.append(line)
    return lines


def _without_samples(text: str) -> str:
    kept: list[str] = []
    is_sample = False
    for line in text.splitlines():
        heading = read_heading(line)
        if heading is not None:
            is_sample = heading.is_sample or heading.kind is HeadingKind.SAMPLES or is_sample
            if heading.kind is HeadingKind.END:
                is_sample = False
        if not is_sample:
            kept.append(line)
    return "\n".join(kept)


def _formats(description: str, about: str) -> Iterator[tuple[Item, ...]]:
    """Yield the formats that a description may tell."""
    if items := read_sentences(description):
        yield items
    words = frozenset(_WORDS.findall(about))
    lines = [line for line in description.splitlines() if line.strip()]
    looks_written = [len(re.findall(r"[A-Za-z]{3,}", line)) >= 2 for line in lines]
    for start in range(len(lines)):
        if not looks_written[start]:
            length = next((n for n, written in enumerate(looks_written[start:]) if written), None)
            template = lines[start : None if length is None else start + length]
            if items := read_template(template, words):
                yield items
            break


def _with_lengths(items: tuple[Item, ...], about: str) -> tuple[Item, ...]:
    """Return the format, its words with the lengths that the text tells elsewhere."""
    lengths = {
        base_name(found["name"]): read_count(found["length"]) for found in _LENGTH.finditer(about)
    }
    return with_lengths(items, {name: each for name, each in lengths.items() if each})


def _fit(
    items: tuple[Item, ...], samples: Sequence[Sample]
) -> tuple[tuple[Item, ...], list[Observation]] | None:
    """Return the format with the kinds that its fields have in the samples; None if it fails."""
    for lines_of_text in (False, True):
        chosen = items
        if lines_of_text:
            words = {field.name: Kind.TEXT for field in fields_of(items) if field.kind is Kind.WORD}
            chosen = with_kinds(items, words)
        try:
            seen = [each for s in samples for each in read_input(chosen, s.input, loosely=True)]
            fitted = with_kinds(chosen, _kinds(seen))
            return fitted, [each for s in samples for each in read_input(fitted, s.input)]
        except MismatchError:
            continue
    return None


def _kinds(seen: Sequence[Observation]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for one in seen:
        match one.value:
            case int():
                kinds.setdefault(one.field.name, one.field.kind)
            case float():
                if kinds.get(one.field.name) in (None, Kind.INTEGER):
                    kinds[one.field.name] = Kind.REAL
            case _:
                text = one.field.kind is Kind.TEXT
                kinds[one.field.name] = Kind.TEXT if text else Kind.WORD
    return kinds


def _describe(
    items: tuple[Item, ...], seen: list[Observation], constraints: Constraints
) -> ProblemInput:
    kept = tuple(
        relation
        for relation in constraints.relations
        if all(relation.holds(one.values) for one in seen)
    )
    is_whole = constraints.are_complete and len(kept) == len(constraints.relations)
    counted = {count.variable for count in counts_of(items)}
    is_bounded = all(_is_bounded(field, constraints, counted) for field in fields_of(items))
    permutation = _hold(constraints.permutation, _are_permutations(seen))
    distinct = _hold(constraints.distinct, _are_distinct(seen))
    is_kept = permutation is not None and distinct is not None
    allowed = Allowed.LIKELY
    if constraints.unread or not is_kept:
        allowed = Allowed.DOUBTFUL
    elif is_whole and is_bounded:
        allowed = Allowed.SURELY
    known = replace(
        constraints,
        relations=kept,
        distinct=distinct or Mention.NONE,
        permutation=permutation or Mention.NONE,
    )
    return ProblemInput(items, known, tuple(seen), allowed)


def _hold(mention: Mention, is_so: bool) -> Mention | None:
    """Return what is mentioned if the samples are like that; None if they ought to be, but aren't.

    To keep to more than is asked is allowed.
    """
    if is_so or mention is Mention.NONE:
        return mention
    return None if mention is Mention.OF_INPUT else Mention.NONE


def _is_bounded(field: Field, constraints: Constraints, counted: set[str | None]) -> bool:
    """Whether it is known what values a field may have."""
    if field.kind in (Kind.WORD, Kind.TEXT):
        length = f"|{field.name}|"
        has_length = field.length is not None or constraints.most_length is not None
        return bool(constraints.alphabet) and (has_length or bool(constraints.highs(length)))
    if field.name in counted or (
        constraints.permutation is not Mention.NONE and field.count is not None
    ):
        return True
    return bool(constraints.highs(field.name) and constraints.lows(field.name))


def _series(seen: Sequence[Observation]) -> list[list[object]]:
    """Return the values of each series in the samples."""
    found: list[list[object]] = []
    previous: Field | None = None
    for one in seen:
        if one.field.count is None:
            previous = None
            continue
        if one.field is not previous or _is_full(found[-1], one):
            found.append([])
        found[-1].append(one.value)
        previous = one.field
    return found


def _is_full(values: list[object], one: Observation) -> bool:
    size = one.field.count.of(one.values) if one.field.count else None
    return size is not None and len(values) >= size


def _are_permutations(seen: Sequence[Observation]) -> bool:
    found = _series(seen)
    return bool(found) and all(
        sorted(map(str, each)) == sorted(map(str, range(1, len(each) + 1))) for each in found
    )


def _are_distinct(seen: Sequence[Observation]) -> bool:
    found = _series(seen)
    return bool(found) and all(len(set(map(str, each))) == len(each) for each in found)
