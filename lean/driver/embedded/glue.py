"""Makes the 89 MB of JavaScript around Lean's WebAssembly small and fit for a resident checker."""

import re
from dataclasses import dataclass

from stepcheck.lean.embedded.glue_patches import GluePatchError, apply_patches

_VARIABLES = ";var _main,"
_ASSIGNMENTS = "function assignWasmExports(wasmExports){"
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_EXPORT = re.compile(r'(?:wasmExports\[|resolveGlobalSymbol\()"([^"]+)"')
_ALWAYS_ASSIGNED = "wasmTable"


@dataclass(frozen=True, slots=True)
class Glue:
    """The JavaScript to run, and the exports of the WebAssembly module that it uses."""

    text: str
    exports: frozenset[str]


def make_glue(original: str) -> Glue:
    """Patch the glue and drop the variables it never uses.

    Emscripten made a variable of each of the 201,000 exports: 88 MB of assignments.
    Raises `GluePatchError` if this is not the expected build.
    """
    declared = _between(original, _VARIABLES, ";", 0)
    assigned = _between(original, _ASSIGNMENTS, "}", declared.end)
    body = apply_patches(
        original[: declared.start]
        + "@declared@"
        + original[declared.end : assigned.start]
        + "@assigned@"
        + original[assigned.end :]
    )
    used = {*_IDENTIFIER.findall(body), _ALWAYS_ASSIGNED}
    assignments = [
        statement
        for statement in original[assigned.start : assigned.end].split(";")
        if statement.partition("=")[0] in used
    ]
    names = dict.fromkeys(statement.partition("=")[0] for statement in assignments)
    return Glue(
        body.replace("@declared@", ",".join(names)).replace("@assigned@", ";".join(assignments)),
        frozenset(name for text in (body, *assignments) for name in _EXPORT.findall(text)),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


def _between(text: str, opening: str, closing: str, position: int) -> _Span:
    """Find what stands between `opening` and the next `closing`."""
    start = text.find(opening, position)
    end = text.find(closing, start + len(opening))
    if start < 0 or end < 0:
        raise GluePatchError(f"the glue has no {opening!r}")
    return _Span(start + len(opening), end)
