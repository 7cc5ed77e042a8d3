"""Evidence of the examples that come with a task: whether the candidate gives what they say."""

import ast
from collections.abc import Callable, Sequence

from stepcheck.server.judge.evidence.example_text import find_examples
from stepcheck.server.judge.evidence.run import to_evidence
from stepcheck.server.judge.evidence.sandbox import Check, Sandbox, Status
from stepcheck.server.judge.python_source import SourceError, functions, main_function, parse
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding


def examine(
    source: str,
    text: str,
    reference: str | None,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Run the examples found in `text`, without those that the `reference` itself fails.

    Raises what `Sandbox.examine` does.
    """
    defined = {
        function.name: [argument.arg for argument in function.args.args]
        for function in functions(parse(source))
    }
    if not defined:
        return _nothing("the code defines no function")
    checks: Sequence[Check] = find_examples(text, defined)
    if not checks:
        return _nothing("no examples were found")
    found = len(checks)
    if reference is not None:
        outcomes = sandbox.examine(reference, list(defined), checks, is_cancelled).results
        checks = [
            check
            for check, outcome in zip(checks, outcomes, strict=True)
            if outcome.status is Status.PASSED
        ]
        if not checks:
            return _nothing("the reference fails every example", set_aside=found)
    results = sandbox.examine(source, list(defined), checks, is_cancelled).results
    return to_evidence(EvidenceKind.EXAMPLES, results, found - len(checks))


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
