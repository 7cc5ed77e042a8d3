"""Find the examples in a docstring or in prose: interactive sessions, and all the other forms.

Sessions are read as `doctests` says, the other forms by the grammar of `example_forms`.
"""

from collections.abc import Collection, Iterable, Sequence

from stepcheck.server.judge.evidence.doctests import find_sessions
from stepcheck.server.judge.evidence.example_forms.example import Example, Signature
from stepcheck.server.judge.evidence.example_forms.reader import read_examples
from stepcheck.server.sandbox.sandbox import Check

_MAX_EXAMPLES = 50


def find_examples(
    text: str, signatures: Sequence[Signature], errors: Collection[str] = ()
) -> tuple[Example, ...]:
    """Return the examples in `text`; prose that names no function is about the last.

    Of sessions, those that can be checked on their own. `errors` are the exceptions that the code
    itself defines.
    """
    names = [signature.name for signature in signatures]
    sessions = [Example(one) for one in find_sessions(text, names).checks if one.stands_alone]
    prose = read_examples(text, signatures, frozenset(errors), has_others=bool(sessions))
    return distinct((*sessions, *prose))


def distinct(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Return the examples without repetitions, and not too many."""
    found: dict[tuple[str, str | None], Example] = {}
    for example in examples:
        found.setdefault(_key(example.check), example)
        if len(found) == _MAX_EXAMPLES:
            break
    return tuple(found.values())


def _key(check: Check) -> tuple[str, str | None]:
    """Return what makes checks the same; examples that need their session differ by it."""
    if check.session is not None and not check.stands_alone:
        return "".join(check.session.sources), check.session.want
    return check.source.strip(), check.expected
