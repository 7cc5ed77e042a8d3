"""The programs that the candidates of HumanEval-X stand for, in languages other than Python."""

import re
from collections.abc import Iterator

from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.language import Language
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES

_MAX_CLOSED = 3
_CPP = (
    "#include<stdlib.h>\n#include<algorithm>\n#include<math.h>\n#include<stdio.h>\n"
    "#include<vector>\n#include<string>\n#include<climits>\n#include<cstring>\n"
    "#include<iostream>\n"
)
_MULTIPL_E_CPP = "#include<bits/stdc++.h>\n#include<assert.h>\n"
_MULTIPL_E_JAVA = (
    "import java.io.*;\nimport java.math.*;\nimport java.security.*;\nimport java.util.stream.*;\n"
)
_GO = ("math", "strings", "fmt", "strconv", "time", "bytes", "regexp", "sort", "math/rand")


def complete(language: str, declaration: str, candidate: str) -> str:
    """Return the program, with what HumanEval-X's harness supplies to every candidate.

    Candidates are bodies, with or without what closes them, or whole functions; some are followed
    by a torn piece of something else. In C++ and Java, those without were written for MultiPL-E
    (arXiv 2208.08227), which includes more, and where C++'s integers are `long`.
    """
    known = HARNESS_LANGUAGES[language]
    if candidate.count("{") == candidate.count("}"):
        if language == "cpp" and re.search(r"\blong\b", candidate):
            declaration = _widen(declaration)
        declaration = {"cpp": _MULTIPL_E_CPP, "java": _MULTIPL_E_JAVA}.get(language, "") + (
            declaration
        )
    name = _main_name(known, f"{declaration}\n}}}}")
    texts = list(_texts(known, declaration, candidate, name))
    fitting = (text for text in texts if _is_whole(known, text, name))
    return _supply(language, next(fitting, texts[0]))


def _widen(declaration: str) -> str:
    """Return the declaration with `long` for what MultiPL-E takes to be integers."""
    head, _, line = declaration.rstrip().rpartition("\n")
    line = re.sub(r"\bint\b", "long", line).replace("vector<float>", "vector<long>")
    return f"{head}\n{line}\n"


def _texts(language: Language, declaration: str, candidate: str, name: str) -> Iterator[str]:
    """Yield what the candidate may stand for, the likelier first."""
    if name in _names(language, candidate):
        if _is_whole(language, candidate, name):
            yield candidate
        yield _head(declaration) + candidate
    joined = declaration + candidate
    yield joined
    yield from (joined + "\n" + "}" * closed for closed in range(1, _MAX_CLOSED))
    ends = [
        function.range.last_line for function in language.functions(joined) if function.name == name
    ]
    if ends:
        kept = "\n".join(joined.split("\n")[: ends[0]])
        yield from (kept + "\n" + "}" * closed for closed in range(_MAX_CLOSED))


def _head(declaration: str) -> str:
    """Return what stands before the line that declares the function."""
    return declaration.rstrip().rpartition("\n")[0] + "\n"


def _names(language: Language, text: str) -> list[str]:
    return [function.name for function in language.functions(text)]


def _main_name(language: Language, text: str) -> str:
    return next(iter(_names(language, text)[-1:]), "")


def _is_whole(language: Language, text: str, name: str) -> bool:
    tree = declarations.parse(language.grammar, text)
    return not tree.has_error and name in _names(language, text)


def _supply(language: str, text: str) -> str:
    if language == "cpp":
        return _CPP + text
    if language == "go" and not re.search(r"^\s*(?:package|import)\b", text, re.M):
        used = [path for path in _GO if re.search(rf"\b{path.rpartition('/')[2]}\.\w", text)]
        return "".join(f'import "{path}"; ' for path in used) + text
    return text
