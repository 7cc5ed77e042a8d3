"""The notation of problem texts, made plain: signs for TeX, indices, numbers."""

import re

NAME = r"[A-Za-z](?:_\w+|\d{1,2})?"
"""A variable, with an index or without."""

_SIGNS = (
    # A dash in front of a line is a bullet, unless the bounds are those of a range around zero.
    (
        r"(?m)^[ \t]*(?:[*•]|-(?![ \t]*(\S+)[ \t]*(?:\\leq?|≤|<)[^\n]*(?:\\leq?|≤|<)=?[ \t]*\1"
        r"[ \t]*$))[ \t]+",
        "",
    ),
    (r"\\(?:leqslant|leq|le)\b|<=|≦|⩽|&le;", "≤"),
    (r"\\(?:geqslant|geq|ge)\b|>=|≧|⩾|&ge;", "≥"),
    (r"\\(?:lt)\b|&lt;", "<"),
    (r"\\(?:gt)\b|&gt;", ">"),
    (r"\\(?:ldots|cdots|dots|dotsc|hdots)\b|…|⋯|\.\s\.\s\.", "..."),
    (r"\\vdots|⋮|︙", ":"),
    (r"\\(?:times|cdot)\b|·|×|∙|⋅", "*"),
    (r"\\[,;!: ]|~|\u2009|\u202f|\u00a0", " "),
    (r"\\(?:text|mathrm|mathit|mathbf|operatorname|rm|bf|it|tt)\b", ""),
    (r"\\[lr](?:vert|ceil|floor|brace)\b|\\vert|\\mid|\\lvert|\\rvert", "|"),
    (r"\\([{}_#%&$])", r"\1"),
    (r"[−–](?=\s*\d)", "-"),
    (r"[—–]|\s--+\s", " — "),
    (r"\$+", ""),
    (r"[`*]{1,3}(?=[A-Za-z_|]+[\w_{}]*[`*]{1,3})", " "),
    (r"\*\*", "^"),
    (r"_\s*\{\s*([^{}]*?)\s*\}", lambda found: "_" + re.sub(r"[^\w+-]+", "", found[1])),
    (r"\^\s*\{\s*([^{}]*?)\s*\}", lambda found: "^" + found[1].replace(" ", "")),
    (r"[{}]", ""),
)
_OLD_SERIES = re.compile(
    r"(?<![A-Za-z_])([A-Za-z])1\s*,?\s*(?:\1[23i]\s*,?\s*)*\.\.\.\s*,?\s*\1[a-z](?![a-z])"
)
"""Indices written without a sign: `a1, a2, ..., an`."""

_NUMBER = re.compile(
    r"(?P<sign>-)?[ ]?(?:(?P<factor>\d+)\s*\*\s*)?(?P<base>\d+)\^(?P<power>\d+)"
    r"(?P<less>\s*-\s*1\b)?"
    r"|(?P<plain>-?[ ]?\d{1,3}(?:[, ]\d{3})+(?!\d)|-?[ ]?\d+(?:\.\d+)?(?:[eE]\d+)?)"
)
_MAX_POWER = 100


def make_plain(text: str) -> str:
    """Return a text with one notation for the signs that it uses."""
    for pattern, plain in _SIGNS:
        text = re.sub(pattern, plain, text)
    for name in {found[1] for found in _OLD_SERIES.finditer(text)}:
        text = re.sub(rf"(?<![A-Za-z_]){name}([1-9ijknm])(?![\w_])", rf"{name}_\1", text)
    return text


def base_name(name: str) -> str:
    """Return the name of a variable without its index: all of a series have one."""
    if name.startswith("|"):
        return f"|{base_name(name.strip('| '))}|"
    return name.partition("_")[0]


def read_number(text: str) -> float | int | None:
    """Return the number that a text is, such as `2*10^5`, or None."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    if found["plain"]:
        plain = re.sub(r"[, ]", "", found["plain"])
        return int(plain) if re.fullmatch(r"-?\d+", plain) else float(plain)
    if int(found["power"]) > _MAX_POWER:
        return None
    value: int = int(found["factor"] or 1) * int(found["base"]) ** int(found["power"])
    value -= 1 if found["less"] else 0
    return -value if found["sign"] else value


NUMBER = (
    r"-?[ ]?(?:\d+\s*\*\s*)?\d+\^\d+(?:\s*-\s*1\b)?|-?[ ]?\d{1,3}(?:[, ]\d{3})+(?!\d)"
    r"|-?[ ]?\d+(?:\.\d+)?(?:[eE]\d+)?"
)
"""A number, as `read_number` reads it."""
