"""What a docstring says of a function's parameters and exceptions.

Read are the styles of numpydoc, Google and Sphinx, and lists such as `- n (int): how many`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_SECTION = re.compile(
    r"^\s*(?:#+\s*|\*\*)?(?P<name>Parameters|Params|Args|Arguments|Inputs?|Returns?|Outputs?|Yields?"
    r"|Raises|Exceptions?|Throws|Examples?|Notes?|Requirements|Constraints|Description|See Also"
    r"|Attributes|References)\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*$",
    re.I,
)
_PARAMETERS = {"parameters", "params", "args", "arguments", "input", "inputs"}
_RAISES = {"raises", "exception", "exceptions", "throws"}
_RETURNS = {"return", "returns", "output", "outputs", "yield", "yields"}
_TYPED = re.compile(
    r"^\s*(?:[-*•]\s*)?[`*]{0,3}(?P<name>\*{0,2}\w+)[`*]{0,3}\s*"
    r"(?:\((?P<type>[^()]*(?:\([^()]*\)[^()]*)*)\))?\s*:\s*(?P<text>.*)$"
)
_NUMPY = re.compile(r"^(?P<name>\*{0,2}\w+(?:\s*,\s*\w+)*)\s*:\s*(?P<type>\S.*)$")
_SPHINX = re.compile(
    r"^\s*:(?P<what>param|parameter|arg|type|raises|raise|returns?|rtype)\s*(?P<rest>[^:]*):\s*(?P<text>.*)$"
)
_EXCEPTION = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Warning|Interrupt|Iteration|Exit))\b")


@dataclass(frozen=True, slots=True)
class Documented:
    """A parameter as documented: its type in words, and what is said of it."""

    type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a docstring says: of parameters by name, of what is raised, of what is returned."""

    parameters: Mapping[str, Documented] = field(default_factory=dict)
    raises: frozenset[str] = frozenset()
    returns: str = ""


def read_documentation(text: str, names: Iterable[str]) -> Documentation:
    """Return what a text says of the parameters of these names, and of exceptions."""
    known = set(names)
    parameters = dict(_in_sphinx(text, known))
    raised: set[str] = set()
    returns = ""
    for section, lines in _sections(text):
        if section in _PARAMETERS or section == "":
            for name, documented in _entries(lines, known, strict=section == ""):
                parameters.setdefault(name, documented)
        elif section in _RAISES:
            raised.update(_EXCEPTION.findall("\n".join(lines)))
        elif section in _RETURNS:
            returns = "\n".join(lines)
    raised.update(_raised_in_prose(text))
    return Documentation(parameters, frozenset(raised), returns)


def _raised_in_prose(text: str) -> Iterator[str]:
    for found in re.finditer(r"\b(?:raises?|throws?|raising)\b([^.\n]{0,60})", text, re.I):
        yield from _EXCEPTION.findall(found[1])


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of a text: their names in small letters, and their lines."""
    name, lines = "", list[str]()
    for line in text.splitlines():
        if found := _SECTION.match(line):
            yield name, lines
            name, lines = found["name"].lower(), []
        elif not re.fullmatch(r"\s*[-=~]{3,}\s*", line):
            lines.append(line)
    yield name, lines


def _entries(
    lines: list[str], known: set[str], *, strict: bool
) -> Iterator[tuple[str, Documented]]:
    """Yield the entries of a section; with `strict`, those with a type alone."""
    names: list[str] = []
    type_text, said = "", list[str]()
    for line in lines:
        found = _TYPED.match(line)
        numpy = _NUMPY.match(line.strip()) if found is None or not found["type"] else None
        entry = None
        if found and found["name"].strip("*") in known and (found["type"] or not strict):
            entry = [found["name"].strip("*")], found["type"] or "", found["text"]
        if (numpy and entry is None) or (
            numpy and entry and not entry[1] and _is_type(numpy["type"])
        ):
            listed = [each.strip("* ") for each in numpy["name"].split(",")]
            if all(each in known for each in listed) and (not strict or _is_type(numpy["type"])):
                entry = listed, numpy["type"], ""
        if entry is None:
            said.append(line.strip())
            continue
        yield from ((name, Documented(type_text, " ".join(said).strip())) for name in names)
        names, type_text, said = entry[0], entry[1], [entry[2]]
    yield from ((name, Documented(type_text, " ".join(said).strip())) for name in names)


def _is_type(text: str) -> bool:
    """Tell whether a text opens with the name of a type."""
    pattern = (
        r"(?:an?\s+)?(?:int|float|str|bool|list|tuple|dict|set|array|sequence|iterable|string|"
        r"number|boolean|integer|callable|bytes|ndarray|series|data\s?frame|optional|path|object|"
        r"np\.|numpy|pd\.|pandas|\{)"
    )
    return re.match(pattern, text.strip("`* "), re.I) is not None


def _in_sphinx(text: str, known: set[str]) -> Iterator[tuple[str, Documented]]:
    types: dict[str, str] = {}
    texts: dict[str, str] = {}
    for line in text.splitlines():
        found = _SPHINX.match(line)
        words = found["rest"].split() if found else []
        if found is None or not words or words[-1] not in known:
            continue
        if found["what"] == "type":
            types[words[-1]] = found["text"]
        elif found["what"] in ("param", "parameter", "arg"):
            texts[words[-1]] = found["text"]
            if len(words) > 1:
                types[words[-1]] = " ".join(words[:-1])
    for name in (*texts, *(name for name in types if name not in texts)):
        yield name, Documented(types.get(name, ""), texts.get(name, ""))
