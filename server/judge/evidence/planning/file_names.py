"""What parameters, constants and texts say of files and folders: that there are any, and which."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.planning.made import type_name
from stepcheck.server.judge.languages.python.source import SourceError, parse

_KNOWN = (
    r"csv|tsv|jsonl|json|txt|log|md|dat|ini|cfg|conf|xml|html|yaml|yml|py|text|zip|tar\.gz|tar\.bz2"
    r"|tgz|tar|gz|db|sqlite3|sqlite|png|jpeg|jpg|bmp|gif"
)
_FILE_NAME = re.compile(rf"[\w./ -]*\w\.(?:{_KNOWN})", re.I)
_SUFFIX = re.compile(rf"(?<![A-Za-z])\.({_KNOWN})\b", re.I)
_SUFFIX_AFTER_NAME = re.compile(rf"\w\.({_KNOWN})\b", re.I)
_SUFFIX_WORD = re.compile(rf"(?<![a-z])({_KNOWN})(?![a-z])", re.I)
_READERS = {
    "read_csv": "csv",
    "DictReader": "csv",
    "csv.reader": "csv",
    "json.load": "json",
    "safe_load": "yaml",
    "ElementTree": "xml",
    "ET.parse": "xml",
    "minidom": "xml",
    "ZipFile": "zip",
    "tarfile.open": "tar.gz",
    "gzip.open": "gz",
    "Image.open": "png",
}
_FILE = re.compile(
    r"(?:^|_)(?:file|path|filename|filepath|csv|txt|zip|tar|archive|xml|db|database|image)"
    r"(?:_?(?:path|name|file))?_?\d*$"
    r"|(?:file|path)(?:name)?$",
    re.I,
)
_FILES = re.compile(r"(?:^|_)(?:files|paths|filenames|filepaths|file_names|file_paths)$", re.I)
_FOLDER = re.compile(
    r"(?:^|_)(?:dir|directory|folder)(?:_?(?:path|name))?_?\d*$|(?:dir|directory|folder)$", re.I
)
_OUTPUT = re.compile(r"\bout(?:put)?\b|dest|save|\bto\s+(?:write|save)", re.I)
_SAID_FILE = re.compile(r"\b(?:path|name)s?\b(?:\s+\w+){0,4}?\s+(file|folder|directory)\b", re.I)
_IS_FILE = re.compile(
    r"^\w+:\s*(?:(?:str|string|path),?\s*)?(?:optional,?\s*)?(?:the\s+|an?\s+)?(?:\w+\s+){0,2}?"
    r"(file|folder|directory)\s*(?:[.,;(]|$|(?:to|where|that|which|from|in|containing|with|of)\b)",
    re.I,
)
_SAID_FOLDER = re.compile(r"\b(?:folder|directory)\b", re.I)
_OPENERS = frozenset(
    {
        *("open", "Path", "read_csv", "read_json", "read_table", "loadtxt", "genfromtxt"),
        *("listdir", "ZipFile", "parse", "connect"),
    }
)
_PATHS = frozenset({"str", "Path", "PathLike", "PurePath"})
_MAX_SUFFIXES = 2


class Role(Enum):
    """What a path leads to."""

    FILE = auto()
    FILES = auto()
    FOLDER = auto()
    NEW_FILE = auto()
    NEW_FOLDER = auto()


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A parameter that takes a path; `is_path` if it must be an object of `pathlib`."""

    name: str
    role: Role
    is_path: bool = False


def read_path_parameter(parameter: Parameter) -> PathParameter | None:
    """Return what path a parameter takes; None if it takes none.

    Its name tells, or its type, or what is said of it.
    """
    kind, inner = type_name(parameter.annotation)
    items = {type_name(one)[0] for one in inner}
    name = parameter.name
    if kind in ("list", "List", "Sequence", "Iterable", ""):
        is_many = _FILES.search(name) is not None and items <= _PATHS
        if is_many:
            return PathParameter(name, Role.FILES, "Path" in items)
    kinds = items if kind == "Union" else {kind}
    if not kinds <= {*_PATHS, "", "None"}:
        return None
    role = _role(parameter, is_typed=bool(kinds & (_PATHS - {"str"})))
    return None if role is None else PathParameter(name, role, kinds <= _PATHS - {"str"})


def _role(parameter: Parameter, *, is_typed: bool) -> Role | None:
    name, said = parameter.name, parameter.said
    first = re.split(r"\.\s", said, maxsplit=1)[0]
    told = _SAID_FILE.search(said) or _IS_FILE.search(said)
    is_folder = _FOLDER.search(name) is not None
    if not is_folder and told is not None:
        is_folder = told[1].lower() != "file"
    if not is_folder and is_typed:
        is_folder = told is None and _SAID_FOLDER.search(said) is not None
    if not (is_folder or is_typed or told or _FILE.search(name)):
        return None
    if _OUTPUT.search(f"{name} {first}".replace("_", " ")):
        return Role.NEW_FOLDER if is_folder else Role.NEW_FILE
    return Role.FOLDER if is_folder else Role.FILE


def is_file_name(text: str) -> bool:
    """Tell whether a text is the name of a file, by its suffix."""
    return _FILE_NAME.fullmatch(text) is not None


def file_suffix(*told: str) -> str:
    """Return the suffix of a file, from what names it or says of it, the surest first."""
    for text in told:
        if found := _SUFFIX_AFTER_NAME.search(text) or _SUFFIX.search(text):
            return found[1].lower()
        if found := _SUFFIX_WORD.search(text.replace("_", " ")):
            return found[1].lower()
    return "txt"


def folder_suffixes(said: str, sources: Sequence[str]) -> list[str]:
    """Return the suffixes of the files that a folder holds: named by the code, or in the text."""
    for text in (sources[0], said, *sources[1:]):
        if found := [one.lower() for one in _SUFFIX.findall(text)]:
            return list(dict.fromkeys(found))[:_MAX_SUFFIXES]
    return [file_suffix(said, read_by(sources[0]))]


def read_by(code: str) -> str:
    """Return the suffix of what the functions read that Python code uses, or nothing."""
    found = [(code.find(name), suffix) for name, suffix in _READERS.items() if name in code]
    return f".{min(found)[1]}" if found else ""


def opened_files(code: str) -> list[str]:
    """Return the names of the files that Python code opens to read, as it says them itself."""
    try:
        tree = parse(code)
    except SourceError:
        return []
    named = dict(_named_texts(tree))
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[path, *rest]
            ) if name in _OPENERS and not _writes(node, rest):
                text = named.get(path.id) if isinstance(path, ast.Name) else _text(path)
                if text and is_file_name(text) and not text.startswith(("/", ".")):
                    found.append(text)
    return list(dict.fromkeys(found))


def _named_texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that stand for texts, and the defaults of parameters, but for outputs."""
    for node in ast.walk(tree):
        pairs: list[tuple[str, ast.expr | None]] = []
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pairs = [(name, value)]
            case ast.arguments(posonlyargs=first, args=others, defaults=defaults):
                taken = [*first, *others]
                with_default = taken[len(taken) - len(defaults) :]
                pairs = [
                    (one.arg, value) for one, value in zip(with_default, defaults, strict=True)
                ]
        for name, given in pairs:
            if (text := _text(given)) and not _OUTPUT.search(name.replace("_", " ")):
                yield name, text


def _writes(node: ast.Call, rest: Sequence[ast.expr]) -> bool:
    modes = [*rest[:1], *(one.value for one in node.keywords if one.arg == "mode")]
    return any(set(_text(mode)) & set("wax") for mode in modes)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
