"""Evidence of the examples that come with a task: whether the candidate gives what they say."""

import ast
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence import worlds
from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.doctests import (
    SEPARATOR,
    find_sessions,
    module_texts,
    session_docstrings,
)
from stepcheck.server.judge.evidence.example_parsing import distinct, find_sentences
from stepcheck.server.judge.evidence.leetcode_examples import find_class_examples
from stepcheck.server.judge.evidence.traced_checks import locate
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    bindings,
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
_MAX_SKIPPED = 5
_OWN_EXAMPLES = "the examples are the code's own"


@dataclass(frozen=True, slots=True)
class Examples:
    """Checks found in texts; `own` if only the judged code itself had any.

    `allows_others` if another result than the one shown may be right too: then a difference decides
    nothing. `skipped` are examples of sessions that say so of themselves.
    """

    checks: tuple[Check, ...]
    own: bool = False
    allows_others: bool = False
    skipped: tuple[str, ...] = ()


def find(source: str, text: str, function: str | None = None) -> Examples:
    """Return the examples in `text`, or if it has none, in the docstrings of `source`.

    Those of a `function` are those that mention it. Whoever wrote the code chose those in its
    docstrings: they never join others. The text may have several parts, see `doctests.SEPARATOR`.
    """
    tree = parse(source)
    allows_others = bool(_ALLOWS_OTHERS.search(text))
    found = _find(text, tree, function)
    if found.checks:
        return replace(found, allows_others=allows_others)
    own = _find(docstring_of(source, function), tree, function)
    skipped = (*found.skipped, *own.skipped)
    return replace(own, own=True, allows_others=allows_others, skipped=skipped)


def _find(text: str, tree: ast.Module, function: str | None) -> Examples:
    known = _with_last(parameters(tree), function)
    names = set(bindings(tree))
    sessions = find_sessions(text, names)
    shown = [check for check in sessions.checks if _uses(check, names)]
    checks = distinct((*find_class_examples(text, tree), *shown, *find_sentences(text, known)))
    return Examples(_mentioning(checks, function), skipped=sessions.skipped)


def _uses(check: Check, names: AbstractSet[str]) -> bool:
    """Tell whether a session uses any of the names, so that it says something of the module."""
    sources = check.session.sources if check.session else (check.source,)
    return not names.isdisjoint(re.findall(r"\w+", " ".join(sources)))


def examine(
    question: Question,
    found: Examples,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Run the examples found, without those that the question's reference itself fails.

    Raises what `worlds.examine` does.
    """
    names = bindings(parse(question.code))
    if not names:
        return _nothing("the code defines no function and no class")
    skipped = tuple(f"skipped, as the session says: {text}" for text in found.skipped)
    if not found.checks:
        return _nothing("no examples were found", set_aside=len(skipped), notes=skipped)
    checks: Sequence[Check] = found.checks
    if question.reference is not None:
        outcomes = worlds.examine(question.reference, names, checks, sandbox, is_cancelled)
        checks = [
            check
            for check, outcome in zip(checks, outcomes, strict=True)
            if outcome.status is Status.PASSED
        ]
        if not checks:
            return _nothing("the reference fails every example", set_aside=len(found.checks))
    results = worlds.examine(question.code, names, checks, sandbox, is_cancelled)
    if found.allows_others:
        results = tuple(_make_inconclusive(result, "which may be as good") for result in results)
    set_aside = len(found.checks) - len(checks) + len(skipped)
    evidence = to_evidence(EvidenceKind.EXAMPLES, locate(question, results), set_aside)
    own = (_OWN_EXAMPLES,) if found.own else ()
    return replace(evidence, notes=(*evidence.notes, *skipped[:_MAX_SKIPPED], *own))


def _make_inconclusive(result: CheckResult, reason: str) -> CheckResult:
    """Let a difference from the result shown say nothing."""
    if result.status is not Status.FAILED:
        return result
    message = f"{result.message}, {reason}"
    return replace(result, status=Status.INCONCLUSIVE, message=message)


def docstring_of(source: str, function: str | None = None) -> str:
    """Return the docstrings of the function, its class and the module, or nothing.

    If none is named, the function is the main one, and what other docstrings show in sessions
    follows. Text of the module's own (`__test__`, or what stands after the code) counts as its
    docstring does.
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
    texts += module_texts(tree)
    if function is None:
        texts += session_docstrings(tree)
    return f"\n\n{SEPARATOR}\n".join(dict.fromkeys(text for text in texts if text))


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


def _nothing(note: str, set_aside: int = 0, notes: tuple[str, ...] = ()) -> Evidence:
    return Evidence(
        EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note, *notes)
    )
