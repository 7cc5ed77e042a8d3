"""What ruff finds in Python code: its rules that show faults, none that are about style."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ruff import find_ruff_bin

from stepcheck.server.judge.verdict import Fault, FaultKind, Range, Severity

_SECONDS = 10.0
_SELECTED = ("F", "E9", "B", "PLE", "PLW")
_NOT_COMPILABLE = frozenset(
    {
        "F404",
        "F407",
        "F621",
        "F622",
        "F701",
        "F702",
        "F704",
        "F706",
        "F707",
        "PLE0115",
        "PLE0117",
        "PLE0118",
        "PLE1142",
    }
)
"""Rules whose violation Python's compiler refuses."""

_SUSPICIOUS = frozenset(
    {
        "B006",
        "B012",
        "B015",
        "B016",
        "B020",
        "B021",
        "B025",
        "B029",
        "B030",
        "B031",
        "B032",
        "B035",
        "F501",
        "F502",
        "F503",
        "F504",
        "F505",
        "F506",
        "F507",
        "F508",
        "F509",
        "F521",
        "F522",
        "F523",
        "F524",
        "F525",
        "F601",
        "F602",
        "F631",
        "F632",
        "F633",
        "F634",
        "F811",
        "F823",
        "PLE0101",
        "PLE0237",
        "PLE0241",
        "PLE0303",
        "PLE0304",
        "PLE0305",
        "PLE0307",
        "PLE0308",
        "PLE0309",
        "PLE0643",
        "PLE1132",
        "PLE1205",
        "PLE1206",
        "PLE1300",
        "PLE1307",
        "PLE1310",
        "PLE1507",
        "PLE1519",
        "PLE1520",
        "PLE1700",
        "PLE2502",
        "PLW0129",
        "PLW0131",
        "PLW0133",
        "PLW0177",
        "PLW0211",
        "PLW0245",
        "PLW0711",
        "PLW1501",
    }
)
"""Rules whose violation is seldom meant, and shows a fault where it is not."""

_MUTABLE_DEFAULT = "B006"
_REDEFINED = "F811"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A violation of one of ruff's rules, such as F401; lines count from 1."""

    rule: str
    message: str
    range: Range


@lru_cache(maxsize=16)
def findings(source: str) -> tuple[LintFinding, ...]:
    """Return all that ruff's rules F, E9, B, PLE and PLW find, whatever `noqa` comments say.

    Nothing, if ruff cannot be run or takes too long.
    """
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    command = [
        find_ruff_bin(),
        "check",
        "--isolated",
        "--no-cache",
        "--ignore-noqa",
        f"--target-version={version}",
        f"--select={','.join(_SELECTED)}",
        "--output-format=json",
        "--stdin-filename=code.py",
        "-",
    ]
    try:
        done = subprocess.run(
            command,
            input=source.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return tuple(map(_to_finding, json.loads(done.stdout)))
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return ()


def find_faults(source: str, tree: ast.Module) -> Iterator[Fault]:
    """Yield what ruff finds that is seldom meant; only what cannot be compiled refutes."""
    for finding in findings(source):
        if finding.rule in _NOT_COMPILABLE:
            message = f"not Python: {finding.message} ({finding.rule})"
            yield Fault(finding.range, Severity.FATAL, FaultKind.SYNTAX, message)
        elif finding.rule in _SUSPICIOUS and not _is_idiom(finding, tree):
            message = f"{finding.message} ({finding.rule})"
            yield Fault(finding.range, Severity.SMALL, FaultKind.SUSPICIOUS, message)


def _to_finding(entry: dict[str, object]) -> LintFinding:
    match entry:
        case {
            "code": str() as rule,
            "message": str() as message,
            "location": {"row": int() as first},
            "end_location": {"row": int() as last},
        }:
            return LintFinding(rule, message, Range(first, last))
    return LintFinding("invalid-syntax", str(entry.get("message")), Range(1, 1))


def _is_idiom(finding: LintFinding, tree: ast.Module) -> bool:
    """Whether it is harmless: something imported twice, or a default that is never altered."""
    line = finding.range.first_line
    if finding.rule == _REDEFINED:
        return any(
            isinstance(node, ast.Import | ast.ImportFrom)
            and node.lineno <= line <= (node.end_lineno or node.lineno)
            for node in ast.walk(tree)
        )
    if finding.rule == _MUTABLE_DEFAULT:
        return not any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            and _covers(node.args, line)
            and _alters_default(node, line)
            for node in ast.walk(tree)
        )
    return False


def _covers(given: ast.arguments, line: int) -> bool:
    return any(_is_at(default, line) for default in (*given.defaults, *given.kw_defaults))


def _is_at(node: ast.expr | None, line: int) -> bool:
    return node is not None and node.lineno <= line <= (node.end_lineno or node.lineno)


def _alters_default(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, line: int
) -> bool:
    """Whether the function stores into the parameter, or calls a method that does."""
    given = function.args
    by_position = [*given.posonlyargs, *given.args]
    paired = [
        *zip(by_position[len(by_position) - len(given.defaults) :], given.defaults, strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    names = {argument.arg for argument, default in paired if _is_at(default, line)}
    return any(_alters(node, names) for node in ast.walk(function))


_ALTERING = frozenset(
    {
        "append",
        "add",
        "extend",
        "insert",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "appendleft",
        "extendleft",
    }
)


def _alters(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            return name in names and method in _ALTERING
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            return name in names
        case ast.AugAssign(target=ast.Name(id=name)):
            return name in names
    return False
