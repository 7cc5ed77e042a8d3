"""The functions that an edit of code in a harness language touched."""

from stepcheck.server.judge.languages.change import MODULE, Change, ChangeKind
from stepcheck.server.judge.languages.declarations import Function
from stepcheck.server.judge.languages.language import Language
from stepcheck.server.judge.verdict import Range


def find_function_changes(language: Language, before: str | None, after: str) -> tuple[Change, ...]:
    """Return the functions whose text changed, or the module if only what is outside them did.

    That a function is gone is a change of the module.
    """
    if before == after:
        return ()
    kept = _texts(language, before or "")
    found = [
        Change(name, _kind(name, kept), function.range)
        for name, (function, text) in _texts(language, after).items()
        if name not in kept or kept[name][1] != text
    ]
    lines = max(1, len(after.splitlines()))
    kind = ChangeKind.ADDED if before is None else ChangeKind.CHANGED
    return tuple(found) or (Change(MODULE, kind, Range(1, lines)),)


def _kind(name: str, kept: dict[str, tuple[Function, str]]) -> ChangeKind:
    return ChangeKind.CHANGED if name in kept else ChangeKind.ADDED


def _texts(language: Language, source: str) -> dict[str, tuple[Function, str]]:
    lines = source.split("\n")
    return {
        function.qualified: (
            function,
            "\n".join(lines[function.range.first_line - 1 : function.range.last_line]).strip(),
        )
        for function in language.functions(source)
    }
