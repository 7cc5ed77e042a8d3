"""Whether a difference comes again in fresh processes, and is not a matter of chance."""

import ast
from enum import StrEnum

from stepcheck.server.judge.evidence.comparison import ComparedInput, Versions
from stepcheck.server.judge.evidence.matching import Match
from stepcheck.server.judge.evidence.outcomes import show
from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.sandbox.sandbox import Status

_SOURCES_OF_CHANCE = frozenset({"random", "secrets", "faker", "uuid"})
_CHANCE_WORDS = frozenset({"random", "random_state", "default_rng", "shuffle", "uuid4"})
_OTHER_SEED = 1


class Stability(StrEnum):
    """What became of a difference when it was tried again."""

    STABLE = "it comes again"
    VARYING = "results vary from call to call"
    RANDOM = "results depend on chance, and need not be the reference's"

    @property
    def note(self) -> str:
        """What to tell of it."""
        return str(self)


def confirm(one: ComparedInput, anew: Versions, reference: str = "") -> Stability:
    """Try a difference again with fresh processes, twice in each.

    Code may remember former calls: the second call counts as much as the first. Where the
    `reference` draws at random, another value than its own may be as right.
    """
    call, values = one.input.template, one.input.values
    differs = False
    for _ in range(2):
        wanted = anew.other.evaluate(call, values)
        got = anew.judged.evaluate(call, values)
        if show(wanted) != show(one.wanted) or wanted.status is not one.wanted.status:
            return Stability.VARYING
        if got.status in (Status.TIMEOUT, Status.INCONCLUSIVE):
            return Stability.VARYING
        differs |= anew.comparer.compare(got, wanted) is not Match.SAME
    if not differs:
        return Stability.VARYING
    other = anew.other.evaluate(call, values, _OTHER_SEED)
    drawn = draws_at_random(reference) and got.status is Status.PASSED
    return Stability.RANDOM if drawn or show(other) != show(wanted) else Stability.STABLE


def draws_at_random(source: str) -> bool:
    """Tell whether a function in Python code uses what draws at random; importing it is no use."""
    try:
        tree = parse(source)
    except SourceError:
        return False
    drawing = set(_CHANCE_WORDS)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                drawing |= {
                    one.asname or one.name for one in names if one.name in _SOURCES_OF_CHANCE
                }
            case ast.ImportFrom(module=module, names=names) if module in _SOURCES_OF_CHANCE:
                drawing |= {one.asname or one.name for one in names}
    used = (
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    )
    return any(name in drawing for name in used)
