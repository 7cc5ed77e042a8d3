"""Evidence of the examples that come with a task: whether the candidate gives what they say."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.example_text import find_examples
from stepcheck.server.judge.evidence.run import to_evidence
from stepcheck.server.judge.evidence.sandbox import Check, Sandbox, Status
from stepcheck.server.judge.python_source import (
    SourceError,
    main_function,
    parameters,
    parse,
)
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding

_OWN = "the examples are the code's own"


@dataclass(frozen=True, slots=True)
class Examples:
    """Checks found in texts; `own` if only the judged code itself had any."""

    checks: tuple[Check, ...]
    own: bool = False


def find(source: str, text: str) -> Examples:
    """Return the examples in `text`, or if it has none, in the docstring of `source`.

    Whoever wrote the code chose those in its docstring: they never join others.
    """
    known = parameters(parse(source))
    if checks := find_examples(text, known):
        return Examples(checks)
    return Examples(find_examples(docstring_of(source), known), own=True)


def examine(
    source: str,
    found: Examples,
    reference: str | None,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Run the examples found, without those that the `reference` itself fails.

    Raises what `Sandbox.examine` does.
    """
    names = list(parameters(parse(source)))
    if not names:
        return _nothing("the code defines no function")
    if not found.checks:
        return _nothing("no examples were found")
    checks: Sequence[Check] = found.checks
    if reference is not None:
        outcomes = sandbox.examine(reference, names, checks, is_cancelled).results
        checks = [
            check
            for check, outcome in zip(checks, outcomes, strict=True)
            if outcome.status is Status.PASSED
        ]
        if not checks:
            return _nothing("the reference fails every example", set_aside=len(found.checks))
    results = sandbox.examine(source, names, checks, is_cancelled).results
    set_aside = len(found.checks) - len(checks)
    evidence = to_evidence(EvidenceKind.EXAMPLES, results, set_aside)
    return replace(evidence, notes=(*evidence.notes, _OWN)) if found.own else evidence


def docstring_of(source: str) -> str:
    """Return the docstrings of the main function and the module, or nothing."""
    try:
        tree = parse(source)
    except SourceError:
        return ""
    function = main_function(tree)
    texts = [ast.get_docstring(node) for node in (function, tree) if node is not None]
    return "\n\n".join(text for text in texts if text)


def _nothing(note: str, set_aside: int = 0) -> Evidence:
    return Evidence(EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note,))
