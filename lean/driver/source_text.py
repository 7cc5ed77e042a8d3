"""Lean source as text: comments, columns, and where on a line a tactic can begin.

Nothing here parses Lean. It finds the places that are offered to Lean, which decides whether there
is a goal.
"""

import re
from dataclasses import dataclass

_COMMENT_OR_STRING = re.compile(r"""--[^\n]*|/-|"(?:[^"\\]|\\.)*(?:"|\Z)|'\\?"'""", re.DOTALL)
_COMMENT_BOUND = re.compile(r"/-|-/")
_IMPORT = re.compile(r"^(?:public\s+)?(?:meta\s+)?import\s[^\n]*", re.MULTILINE)
_BLANKS = re.compile(r"[ \t]*")
_BRACKETS = re.compile(r"[()\[\]{}⟨⟩,]")
_BULLETS = re.compile(r"\s*(?:[·.]\s+|\{\s+)*")
_ARM = re.compile(r"(?:\||(?:case'?|next)(?![\w'])).*?=>")
_BY = re.compile(r"(?<![\w'.])by(?![\w'])")
_DECLARATION = re.compile(
    r"(?:@\[[^\]]*\]\s*)?"
    r"(?:(?:private|protected|noncomputable|nonrec|scoped|local|public|meta|unsafe|partial)\s+)*"
    r"(?:theorem|lemma|example|def|instance|abbrev|opaque)(?![\w'])"
)
_COMMAND = re.compile(
    r"(?:@\[|#|(?:import|open|namespace|section|end|variable|universe|set_option|attribute|where"
    r"|termination_by|decreasing_by|structure|inductive|class|mutual|deriving)(?![\w']))"
)
_TACTIC_BEFORE_BY = re.compile(
    r"(?:haveI?|letI?|obtain|suffices|show|refine'?|exact|apply|replace|rcases|rw|simpa?|convert"
    r"|use|exists|specialize|set|calc|cases|induction|constructor|all_goals|any_goals|first|try)"
    r"(?![\w'])"
)


@dataclass(frozen=True, slots=True)
class TacticStart:
    """A place where a tactic can begin on a line.

    `column` is where its text begins; whoever points at `pointed` or to the right of it means it
    (`by` and a bullet belong to the tactic they introduce).
    """

    pointed: int
    column: int


def tactic_starts(code: str) -> list[TacticStart]:
    """Return where tactics can begin on a line whose comments are masked, from left to right."""
    starts: list[TacticStart] = []
    end = len(code.rstrip())
    first = _BULLETS.match(code)
    column = min(first.end() if first else 0, end)
    head = code[column:end]
    if arm := _ARM.match(head):
        column = _skip_blanks(code, column + arm.end(), end)
        starts.append(TacticStart(indentation(code), column))
    elif head and not _begins_no_tactic(head):
        starts.append(TacticStart(indentation(code), column))
    for opener in re.finditer(rf"{_BY.pattern}|(?<!<);(?!>)", code):
        if opener.start() >= column:
            pointed = opener.start() if opener.group() == "by" else opener.end()
            starts.append(TacticStart(pointed, _skip_blanks(code, opener.end(), end)))
    return starts


def _begins_no_tactic(head: str) -> bool:
    if _DECLARATION.match(head) or _COMMAND.match(head) or head[0] in ")]}⟩,:|":
        return True
    opens_block = _BY.search(head) is not None and ":=" in head
    return opens_block and not _TACTIC_BEFORE_BY.match(head)


def header_end(masked: str) -> int:
    """Return the offset behind the last import of a file without its comments; 0 without one."""
    return max((found.end() for found in _IMPORT.finditer(masked)), default=0)


def begins_command(masked: str, line_start: int) -> bool:
    """Tell whether the line that begins at an offset begins a declaration or another command."""
    if _COMMAND.match(masked, line_start):
        return True
    blanks = _BLANKS.match(masked, line_start)
    return blanks is not None and _DECLARATION.match(masked, blanks.end()) is not None


def _skip_blanks(code: str, column: int, end: int) -> int:
    while column < end and code[column].isspace():
        column += 1
    return column


def opens_block(code: str) -> bool:
    """Tell whether the tactics that the code introduces are expected on the next line."""
    stripped = code.rstrip()
    if stripped.endswith("=>"):
        head = stripped[_BULLETS.match(stripped).end() :]  # type: ignore[union-attr]
        return _ARM.fullmatch(head) is not None
    return stripped.endswith("by") and _BY.match(stripped, len(stripped) - 2) is not None


def block_indentation(masked: str, line_start: int) -> int:
    """Return the indentation of the block that the line at offset `line_start` opens.

    By convention two more than the tactic or declaration to which the line belongs.
    """
    line_end = masked.find("\n", line_start)
    code = masked[line_start : len(masked) if line_end < 0 else line_end]
    starts = tactic_starts(code)
    column = indentation(code)
    if starts and starts[0].pointed == column and not _ARM.match(code.lstrip()):
        return starts[0].column + 2
    if not _DECLARATION.match(code.lstrip()) and not _ARM.match(code.lstrip()):
        for line in reversed(masked[:line_start].split("\n")):
            if _DECLARATION.match(line.lstrip()):
                return indentation(line) + 2
    return column + 2


def block_length(masked: str, column: int) -> int:
    """Return how far the tactic block at a column goes on, from the beginning of `masked`.

    The first line counts whatever its column is. A bracket that was opened before the block ends
    it, or the comma before that bracket.
    """
    end = masked.find("\n")
    while end >= 0:
        next_end = masked.find("\n", end + 1)
        line = masked[end + 1 : len(masked) if next_end < 0 else next_end]
        if line.strip() and indentation(line) < column:
            break
        end = next_end
    block = masked if end < 0 else masked[:end]
    return len(block[: _end_within_brackets(block)].rstrip())


def _end_within_brackets(block: str) -> int:
    """Return where the block ends if a bracket that it does not open is closed in it."""
    depth = 0
    comma = -1
    for bracket in _BRACKETS.finditer(block):
        if bracket.group() == ",":
            comma = bracket.start() if depth == 0 and comma < 0 else comma
        elif bracket.group() in "([{⟨":
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                return bracket.start() if comma < 0 else comma
    return len(block)


def indentation(line: str) -> int:
    """Return the number of blanks at the beginning of the line."""
    return len(line) - len(line.lstrip())


def last_column(text: str) -> int:
    """Return the column at the end of the text: code points since the last line break."""
    return len(text) - text.rfind("\n") - 1


def indent_step(step: str, column: int) -> str:
    """Return the step with every line but the first moved to the right by `column`."""
    return step.replace("\r\n", "\n").replace("\n", "\n" + " " * column)


def code_point_column(line: str, character: int) -> int:
    """Return the column in code points of a column in UTF-16 code units.

    Inside a surrogate pair it is the column of the character; beyond the end it is the end.
    """
    units = 0
    for column, symbol in enumerate(line):
        units += 2 if ord(symbol) > 0xFFFF else 1
        if units > character:
            return column
    return len(line)


def utf16_column(line: str, column: int) -> int:
    """Return the column in UTF-16 code units of a column in code points."""
    return sum(2 if ord(symbol) > 0xFFFF else 1 for symbol in line[:column])


def mask_comments(text: str) -> str:
    """Blank out comments and strings; every other character stays in its place."""
    pieces: list[str] = []
    position = 0
    while found := _COMMENT_OR_STRING.search(text, position):
        pieces.append(text[position : found.start()])
        end = _end_of_comment(text, found.end()) if found.group() == "/-" else found.end()
        pieces.append(re.sub(r"[^\n]", " ", text[found.start() : end]))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _end_of_comment(text: str, position: int) -> int:
    """Return where the block comment opened before `position` ends; block comments nest."""
    depth = 1
    for bound in _COMMENT_BOUND.finditer(text, position):
        depth += 1 if bound.group() == "/-" else -1
        if depth == 0:
            return bound.end()
    return len(text)
