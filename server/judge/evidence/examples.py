"""Evidence of the examples that come with a task: whether the candidate gives what they say."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.example_parsing import find_examples
from stepcheck.server.judge.evidence.leetcode_examples import find_class_examples
from stepcheck.server.judge.evidence.traced_checks import locate
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    definitions,
    main_function,
    parameters,
    parse,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status

_ALLOWS_OTHERS = re.compile(
    r"\breturn(?:ing)?\s+any\b(?!\s+order)|\bany\s+(?:of\s+them|valid\s+\w+)\s+(?:is|will\s+be)\s+"
    r"accepted|\bmultiple\s+(?:\w+\s+)?(?:answers|solutions)\b|\b(?:uniformly|equally)\b[^.]*\brandom",
    re.I,
)
_OWN_EXAMPLES = "the examples are the code's own"


@dataclass(frozen=True, slots=True)
class Examples:
    """Checks found in texts; `own` if only the judged code itself had any.

    `allows_others` if another result than the one shown may be right too: then a difference decides
    nothing.
    """

    checks: tuple[Check, ...]
    own: bool = False
    allows_others: bool = False


def find(source: str, text: str, function: str | None = None) -> Examples:
    """Return the examples in `text`, or if it has none, in the docstring of `source`.

    Those of a `function` are those that mention it. Whoever wrote the code chose those in its
    docstring: they never join others.
    """
    tree = parse(source)
    allows_others = bool(_ALLOWS_OTHERS.search(text))
    if checks := _mentioning(_find(text, tree, function), function):
        return Examples(checks, allows_others=allows_others)
    own = _find(docstring_of(source, function), tree, function)
    return Examples(_mentioning(own, function), own=True, allows_others=allows_others)


def _find(text: str, tree: ast.Module, function: str | None) -> tuple[Check, ...]:
    known = _with_last(parameters(tree), function)
    checks = (*find_class_examples(text, tree), *find_examples(text, known))
    return tuple(dict.fromkeys(checks))


def examine(
    question: Question,
    found: Examples,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Run the examples found, without those that the question's reference itself fails.

    Raises what `Sandbox.examine` does.
    """
    names = definitions(parse(question.code))
    if not names:
        return _nothing("the code defines no function and no class")
    if not found.checks:
        return _nothing("no examples were found")
    checks: Sequence[Check] = found.checks
    if question.reference is not None:
        outcomes = sandbox.examine(question.reference, names, checks, is_cancelled).results
        checks = [
            check
            for check, outcome in zip(checks, outcomes, strict=True)
            if outcome.status is Status.PASSED
        ]
        if not checks:
            return _nothing("the reference fails every example", set_aside=len(found.checks))
    results = sandbox.examine(question.code, names, checks, is_cancelled).results
    if found.allows_others:
        results = tuple(_make_inconclusive(result, "which may be as good") for result in results)
    elif any(result.status is Status.FAILED for result in results):
        again = sandbox.examine(question.code, names, checks, is_cancelled).results
        results = tuple(
            _make_inconclusive(result, "and another time something else")
            if result.message != other.message
            else result
            for result, other in zip(results, again, strict=True)
        )
    set_aside = len(found.checks) - len(checks)
    results = locate(question, checks, results, sandbox, is_cancelled)
    evidence = to_evidence(EvidenceKind.EXAMPLES, results, set_aside)
    return replace(evidence, notes=(*evidence.notes, _OWN_EXAMPLES)) if found.own else evidence


def _make_inconclusive(result: CheckResult, reason: str) -> CheckResult:
    """Let a difference from the result shown say nothing."""
    if result.status is not Status.FAILED:
        return result
    message = f"{result.message}, {reason}"
    return replace(result, status=Status.INCONCLUSIVE, message=message)


def docstring_of(source: str, function: str | None = None) -> str:
    """Return the docstrings of the function, its class and the module, or nothing.

    If none is named, the function is the main one.
    """
    try:
        tree = parse(source)
        found = find_member(tree, function) if function else None
        owner = find_member(tree, function.rpartition(".")[0]) if function else None
    except SourceError:
        return ""
    documented = (found.node if found else None, owner.node if owner else None, tree)
    nodes = documented if function else (main_function(tree), tree)
    texts = [ast.get_docstring(node) for node in nodes if node is not None]
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _with_last(known: dict[str, list[str]], function: str | None) -> dict[str, list[str]]:
    """Return the functions with the one judged last: prose without a name is about that."""
    if function not in known:
        return known
    others = {name: names for name, names in known.items() if name != function}
    return others | {function: known[function]}


def _mentioning(checks: tuple[Check, ...], function: str | None) -> tuple[Check, ...]:
    """Return the checks that mention the function, or its class if it has a special name."""
    if function is None:
        return checks
    owner, _, name = function.rpartition(".")
    wanted = owner.rpartition(".")[2] if name.startswith("__") else name
    return tuple(check for check in checks if re.search(rf"\b{re.escape(wanted)}\b", check.source))


def _nothing(note: str, set_aside: int = 0) -> Evidence:
    return Evidence(EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note,))
