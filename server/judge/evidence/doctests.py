"""The interactive sessions of a text: what an interpreter printed, as `doctest` reads it."""

import ast
import doctest
import inspect
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.awaiting import run_awaits
from stepcheck.server.judge.evidence.literals import read_expression
from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.sandbox.checks import Check, SessionExample
from stepcheck.server.sandbox.parsing import parse_module

SEPARATOR = "\f"
"""Stands between texts whose sessions know nothing of each other: a form feed."""

_MAX_SETUP = 2_000
_PARAGRAPHS = re.compile(r"\n\s*\n")
_END_OF_TEXT = re.compile(r"[ \t]*(?:\"\"\"|'''|```)[ \t]*")


@dataclass(frozen=True, slots=True)
class Sessions:
    """What the sessions of a text check, and the examples that they say to skip, as text."""

    checks: tuple[Check, ...] = ()
    skipped: tuple[str, ...] = ()


def find_sessions(text: str, names: Collection[str]) -> Sessions:
    """Return what the interactive sessions in `text` say of a module that defines `names`.

    The whole text is one session, as a docstring is for `doctest`. Where that cannot be read, its
    paragraphs are, and those that cannot be are left out.
    """
    examples = list(_read(text))
    skipped = [each for each in examples if each.options.get(doctest.SKIP)]
    run = [each for each in examples if not each.options.get(doctest.SKIP)]
    return Sessions(
        tuple(_to_checks(run, names)), tuple(example.source.strip() for example in skipped)
    )


def module_texts(tree: ast.Module) -> list[str]:
    """Return texts that document a module besides docstrings: `__test__`, and bare strings."""
    texts: list[str] = []
    for node in tree.body[1:]:
        match node:
            case ast.Expr(ast.Constant(value=str(text))):
                texts.append(inspect.cleandoc(text))
            case ast.Assign(targets=[ast.Name(id="__test__")], value=ast.Dict(values=values)):
                texts += [
                    inspect.cleandoc(value.value)
                    for value in values
                    if isinstance(value, ast.Constant) and isinstance(value.value, str)
                ]
    return texts


def session_docstrings(tree: ast.Module) -> list[str]:
    """Return the sessions of all docstrings of a module, those within classes and functions too."""
    texts: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | Function):
            continue
        paragraphs = _PARAGRAPHS.split(ast.get_docstring(node) or "")
        texts.append("\n\n".join(each for each in paragraphs if ">>>" in each))
    return texts


def _read(text: str) -> Iterator[doctest.Example]:
    if ">>>" not in text:
        return
    # What ends a docstring or a block of Markdown is no output.
    lines = ["" if _END_OF_TEXT.fullmatch(line) else line for line in text.splitlines()]
    text = "\n".join(lines)
    parser = doctest.DocTestParser()
    try:
        yield from parser.get_examples(text)
    except ValueError:
        for paragraph in _PARAGRAPHS.split(text):
            try:
                yield from parser.get_examples(paragraph)
            except ValueError:
                continue


def _to_checks(examples: Sequence[doctest.Example], names: Collection[str]) -> Iterator[Check]:
    """Yield a check for each example that shows something; those before it prepare it."""
    sources = tuple(run_awaits(example.source) for example in examples)
    shows_output = any(example.want for example in examples)
    first, setup = 0, ""
    for number, example in enumerate(examples):
        alone = None
        if len(setup) <= _MAX_SETUP and sources[number] == example.source:
            alone = _stand_alone(setup, example, names)
        is_claim = not example.want and _is_equation(example.source)
        if not example.want and not is_claim and number + 1 < len(examples):
            setup += example.source
            continue
        yield Check(
            *((alone.source, alone.expected) if alone else (setup + example.source, None)),
            session=SessionExample(
                example.source.strip(),
                sources[: number + 1],
                first,
                example.want,
                example.exc_msg,
                tuple(sorted(example.options.items())),
                is_claim=is_claim,
                shows_output=shows_output,
                stands_alone=alone is not None,
            ),
        )
        first = number + 1
        # Once something has a name, what follows may depend on all that came before.
        if (setup or alone is None) and not example.exc_msg:
            setup += example.source


def _is_equation(source: str) -> bool:
    try:
        statements = parse_module(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    match statements:
        case [ast.Expr(ast.Compare(ops=[ast.Eq()]))]:
            return True
    return False


def _stand_alone(setup: str, example: doctest.Example, names: Collection[str]) -> Check | None:
    """Return the example as a check that needs no session, or None where it cannot be one."""
    source = example.source
    try:
        statements = parse_module(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if example.exc_msg:
        kind = example.exc_msg.split(":")[0].strip().rpartition(".")[2]
        return raising(setup, source, kind) if kind.isidentifier() else None
    if not example.want:
        # An equation without an answer below it claims that it holds.
        match statements:
            case [ast.Expr(ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]))]:
                if _calls(left, names):
                    return Check(setup + ast.unparse(left), ast.unparse(right))
        return None
    want = example.want.replace("<BLANKLINE>", "").strip()
    if not want or "..." in want or not isinstance(statements[-1], ast.Expr):
        return None
    first_line = want.splitlines()[0]
    return Check(
        setup + source,
        want if read_expression(want) or not read_expression(first_line) else first_line,
    )


def raising(setup: str, source: str, kind: str) -> Check:
    """Return the check that `source` raises an exception of a kind."""
    body = "".join(f"    {line}\n" for line in source.splitlines())
    return Check(f"{setup}try:\n{body}except {kind}:\n    pass\nelse:\n    assert False\n")


def _calls(node: ast.expr, names: Collection[str]) -> bool:
    return any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in names
        for inner in ast.walk(node)
    )
