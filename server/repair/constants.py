"""Edits of constants: near ones, others of the program, others of the kind."""

import ast
from collections.abc import Iterator

from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import Program

_BRACKETS = {"(": "[{", ")": "]}", "[": "({", "]": ")}", "{": "([", "}": ")]"}
_MAX_STRINGS = 6


class Constants:
    """Exchanges constants, also for others of the program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        values = [
            node.value
            for node in ast.walk(program.tree)
            if isinstance(node, ast.Constant) and node not in program.docstrings
        ]
        self._integers = sorted({value for value in values if type(value) is int})[:12]
        self._strings = sorted({value for value in values if isinstance(value, str)})

    def exchange(self, node: ast.Constant) -> Iterator[Mutation]:
        """Yield other constants in the place of one."""
        if isinstance(self._program.parents.get(node), ast.JoinedStr | ast.FormattedValue):
            return
        for text, detail in dict.fromkeys(self._others(node.value)):
            edit = self._program.replace(node, text, 13 if text.startswith("-") else 16)
            if text != self._program.text(node):
                yield make(self._program, node, "constant", detail, edit)

    def _others(self, value: object) -> Iterator[tuple[str, str]]:
        match value:
            case bool():
                yield str(not value), f"not {value}"
            case None:
                for text in ("0", "[]", "False", "True", '""'):
                    yield text, f"None to {text}"
            case int():
                yield str(value + 1), "plus one"
                yield str(value - 1), "minus one"
                for number in (0, 1, -1, 2):
                    near = str(value) if abs(value) <= 2 else "n"
                    yield str(number), f"{near} to {number}"
                yield str(-value), "sign"
                yield repr(str(value)), "to text"
                for number in self._integers:
                    yield str(number), "another's"
                if value in (0, 1):
                    for text in ("float('inf')", "float('-inf')", "None", "True", "False", "[]"):
                        yield text, f"number to {text}"
            case float():
                for real in (value + 1, value - 1, -value, 0.0, 1.0):
                    yield repr(real), "real"
            case str():
                yield from self._other_strings(value)

    def _other_strings(self, value: str) -> Iterator[tuple[str, str]]:
        for text in _BRACKETS.get(value, ""):
            yield repr(text), "bracket"
        if value.isidentifier():
            yield value, "to name"
        if value in ("inf", "-inf"):
            yield f"float({value!r})", "to infinity"
            yield repr("-inf" if value == "inf" else "inf"), "infinity"
        for text in ("", " "):
            if value != text:
                yield repr(text), f"text to {text!r}"
        if len(value) == 1 and value.isdigit():
            yield repr(str((int(value) + 1) % 10)), "digit"
            yield repr(str((int(value) - 1) % 10)), "digit"
        if value.swapcase() != value:
            yield repr(value.swapcase()), "case"
        others = [text for text in self._strings if text != value]
        for text in sorted(others, key=lambda text: abs(len(text) - len(value)))[:_MAX_STRINGS]:
            yield repr(text), "another's text"
