"""Facts against what a model claims: what can be looked up or run is not left to its word."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.example_forms.example import signatures_of
from stepcheck.server.judge.evidence.example_parsing import find_examples
from stepcheck.server.judge.evidence.literals import read_arguments
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    definitions,
    parameters,
    parse,
)
from stepcheck.server.judge.model.parsing import Claim, find_quote
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.static import analysis, lint
from stepcheck.server.judge.verdict import FaultKind, Range
from stepcheck.server.sandbox.sandbox import (
    Check,
    CheckResult,
    Sandbox,
    SandboxUnavailableError,
    Status,
)

_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"`([^`]*)`")
_UNDEFINED = re.compile(
    r"\b(?:undefined|undeclared|unresolved|NameError|missing imports?"
    r"|(?:not|never|without being) (?:defined|declared|imported))\b",
    re.IGNORECASE,
)
_UNUSED = re.compile(r"\b(?:unused|never used|not used)\b", re.IGNORECASE)
_SYNTAX = re.compile(r"\b(?:syntax ?errors?|invalid syntax|does ?n[o']t parse)\b", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\b(?:rais\w+|if|when|unless|before|empty|may|might|could)\b", re.I)
"""What speaks of a run, which no look at the text can deny."""

_RAISES = re.compile(r"\b(?:rais\w+|crash\w*|exception|throw\w*|\w+Error)\b", re.IGNORECASE)
_UNUSED_RULES = frozenset({"F401", "F841"})
"""Ruff's: an import, and a variable, that is not used."""


@dataclass(frozen=True, slots=True)
class VerifiedClaim:
    """A claim after verification; `refuted` says by what fact, if so. `range` is where it is."""

    claim: Claim
    range: Range | None
    refuted: str = ""


def verify(
    claims: Sequence[Claim],
    question: Question,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> list[VerifiedClaim]:
    """Verify claims about code: its quotes in any language, the rest for Python that parses.

    A claim that a call goes wrong is tried; what the call should give is known from the examples,
    else from the reference, else from the claim. Raises `CancelledError`.
    """
    verified = [_locate(claim, question.code) for claim in claims]
    if question.language != "python":
        return verified
    try:
        tree = parse(question.code)
    except SourceError:
        return verified
    looked_up = [
        each
        if each.refuted
        else replace(each, refuted=_look_up(each.claim.message, question.code, tree))
        for each in verified
    ]
    runner = _Runner(question, tree, sandbox, is_cancelled)
    try:
        return [each if each.refuted else runner.try_out(each) for each in looked_up]
    except SandboxUnavailableError:
        return looked_up


def _locate(claim: Claim, code: str) -> VerifiedClaim:
    if not claim.quote.strip():
        return VerifiedClaim(claim, None)
    places = find_quote(claim.quote, code)
    if not places:
        return VerifiedClaim(claim, None, "the code quoted is not in the program")
    return VerifiedClaim(claim, places[0] if len(places) == 1 else None)


def _look_up(message: str, code: str, tree: ast.Module) -> str:
    """Return the fact of the text that refutes the message, if any."""
    mentioned = set(_WORD.findall(message))
    if _SYNTAX.search(message) and not _CONDITIONAL.search(message):
        return "the program parses"
    if _UNDEFINED.search(message) and not _CONDITIONAL.search(message):
        missing = {
            fault.message
            for fault in analysis.examine(code).faults
            if fault.kind is FaultKind.UNDEFINED_NAME
        }
        named = any(mentioned & set(_WORD.findall(each)) & _read_names(tree) for each in missing)
        if not named and not _imports_everything(tree):
            return "every name that it uses is defined" if not missing else "that name is defined"
    if _UNUSED.search(message):
        unused = _unused_names(code, tree)
        about = mentioned & (_bound_names(tree) | _read_names(tree))
        if not (about & unused if about else unused):
            return "what it defines and imports is used"
    return ""


def _unused_names(code: str, tree: ast.Module) -> set[str]:
    """Return what nothing reads, and what ruff finds unused in its scope."""
    found = (
        name
        for each in lint.findings(code)
        if each.rule in _UNUSED_RULES
        for quoted in _QUOTED.findall(each.message)
        for name in _WORD.findall(quoted)
    )
    return (_bound_names(tree) - _read_names(tree)).union(found)


def _read_names(tree: ast.Module) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _bound_names(tree: ast.Module) -> set[str]:
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def _imports_everything(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in ast.walk(tree)
    )


class _Runner:
    """Runs the calls that claims are about."""

    def __init__(
        self,
        question: Question,
        tree: ast.Module,
        sandbox: Sandbox,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._code = question.code
        self._names = definitions(tree)
        self._signatures = signatures_of(tree)
        self._parameters = parameters(tree)
        self._known = _results(self._find(f"{question.examples}\n\n{question.intent}"))
        self._reference = question.reference
        self._sandbox = sandbox
        self._is_cancelled = is_cancelled

    def _find(self, text: str) -> list[Check]:
        return [one.check for one in find_examples(text, self._signatures)]

    def try_out(self, verified: VerifiedClaim) -> VerifiedClaim:
        """Run the call of a claim, and drop the claim if it goes as it should."""
        claim = verified.claim
        call = next((each for each in self._calls_of(claim) if each), None)
        if call is None:
            return verified
        expected = self._expected(call, claim)
        outcome = self._run(self._code, Check(call, expected) if expected else Check(call))
        if outcome.status is Status.PASSED:
            if expected:
                return replace(verified, refuted=f"{call} gives {expected}, as it should")
            if _RAISES.search(claim.message):
                return replace(verified, refuted=f"{call} runs to its end")
        if outcome.status in (Status.FAILED, Status.RAISED) and outcome.message:
            seen = f"{claim.message} (run: {outcome.message})"
            return replace(verified, claim=replace(claim, message=seen))
        return verified

    def _calls_of(self, claim: Claim) -> Iterator[str]:
        """Yield the calls with plain arguments that a claim names, in one form."""
        yield self._in_one_form(claim.call)
        for name in self._parameters:
            for start in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", claim.message):
                rest = claim.message[start.start() :]
                ends = [place.end() for place in re.finditer(r"\)", rest)]
                yield next((call for end in ends if (call := self._in_one_form(rest[:end]))), "")

    def _in_one_form(self, call: str) -> str:
        read = read_arguments(call)
        if read is None or read[0] not in self._parameters:
            return ""
        return f"{read[0]}({', '.join(map(repr, read[1]))})"

    def _expected(self, call: str, claim: Claim) -> str:
        if call in self._known:
            return self._known[call]
        if self._reference is not None:
            answer = self._run(self._reference, Check(call, any_value=True))
            if answer.status is Status.PASSED and answer.value is not None:
                return answer.value
        expected = claim.expected if claim.call else ""
        if not expected:
            expected = _results(self._find(claim.message)).get(call, "")
        return expected if _is_literal(expected) else ""

    def _run(self, code: str, check: Check) -> CheckResult:
        return self._sandbox.examine(code, self._names, [check], self._is_cancelled).results[0]


def _results(checks: Sequence[Check]) -> Mapping[str, str]:
    """Return what calls of plain values should give, by the call in one form."""
    found = {}
    for check in checks:
        read = read_arguments(check.source)
        if read is not None and check.expected is not None:
            found[f"{read[0]}({', '.join(map(repr, read[1]))})"] = check.expected
    return found


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True
