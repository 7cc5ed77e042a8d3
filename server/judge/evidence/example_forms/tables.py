"""Tables of inputs and outputs: of Markdown, with commas, or aligned by white space.

    | n | result |        n, result        n    result
    |---|--------|        1, 1             1    1
    | 1 | 1      |        2, 4             2    4

The head says which column is what: by the names of the parameters, or as `input` and `output`.
"""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.bindings import Given, bind
from stepcheck.server.judge.evidence.example_forms.calls import CallReader
from stepcheck.server.judge.evidence.example_forms.checks import make_example
from stepcheck.server.judge.evidence.example_forms.example import (
    Example,
    Reading,
    Signature,
    ValueKind,
)
from stepcheck.server.judge.evidence.example_forms.results import Result
from stepcheck.server.judge.evidence.example_forms.tokens import Kind, tokenize, words
from stepcheck.server.judge.evidence.example_forms.values import ValueReader

_OUTPUTS = words("output result expected returns return answer outputs results")
_INPUTS = words("input inputs argument arguments args call")
_REMARKS = words(
    "explanation explanations notes note reason comment comments description remark example case "
    "test # no why because"
)
_RULE = re.compile(r"[\s|:+=-]+")
_MAX_ROWS = 100
_MAX_CELL = 400


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a table are: the names of the inputs by column, and the output."""

    inputs: dict[int, str]
    output: int
    is_named: bool


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads the tables about a function; with `guess`, words are values too."""

    signature: Signature
    guess: bool = False

    def read_all(self, text: str) -> Iterator[Example]:
        """Yield the examples of the tables in a text."""
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            for split in (_split_pipes, _split_commas, _split_columns):
                head = split(lines[at])
                columns = self._columns(head) if len(head) > 1 else None
                if columns is None:
                    continue
                rows = list(_rows(lines[at + 1 : at + 1 + _MAX_ROWS], split, len(head)))
                found = [self._example(columns, row) for row in rows]
                if not rows or (split is not _split_pipes and None in found):
                    continue
                yield from (one for one in found if one is not None)
                at += len(rows)
                break
            at += 1

    def _columns(self, head: Sequence[str]) -> _Columns | None:
        """Return what the head of a table says, if it says all."""
        inputs: dict[int, str] = {}
        outputs: list[int] = []
        is_named = True
        for at, cell in enumerate(head):
            shown = cell.strip("`*_ ")
            name = shown.split("(")[0].strip().lower()
            if self.signature.find(shown) is not None:
                inputs[at] = shown
            elif set(name.split()) & _OUTPUTS or name == self.signature.name.lower():
                outputs.append(at)
            elif set(name.split()) & _INPUTS:
                inputs[at], is_named = "", False
            elif not set(name.split()) & _REMARKS and name:
                return None
        if len(outputs) != 1 or not inputs:
            return None
        return _Columns(inputs, outputs[0], is_named)

    def _example(self, columns: _Columns, row: Sequence[str]) -> Example | None:
        wanted = self._cell(row[columns.output], self.signature.result)
        if wanted is None:
            return None
        result = Result(0, ast.unparse(wanted.node), wanted.reading)
        given: list[Given] = []
        for at, name in columns.inputs.items():
            if len(columns.inputs) == 1 and not name and (whole := self._whole(row[at], result)):
                return whole
            parameter = self.signature.find(name) if name else None
            one = self._cell(row[at], parameter.kind if parameter else self._kind(len(given)))
            if one is None:
                return None
            given.append(Given(one.node, 0, name, one.reading))
        if not columns.is_named:
            given = [Given(one.node, 0, "", one.reading) for one in given]
        bound = bind(given, self.signature)
        if bound is None:
            return None
        call, reading = bound
        is_guess = not columns.is_named and len(self.signature.parameters) > 1
        return make_example(call, result, Reading.LOOSE if is_guess else reading)

    def _kind(self, place: int) -> ValueKind:
        known = self.signature.parameters
        return known[place].kind if place < len(known) else ValueKind.UNKNOWN

    def _whole(self, cell: str, result: Result) -> Example | None:
        """Return the example of a cell that has a call, or all the values of one."""
        tokens = tokenize(cell[:_MAX_CELL], (self.signature.name,))
        values = ValueReader(tokens)
        call = CallReader(values, {self.signature.name: self.signature}).read(0)
        if call is not None and tokens[call.end].kind is Kind.END:
            return make_example(call.source, result, call.reading)
        if len(self.signature.parameters) < 2:
            return None
        given: list[Given] = []
        place = 0
        while tokens[place].kind is not Kind.END:
            name = ""
            if tokens[place].kind is Kind.WORD and tokens[place + 1].text == "=":
                name, place = tokens[place].text, place + 2
            value = values.read(place)
            if value is None:
                return None
            given.append(Given(value.node, value.end, name, value.reading))
            place = value.end
            if tokens[place].kind is Kind.COMMA:
                place += 1
        bound = bind(given, self.signature)
        return make_example(bound[0], result, bound[1]) if bound else None

    def _cell(self, cell: str, kind: ValueKind) -> Given | None:
        tokens = tokenize(cell[:_MAX_CELL])
        value = ValueReader(tokens).read(0)
        if value is not None and tokens[value.end].kind is Kind.END:
            is_number = tokens[0].kind is Kind.NUMBER and value.end == 1
            if kind is ValueKind.TEXT and is_number:
                return Given(ast.Constant(tokens[0].text), 0, "", Reading.LOOSE)
            return Given(value.node, 0, "", value.reading)
        shown = cell.strip().strip("`")
        if shown and (kind.allows_words or (self.guess and shown.isalpha())):
            return Given(ast.Constant(shown), 0, "", Reading.LOOSE)
        return None


def _split_pipes(line: str) -> list[str]:
    if "|" not in line:
        return []
    return [cell.strip() for cell in _split_outside(line.strip().strip("|"), "|")]


def _split_commas(line: str) -> list[str]:
    return [cell.strip() for cell in _split_outside(line, ",")] if "," in line else []


def _split_columns(line: str) -> list[str]:
    return [cell for cell in re.split(r"\s{2,}|\t", line.strip()) if cell]


def _split_outside(line: str, separator: str) -> list[str]:
    """Split a line at a sign, but not within quotation marks or brackets."""
    cells, depth, quote = [""], 0, ""
    for sign in line:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == separator and depth == 0:
            cells.append("")
            continue
        cells[-1] += sign
    return cells


def _rows(
    lines: Sequence[str], split: Callable[[str], list[str]], width: int
) -> Iterator[list[str]]:
    for line in lines:
        if line.strip() and _RULE.fullmatch(line):
            continue
        cells = split(line)
        if len(cells) != width:
            return
        yield cells
