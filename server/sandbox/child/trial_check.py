"""A check of trials, compiled once, and run beside the code of one program after another."""

from __future__ import annotations

import ast
import contextlib
import io
from contextlib import redirect_stdout
from types import CodeType
from typing import Any

from stepcheck.server.sandbox.child.candidate import BoundedText
from stepcheck.server.sandbox.child.examiner import CHECK_FILE
from stepcheck.server.sandbox.child.matching import values_match

_MAX_VALUE = 2_000


class TrialCheck:
    """One check; `order` is as `stepcheck.server.sandbox.trials` sends it."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._expected: str | None = order["expected"]
        self._any_value: bool = order["any_value"]
        self._error: Exception | None = None
        self._statements: CodeType | None = None
        self._expression: CodeType | None = None
        self._wanted: CodeType | None = None
        try:
            self._compile(order["source"])
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self._error = error

    def evaluate(self, names: dict[str, Any], printed: BoundedText) -> dict[str, Any]:
        """Return the status and the value of the check; raises what it raises."""
        if self._error:
            raise self._error
        if self._any_value:
            value, _ = self._run(names)
            return {"value": repr(value)[:_MAX_VALUE]}
        if self._expected is None:
            self._execute(names)
            return {}
        with redirect_stdout(printed):
            value, shown = self._run(names)
        try:
            wanted = eval(self._wanted or "", dict(names))  # noqa: S307 - it is isolated
        except Exception:
            shown += printed.take() + ("" if value is None else repr(value))
            matches = shown.split() == self._expected.split()
        else:
            matches = values_match(value, wanted) or (
                shown != "" and shown.split() == self._expected.split()
            )
        return {"status": "passed" if matches else "failed", "value": repr(value)[:_MAX_VALUE]}

    def _compile(self, source: str) -> None:
        tree = ast.parse(source, CHECK_FILE)
        if self._expected is not None or self._any_value:
            last = tree.body.pop()
            if not isinstance(last, ast.Expr):
                raise ValueError("the example does not end in an expression")
            expression = ast.Expression(last.value)
            self._expression = compile(expression, CHECK_FILE, "eval", dont_inherit=True)
        self._statements = compile(tree, CHECK_FILE, "exec", dont_inherit=True)
        if self._expected is not None:
            with contextlib.suppress(SyntaxError, ValueError):
                self._wanted = compile(
                    self._expected.strip(), CHECK_FILE, "eval", dont_inherit=True
                )

    def _execute(self, names: dict[str, Any]) -> None:
        if self._statements is not None:
            exec(self._statements, names)  # noqa: S102 - it is isolated

    def _run(self, names: dict[str, Any]) -> tuple[Any, str]:
        """Return the value of the last expression, and what the check itself printed."""
        assert self._expression is not None  # noqa: S101 - `_compile` has made it
        with redirect_stdout(io.StringIO()) as shown:
            self._execute(names)
            value = eval(self._expression, names)  # noqa: S307 - it is isolated
        return value, shown.getvalue()
