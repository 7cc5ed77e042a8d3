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
from stepcheck.server.judge.evidence.example_forms.example import (
    Example,
    Reading,
    signatures_of,
    with_last,
)
from stepcheck.server.judge.evidence.example_forms.reader import read_examples
from stepcheck.server.judge.evidence.example_parsing import distinct
from stepcheck.server.judge.evidence.leetcode_examples import find_class_examples
from stepcheck.server.judge.evidence.loose_examples import weigh
from stepcheck.server.judge.evidence.traced_checks import locate
from stepcheck.server.judge.evidence.untelling_examples import is_untelling
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    bindings,
    main_function,
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
_UNTELLING = "examples that show no result, or only its class, passed, which says little"


@dataclass(frozen=True, slots=True)
class Examples:
    """Checks found in texts; `own` if only the judged code itself had any.

    `allows_others` if another result than the one shown may be right too: then a difference decides
    nothing. `skipped` are examples of sessions that say so of themselves. Those that are `loose`
    may be misread.
    """

    checks: tuple[Check, ...]
    own: bool = False
    allows_others: bool = False
    skipped: tuple[str, ...] = ()
    loose: frozenset[Check] = frozenset()

    @property
    def firm(self) -> tuple[Check, ...]:
        """The checks that were read strictly, or all where none was."""
        strict = tuple(check for check in self.checks if check not in self.loose)
        return strict or self.checks


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
    known = with_last(signatures_of(tree), function)
    names = set(bindings(tree))
    sessions = find_sessions(text, names)
    shown = [check for check in sessions.checks if _uses(check, names)]
    first = [*map(Example, find_class_examples(text, tree)), *map(Example, shown)]
    prose = read_examples(text, known, _error_names(tree), has_others=bool(first))
    found = _mentioning(distinct((*first, *prose)), function)
    loose = frozenset(one.check for one in found if one.reading is Reading.LOOSE)
    return Examples(tuple(one.check for one in found), skipped=sessions.skipped, loose=loose)


def _error_names(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.bases
    )


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
    loose = found.loose
    if question.reference is not None:
        outcomes = worlds.examine(question.reference, names, checks, sandbox, is_cancelled)
        checks = [
            check
            for check, outcome in zip(checks, outcomes, strict=True)
            if outcome.status is Status.PASSED
        ]
        if not checks:
            return _nothing("the reference fails every example", set_aside=len(found.checks))
        # What the reference satisfies was not misread.
        loose = frozenset()
    results = worlds.examine(question.code, names, checks, sandbox, is_cancelled)
    if found.allows_others:
        results = tuple(_make_inconclusive(result, "which may be as good") for result in results)
    weighed = weigh(checks, results, loose)
    telling = [
        result
        for check, result in zip(weighed.checks, weighed.results, strict=True)
        if result.status is not Status.PASSED or not is_untelling(check)
    ]
    set_aside = len(found.checks) - len(telling) + len(skipped)
    evidence = to_evidence(EvidenceKind.EXAMPLES, locate(question, telling), set_aside)
    notes = [*evidence.notes, *weighed.notes, *skipped[:_MAX_SKIPPED]]
    if len(telling) < len(weighed.results):
        notes.append(_UNTELLING)
    if found.own:
        notes.append(_OWN_EXAMPLES)
    return replace(evidence, notes=tuple(notes))


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


def _mentioning(found: tuple[Example, ...], function: str | None) -> tuple[Example, ...]:
    """Return the examples that mention the function, or its class if it has a special name."""
    if function is None:
        return found
    owner, _, name = function.rpartition(".")
    wanted = owner.rpartition(".")[2] if name.startswith("__") else name
    called = re.compile(rf"\b{re.escape(wanted)}\b")
    return tuple(one for one in found if called.search(one.check.source))


def _nothing(note: str, set_aside: int = 0, notes: tuple[str, ...] = ()) -> Evidence:
    return Evidence(
        EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note, *notes)
    )
