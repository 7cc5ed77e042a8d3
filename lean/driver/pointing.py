"""What a person means who points at a line, and what helps one who points at nothing to prove."""

from dataclasses import dataclass

from stepcheck.lean.open_places import OpenPlace, open_places
from stepcheck.lean.position import ProofPosition

MAX_NAMED_PLACES = 10


@dataclass(frozen=True, slots=True)
class FoundPosition:
    """The position that a line or column means.

    `others` are the open places that the line has besides the one that was taken: the person named
    no column, and may have meant one of these.
    """

    position: ProofPosition
    others: tuple[OpenPlace, ...] = ()


def find_position(text: str, line: int, column: int | None = None) -> FoundPosition:
    """Find the position meant by `line` (from 1) and `column` (from 0, code points).

    Raises `DocumentError` if the file has no such place.
    """
    position = ProofPosition.from_line_column(text, line, column)
    if column is not None:
        return FoundPosition(position)
    on_line = [place for place in open_places(text) if place.line == line and place.is_tactic]
    others = tuple(place for place in on_line if place.offset != position.start)
    return FoundPosition(position, others)


def remedy_without_goal(position: ProofPosition) -> str:
    """Say where else to point, if Lean has no goal at the position."""
    text = position.original
    places = open_places(text)
    line = text.count("\n", 0, position.start) + 1
    remedies = [
        f"The `sorry` at {_name(place)} is a term, in whose place no step can stand: "
        "write `by sorry`."
        for place in places
        if place.line == line and not place.is_tactic
    ]
    tactics = [place for place in places if place.is_tactic]
    if tactics:
        named = ", ".join(map(_name, tactics[:MAX_NAMED_PLACES]))
        more = len(tactics) - MAX_NAMED_PLACES
        rest = f" and {more} more" if more > 0 else ""
        remedies.append(f"The open places of the file: {named}{rest}.")
    elif not remedies:
        remedies.append("Point at a tactic, or at the end of a line that ends in `by`.")
    return " ".join(remedies)


def _name(place: OpenPlace) -> str:
    return f"{place.line}:{place.column}"
