"""From a text to the examples in it, by all the forms that are known.

What is read first decides how the rest is read: results that are quoted once are texts where they
are not; only a text without any other example has words for arguments, or calls a function by
another name.
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from stepcheck.server.judge.evidence.example_forms.bindings import bind
from stepcheck.server.judge.evidence.example_forms.blocks import Block, BlockReader
from stepcheck.server.judge.evidence.example_forms.calls import CallReader
from stepcheck.server.judge.evidence.example_forms.checks import make_example
from stepcheck.server.judge.evidence.example_forms.example import (
    Example,
    Parameter,
    Reading,
    Signature,
    ValueKind,
)
from stepcheck.server.judge.evidence.example_forms.phrases import PhraseReader
from stepcheck.server.judge.evidence.example_forms.recurrences import doubt_facts
from stepcheck.server.judge.evidence.example_forms.results import ResultReader
from stepcheck.server.judge.evidence.example_forms.statements import Statement, StatementReader
from stepcheck.server.judge.evidence.example_forms.tables import TableReader
from stepcheck.server.judge.evidence.example_forms.tokens import Kind, Token, tokenize
from stepcheck.server.judge.evidence.example_forms.values import ValueReader
from stepcheck.server.judge.evidence.literals import read_expression

_MIN_GUESSED = 2
_OTHER_CALLS = 2_000


def read_examples(
    text: str,
    signatures: Sequence[Signature],
    errors: frozenset[str] = frozenset(),
    *,
    has_others: bool = False,
) -> list[Example]:
    """Return the examples in a text about functions; prose without a name is about the last.

    `errors` are the exceptions that the code defines. Nothing is guessed if the text has other
    examples, such as sessions.
    """
    if not signatures or not text.strip():
        return []
    found = _Pass(text, signatures, errors).examples(has_others=has_others)
    taught = _learn(signatures, found)
    if taught != tuple(signatures):
        found = _Pass(text, taught, errors).examples(has_others=has_others)
    if found or has_others:
        return found
    guessed = _Pass(text, signatures, errors, guess=True).examples()
    if len({one.check.source for one in guessed}) >= _MIN_GUESSED:
        return [replace(one, reading=Reading.LOOSE) for one in guessed]
    return _read_renamed(text, signatures[-1], errors)


class _Pass:
    """One reading of a text, with what is known of the functions then."""

    def __init__(
        self,
        text: str,
        signatures: Sequence[Signature],
        errors: frozenset[str],
        *,
        guess: bool = False,
    ) -> None:
        self._text = text
        self._known = {one.name: one for one in signatures}
        self._main = signatures[-1]
        self._guess = guess
        self.tokens = tokenize(text, self._known)
        names = {name for one in signatures for name in (one.name, *_names(one))}
        values = ValueReader(self.tokens, frozenset(names))
        self._calls = CallReader(values, self._known, guess)
        self._results = ResultReader(values, errors)

    def examples(self, *, has_others: bool = False) -> list[Example]:
        """Return the examples, those that name the function before those that do not.

        Loose ones without a name count only where there are no others.
        """
        stated = self.statements()
        named = [one.example for one in doubt_facts(stated, self.tokens, self._calls)]
        blocks = BlockReader(self._text, self._results, self._main, self._guess)
        announced = list(_to_examples(blocks.read_all(), self._main))
        tables = list(TableReader(self._main, self._guess).read_all(self._text))
        phrases = list(_to_examples(PhraseReader(self._results, self._main).read_all(), self._main))
        found = [*named, *announced, *tables, *(one for one in phrases if _is_strict(one))]
        if not has_others and not any(map(_is_strict, found)):
            found += phrases
        return _without_repetitions(found)

    def statements(self) -> list[Statement]:
        """Return the statements about calls by name."""
        return list(StatementReader(self._text, self._calls, self._results).read_all())


def _names(signature: Signature) -> list[str]:
    return [one.name for one in signature.parameters]


def _is_strict(example: Example) -> bool:
    return example.reading is Reading.STRICT


def _to_examples(blocks: Iterator[Block], signature: Signature) -> Iterator[Example]:
    for block in blocks:
        is_foreign = not block.is_announced and any(
            signature.find(one.name) is None for one in block.given
        )
        bound = None if is_foreign else bind(block.given, signature)
        if bound is not None:
            yield make_example(bound[0], block.result, bound[1])


def _without_repetitions(found: Sequence[Example]) -> list[Example]:
    """Return each once; of several results for one call, those that were read strictly."""
    kept: dict[tuple[str, str | None], Example] = {}
    strict = {one.check.source for one in found if _is_strict(one)}
    for one in sorted(found, key=lambda each: not _is_strict(each)):
        if _is_strict(one) or one.check.source not in strict:
            kept.setdefault((one.check.source, one.check.expected), one)
    return [one for one in dict.fromkeys(found) if one in kept.values()]


def _learn(signatures: Sequence[Signature], found: Sequence[Example]) -> tuple[Signature, ...]:
    """Return the signatures with the places that all examples fill with texts."""
    taught = []
    for signature in signatures:
        calls = [
            (call.args, one.check.expected or "")
            for one in found
            if (call := _call_of(one, signature.name)) is not None
        ]
        results = [_shows_text(read_expression(expected)) for _, expected in calls if expected]
        parameters = tuple(
            _taught(parameter, [args[at] for args, _ in calls if at < len(args)])
            for at, parameter in enumerate(signature.parameters)
        )
        is_text = results and all(results) and signature.result is ValueKind.UNKNOWN
        result = ValueKind.SHOWN_AS_TEXT if is_text else signature.result
        taught.append(replace(signature, parameters=parameters, result=result))
    return tuple(taught)


def _call_of(example: Example, name: str) -> ast.Call | None:
    match read_expression(example.check.source):
        case ast.Call(func=ast.Name(id=called)) as call if called == name:
            return call
    return None


def _taught(parameter: Parameter, shown: Sequence[ast.expr]) -> Parameter:
    if shown and all(map(_shows_text, shown)) and parameter.kind is ValueKind.UNKNOWN:
        return replace(parameter, kind=ValueKind.SHOWN_AS_TEXT)
    return parameter


def _shows_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _read_renamed(text: str, signature: Signature, errors: frozenset[str]) -> list[Example]:
    """Return the examples of calls by the one other name that a text uses for the function."""
    other = _other_name(tokenize(text[:_OTHER_CALLS]), signature)
    if other is None:
        return []
    found = _Pass(text, [replace(signature, name=other)], errors).statements()
    renamed = []
    for one in found:
        call = _call_of(one.example, other)
        if call is None or not signature.takes(len(call.args) + len(call.keywords)):
            return []
        source = ast.unparse(ast.Call(ast.Name(signature.name), call.args, call.keywords))
        check = replace(one.example.check, source=source)
        renamed.append(Example(check, Reading.LOOSE))
    return _without_repetitions(renamed)


def _other_name(tokens: Sequence[Token], signature: Signature) -> str | None:
    called = {
        token.text
        for token, following in pairwise(tokens)
        if token.kind is Kind.WORD and following.text == "(" and not following.is_apart
    }
    others = {name for name in called if name.isidentifier() and not hasattr(builtins, name)}
    return others.pop() if len(others) == 1 and signature.name not in called else None
