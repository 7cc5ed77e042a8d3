"""Make Python of text that nearly is: small edits where the parser stumbles, best first."""

import heapq
import io
import re
import time
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from stepcheck.server.judge.languages.python.source import MAX_SOURCE_CHARACTERS
from stepcheck.server.sandbox.parsing import parse_module

_MAX_TRIED = 20_000
_MAX_TRIED_AFTER_FIRST = 300
_MAX_EDITS = 8
_PROGRESS_PER_LINE = 0.02
_COMPOUND = re.compile(
    r"\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b"
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_FOREIGN = (
    (re.compile(r"\belse\s+if\b"), "elif"),
    (re.compile(r"\belseif\b"), "elif"),
    (re.compile(r"^(\s*)function\b"), r"\1def"),
    (re.compile(r"^(\s*)(?:var|let|const|int|float|double|String|bool|auto)\s+(?=\w+\s*=)"), r"\1"),
    (re.compile(r"\b(?:var|let|const|new)\s+(?=\w)"), ""),
    (re.compile(r"&&"), " and "),
    (re.compile(r"\|\|"), " or "),
    (re.compile(r"!(?!=)"), "not "),
    (re.compile(r"(\w+)\+\+"), r"\1 += 1"),
    (re.compile(r"(\w+)--"), r"\1 -= 1"),
    (re.compile(r"(\w)<(\w+)>"), r"\1[\2]"),
    (re.compile(r"^(\s*)//"), r"\1#"),
    (re.compile(r"^(\s*)//\s?"), r"\1"),
    (re.compile(r"//(?!.*//)"), "#"),
    (re.compile(r"/\*.*?\*/"), ""),
    (re.compile(r"/\*+/?|\*+/"), ""),
    (re.compile(r"[?]"), ""),
    (re.compile(r":[:;]"), ":"),
    (re.compile(r"\{\s*$"), ":"),
    (re.compile(r"^(\s*)\}\s*$"), r"\1"),
    (re.compile(r"->(?=\s*$)"), ":"),
    (re.compile(r"->\s*[\w.\[\], ]*(?=\s*$)"), lambda match: f"{match[0]}:"),
    (re.compile(r"=>|=<|=!"), lambda match: {"=>": ">=", "=<": "<=", "=!": "!="}[match[0]]),
    (re.compile(r"\bnull\b"), "None"),
    (re.compile(r"\btrue\b"), "True"),
    (re.compile(r"\bfalse\b"), "False"),
)


@dataclass(frozen=True, slots=True, order=True)
class _Error:
    """Where the parser stumbles, 0-based line, and over what."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    key: float
    number: int
    cost: float
    edits: int
    lines: tuple[str, ...]
    error: _Error | None


def repair_syntax(source: str, count: int, seconds: float = 2.0) -> list[tuple[str, float]]:
    """Return at most `count` texts that parse, each with the cost of its edits, the least first.

    After the first, it looks for others only for a while.
    """
    if len(source) > MAX_SOURCE_CHARACTERS or "\0" in source:
        return []
    lines = tuple(source.split("\n"))
    waiting = [_Step(0.0, 0, 0.0, 0, lines, _first_error(lines))]
    seen = {lines}
    found: list[tuple[str, float]] = []
    tried = 0
    limit = _MAX_TRIED
    deadline = time.monotonic() + seconds
    while waiting and len(found) < count and tried < limit and time.monotonic() < deadline:
        step = heapq.heappop(waiting)
        error = step.error
        if error is None:
            found.append(("\n".join(step.lines), step.cost))
            limit = min(limit, tried + _MAX_TRIED_AFTER_FIRST)
            continue
        if step.edits == _MAX_EDITS:
            continue
        for cost, changed in _changes(step.lines, error):
            if changed in seen:
                continue
            seen.add(changed)
            tried += 1
            after = _first_error(changed)
            if after is not None and after.line < error.line and not _is_of_tokens(error):
                continue
            reached = len(changed) if after is None else after.line
            total = step.cost + cost
            key = total - _PROGRESS_PER_LINE * reached
            key += 0.0 if after is None or after.line != error.line else 1.5
            heapq.heappush(waiting, _Step(key, tried, total, step.edits + 1, changed, after))
    return found


def _first_error(lines: tuple[str, ...]) -> _Error | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The parser is quicker, and the compiler sees what is outside of its place.
            compile(parse_module("\n".join(lines)), "<code>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
        return _Error(line, max((error.offset or 1) - 1, 0), error.msg)
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return _Error(0, 0, "")
    return None


def _is_of_tokens(error: _Error) -> bool:
    """Whether the text could not even be divided: what the parser minds then is yet to come."""
    return any(word in error.message for word in ("unterminated", "never closed", "unindent"))


def _changes(lines: tuple[str, ...], error: _Error) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield what may help, with its cost."""
    near = [error.line]
    before = next((at for at in range(error.line - 1, -1, -1) if lines[at].strip()), None)
    if before is not None:
        near.append(before)
    for distance, number in enumerate(near):
        for cost, text in _line_changes(lines[number], error, at_error=distance == 0):
            yield cost + distance * 0.5, (*lines[:number], text, *lines[number + 1 :])
    yield from _indentations(lines, error)
    if "triple-quoted" in error.message or "unterminated" in error.message:
        yield from _quotes(lines)


def _line_changes(line: str, error: _Error, *, at_error: bool) -> Iterator[tuple[float, str]]:
    code, comment = _split_comment(line)
    bare = code.rstrip()
    if _COMPOUND.match(code) and not bare.endswith(":"):
        yield 0.5, f"{bare}:{comment}"
        yield 1.0, f"{bare.rstrip(';,.')}:{comment}"
    if bare.endswith(("=", "+", "-", "*", "/", "<", ">", "return", " and", " or")):
        for operand in ("1", "0"):
            yield 1.0, f"{bare} {operand}{comment}"
    if re.match(r"\s*\w+\(.*\)\s*(?:->.*)?:$", bare):
        yield 1.0, f"{line[: _column(line)]}def {bare.lstrip()}{comment}"
    yield from _brackets(line, bare, comment)
    for place in (match.start() for match in re.finditer(r"(?<![=!<>+\-*/%&|^:])=(?!=)", code)):
        condition = re.match(r"\s*(?:if|elif|while|return|assert)\b|.*\bif\b", code[:place])
        yield 0.7 if condition else 1.5, f"{code[:place]}=={code[place + 1 :]}{comment}"
    for match in re.finditer(r"==", code):
        yield 1.5, f"{code[: match.start()]}={code[match.end() :]}{comment}"
    for pattern, text in _FOREIGN:
        changed = pattern.sub(text, line)
        if changed != line:
            yield 1.0, changed
    for quote in "'\"":
        for match in re.finditer(quote, line):
            yield 1.0, line[: match.start()] + line[match.end() :]
        for place in _boundaries(line):
            yield 1.5, line[:place] + quote + line[place:]
    if at_error and error.column < len(line):
        for match in re.finditer(r"\w+|[^\w\s]", line):
            if match.end() >= error.column - 12 and match.start() <= error.column + 12:
                yield 2.0, line[: match.start()] + line[match.end() :].lstrip(" ")
        for text in (",", ":", ".", " in ", "="):
            for place in {error.column, max(0, error.column - 1)}:
                yield 2.5, line[:place] + text + line[place:]
    if line.strip():
        indent = line[: len(line) - len(line.lstrip())]
        yield 3.0, f"{indent}pass"
        yield 3.0, f"{indent}# {line.lstrip()}"


def _brackets(line: str, bare: str, comment: str) -> Iterator[tuple[float, str]]:
    """Yield the line with a bracket more, or one less, or another."""
    unclosed = _unclosed(bare)
    for _, bracket in unclosed[-1:]:
        closing = _CLOSING[bracket]
        for place in reversed(_boundaries(bare)):
            late = place == len(bare) or bare[place:] == ":"
            yield 0.6 if late else 1.0, f"{bare[:place]}{closing}{bare[place:]}{comment}"
    if len(unclosed) > 1:
        closing = "".join(_CLOSING[bracket] for _, bracket in reversed(unclosed))
        end = len(bare) - 1 if bare.endswith(":") else len(bare)
        yield 1.0, f"{bare[:end]}{closing}{bare[end:]}{comment}"
    if not unclosed:
        for bracket in "([{":
            closing = _CLOSING[bracket]
            for place in (match.start() for match in re.finditer(re.escape(closing), line)):
                yield 1.2, line[:place] + line[place + 1 :]
    for match in re.finditer(r"[(\[{]", line):
        yield 1.5, line[: match.start()] + line[match.end() :]
    for match in re.finditer(r"[)\]}]", line):
        for closing in ")]}":
            if closing != match[0]:
                yield 1.5, line[: match.start()] + closing + line[match.end() :]


def _indentations(lines: tuple[str, ...], error: _Error) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield the lines from the error on, up to several ends, moved to several columns."""
    first = error.line
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first >= len(lines):
        return
    column = _column(lines[first])
    columns = {_column(line) for line in lines[max(0, first - 12) : first + 4] if line.strip()}
    before = next((line for line in reversed(lines[:first]) if line.strip()), "")
    if _split_comment(before)[0].rstrip().endswith(":"):
        columns.add(_column(before) + 4)
    for wanted in sorted(columns - {column}, key=lambda other: abs(other - column)):
        expected = before.rstrip().endswith(":") and wanted == _column(before) + 4
        for rank, last in enumerate(_ends(lines, first, column)):
            moved = tuple(_shift(line, wanted - column) for line in lines[first:last])
            cost = (0.8 if expected else 1.2) + 0.1 * rank
            yield cost, (*lines[:first], *moved, *lines[last:])
    # The block before may be what stands wrongly.
    for number in range(first - 1, max(-1, first - 4), -1):
        if lines[number].strip():
            for wanted in sorted(columns - {_column(lines[number])}):
                moved_line = _shift(lines[number], wanted - _column(lines[number]))
                yield 1.8, (*lines[:number], moved_line, *lines[number + 1 :])


def _ends(lines: tuple[str, ...], first: int, column: int) -> list[int]:
    """Return where what begins on a line may end: the block, the next function, line or end."""
    found = []
    for test in (
        lambda line: _column(line) < column,
        lambda line: _column(line) <= column and line.lstrip().startswith(("def ", "class ", "@")),
        lambda _: True,
        lambda _: False,
    ):
        following = range(first + 1, len(lines))
        found.append(
            next((at for at in following if lines[at].strip() and test(lines[at])), len(lines))
        )
    return list(dict.fromkeys(found))


def _quotes(lines: tuple[str, ...]) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield triple quotes that are closed where their line ends with fewer."""
    for number, line in enumerate(lines):
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                text = re.sub(rf"{quotes[0]}*\s*$", quotes, line)
                if text != line:
                    yield 0.5, (*lines[:number], text, *lines[number + 1 :])
                text = line.replace(quotes, "", 1)
                yield 1.5, (*lines[:number], text, *lines[number + 1 :])


def _unclosed(text: str) -> list[tuple[int, str]]:
    """Return the brackets of a line that it does not close, outside quotes."""
    waiting: list[tuple[int, str]] = []
    quote = ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _CLOSING:
            waiting.append((place, letter))
        elif waiting and letter == _CLOSING[waiting[-1][1]]:
            waiting.pop()
    return waiting


def _boundaries(text: str) -> list[int]:
    """Return the places between words and signs."""
    places = {match.end() for match in re.finditer(r"\w+|[^\w\s]", text)}
    return sorted(places)


def _split_comment(line: str) -> tuple[str, str]:
    """Split off the comment at the end of a line, as far as its tokens can be read."""
    if "#" not in line:
        return line, ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.lstrip()).readline):
            if token.type == tokenize.COMMENT:
                place = len(line) - len(line.lstrip()) + token.start[1]
                return line[:place].rstrip(), f"  {line[place:]}"
    except (tokenize.TokenError, SyntaxError):
        pass
    return line, ""


def _column(line: str) -> int:
    return len(line) - len(line.lstrip())


def _shift(line: str, columns: int) -> str:
    if not line.strip():
        return line
    if columns >= 0:
        return " " * columns + line
    return line[min(-columns, _column(line)) :]
