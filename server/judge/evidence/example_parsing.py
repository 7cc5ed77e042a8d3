"""Find the examples in a docstring or in prose.

That is `>>>` sessions (see `doctests`), and sentences such as `f(2) => 4`, `f(2) should return 4`,
`f(-1) raises ValueError`, `returns 4 for input 2`, `for x = 2 the output is 4`, `Input: 2` /
`Output: 4`.
"""

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from stepcheck.server.judge.evidence.doctests import find_sessions, raising
from stepcheck.server.judge.evidence.literals import (
    is_plain,
    leading_value,
    read_expression,
    read_value,
)
from stepcheck.server.sandbox.sandbox import Check

_MAX_LINE = 400
_MAX_LINES = 500
_MAX_EXAMPLES = 50
_WORDS = r"(?:should\s+)?(?:returns?|be|equals?|gives?|yields?|outputs?|evaluates\s+to|is|are)\b"
_RELATION = re.compile(
    rf"\s*[`'\"]?\s*(?:[-=]+>+|[➞→⇒➡]|==|=|:|(?:the\s+)?(?:output|result|answer)\s+{_WORDS}"
    rf"|{_WORDS})\s*[:=]?\s*",
    re.I,
)
_RESULT_LINE = re.compile(
    r"\s*[*#-]*\s*(?:output|returns?|result|answer|expected(?:\s+output)?)\s*[:=]?\s+(?=\S)"
    r"|\s*[*#-]*\s*(?:[-=]+>+|[➞→⇒➡])\s*",
    re.I,
)
_RESULT_WITHIN = re.compile(
    rf"\b(?:output|result|answer|returns?|return)\b(?:\s+{_WORDS})?\s*[:=]?\s*", re.I
)
_RAISES = re.compile(
    r"\s*[`'\"]?\s*(?:should\s+|must\s+|will\s+)?(?:raises?|throws?)\s+(?:an?\s+)?`?(\w+)", re.I
)
_FOR_INPUT = re.compile(
    r"\breturns?\s+([^;]{1,80}?)\s+for\s+(?:the\s+)?(?:input|argument)s?\s*(?:of\s+|:\s*|=\s*)?",
    re.I,
)
_INPUT_LINE = re.compile(r"\s*[*#-]*\s*input\s*:\s*(?=\S)", re.I)


def find_examples(text: str, functions: Mapping[str, Collection[str]]) -> tuple[Check, ...]:
    """Return the examples in `text` for the `functions`, a mapping to their parameters' names.

    Of sessions, those that can be checked on their own.
    """
    sessions = [check for check in find_sessions(text, functions).checks if check.stands_alone]
    return distinct((*sessions, *find_sentences(text, functions)))


def find_sentences(text: str, functions: Mapping[str, Collection[str]]) -> tuple[Check, ...]:
    """Return the examples of prose."""
    return distinct(_sentences(text, functions))


def distinct(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks without repetitions, and not too many."""
    found: dict[tuple[str, str | None], Check] = {}
    for check in checks:
        found.setdefault(_key(check), check)
        if len(found) == _MAX_EXAMPLES:
            break
    return tuple(found.values())


def _key(check: Check) -> tuple[str, str | None]:
    """Return what makes checks the same; examples that need their session differ by it."""
    if check.session is not None and not check.stands_alone:
        return "".join(check.session.sources), check.session.want
    return check.source.strip(), check.expected


def _sentences(text: str, functions: Mapping[str, Collection[str]]) -> Iterator[Check]:
    """Yield the examples of prose."""
    relevant = (
        line[:_MAX_LINE] for line in text.splitlines() if ">>>" not in line and line.strip()
    )
    lines = list(islice(relevant, _MAX_LINES))
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        for name in functions:
            yield from _equations(line, following, name)
    for name, parameters in list(functions.items())[-1:]:
        for line in lines if len(parameters) == 1 else ():
            yield from _for_inputs(line, name)
        yield from _assignments(lines, name, list(parameters))


def _equations(line: str, following: str, name: str) -> Iterator[Check]:
    """Yield what a line says about calls of the function, such as `f(2) => 4`."""
    for start in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", line):
        call, rest = _split_call(line[start.start() :])
        if call is None:
            continue
        relation = _RELATION.match(rest)
        expected = _result_value(rest[relation.end() :]) if relation else None
        if not rest.strip() and (result := _RESULT_LINE.match(following)):
            expected = _result_value(following[result.end() :])
        if expected is not None:
            yield Check(call, expected)
        elif (raised := _RAISES.match(rest)) and _is_exception(raised[1]):
            yield raising("", call, raised[1])


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, Exception)


def _for_inputs(line: str, name: str) -> Iterator[Check]:
    """Yield what is said the other way round, such as `returns 4 for input 2`."""
    for place in _FOR_INPUT.finditer(line):
        value, expected = leading_value(line[place.end() :]), read_value(place[1].strip("` "))
        if value is not None and expected is not None:
            yield Check(f"{name}({value})", ast.unparse(expected))


def _split_call(text: str) -> tuple[str | None, str]:
    """Split off the call that `text` begins with: up to the parenthesis that completes it."""
    for end in (place.end() for place in re.finditer(r"\)", text)):
        tree = read_expression(text[:end])
        if tree is None:
            continue
        if isinstance(tree, ast.Call) and all(map(is_plain, tree.args)):
            return ast.unparse(tree), text[end:]
        break
    return None, text


def _assignments(lines: list[str], name: str, parameters: list[str]) -> Iterator[Check]:
    """Yield what is said by naming the parameters: `x = 2`, then `return 4` or `output: 4`."""
    given: dict[str, str] = {}
    for line in lines:
        if (entry := _INPUT_LINE.match(line)) and "=" not in line:
            tail, *_ = re.split(r"\boutput\b", line[entry.end() :], flags=re.I)
            if values := leading_value(tail, several=len(parameters) > 1):
                given = {"*": values}
        for parameter in parameters:
            for place in re.finditer(rf"(?<![\w.]){re.escape(parameter)}\s*=\s*(?!=)", line):
                if (value := leading_value(line[place.end() :])) is not None:
                    given.pop("*", None)
                    given[parameter] = value
        result = _RESULT_LINE.match(line) or (_RESULT_WITHIN.search(line) if given else None)
        if result is None or (expected := _result_value(line[result.end() :])) is None:
            continue
        if "*" in given:
            yield Check(f"{name}({given['*']})", expected)
        elif given and given.keys() == set(parameters):
            arguments = ", ".join(given[parameter] for parameter in parameters)
            yield Check(f"{name}({arguments})", expected)
        given = {}


def _result_value(text: str) -> str | None:
    """Return the result that `text` begins with: of `19 - 5 = 14`, the end."""
    for piece in reversed(re.split(r"\s=\s", text)):
        if (value := leading_value(piece)) is not None:
            return value
    return None
