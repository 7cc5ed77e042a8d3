"""Static evidence: what is wrong with Python code without running it.

Facts refute: what Python cannot compile, a name that nobody defines, a function that is gone or has
lost its body, a call in the module that no longer fits its function. All else is suspicion.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stepcheck.server.judge.languages.python.changes import find_changes, find_member, members
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    TooDeepError,
    functions,
    main_function,
    parse,
)
from stepcheck.server.judge.static import flow, lint, names, signatures
from stepcheck.server.judge.static.signatures import AttributedFault
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)

_GRAVE = (Severity.MAJOR, Severity.FATAL)


def examine(
    source: str,
    before: str | None = None,
    function: str | None = None,
    reference: str | None = None,
) -> Evidence:
    """Look for what no run is needed to see.

    The functions of `before` and the main one of the `reference` must stay. A suspicion that
    `before` was under already does not count. With `function`, only what is wrong in it counts, or
    in that class or module outside functions; for these also what an edit of them broke in
    functions that are the same as before.
    """
    try:
        found = list(_find(source, before, function, reference))
        faults = tuple(each.fault for each in found)
        if function is not None:
            faults = tuple(_concerning(function, found, source, before))
    except (TooDeepError, RecursionError):
        return _to_evidence((), ("nested too deeply to be looked at",))
    except SourceError as error:
        faults = (_syntax_fault(error),)
    return _to_evidence(faults)


def examine_deleted(source: str, before: str, name: str) -> Evidence:
    """Look for what still uses a function or class that was deleted from `before`."""
    message = names.describe_undefined(name)
    try:
        known = {fault.message for fault in _undefined_before(before)}
        undefined = names.find_undefined(source, parse(source))
        faults = tuple(
            fault for fault in undefined if fault.message == message and message not in known
        )
    except (TooDeepError, RecursionError):
        faults = ()
    except SourceError as error:
        faults = (_syntax_fault(error),)
    notes = () if faults else ("nothing in the module uses its name",)
    return _to_evidence(faults, notes)


def _to_evidence(faults: tuple[Fault, ...], notes: tuple[str, ...] = ()) -> Evidence:
    grave = any(fault.severity in _GRAVE for fault in faults)
    finding = Finding.REFUTES if grave else Finding.NOTHING
    return Evidence(EvidenceKind.STATIC, finding, faults=faults, notes=notes)


def _syntax_fault(error: SourceError) -> Fault:
    where = _lines(error.line) if error.line else None
    return Fault(where, Severity.FATAL, FaultKind.SYNTAX, f"not Python: {error}")


def _find(
    source: str, before: str | None, function: str | None, reference: str | None
) -> Iterator[AttributedFault]:
    tree, old = parse(source), _parse_if_possible(before)
    for fault in names.find_undefined(source, tree):
        yield AttributedFault("", _weaken_if_undefined_before(fault, before))
    for fault in _stubs(tree, old, function):
        yield AttributedFault("", fault)
    if old is not None:
        for name in _missing_functions(old, tree):
            yield AttributedFault(name, _missing_fault(name))
        yield from signatures.find_changed(old, tree)
        for fault in flow.find_lost_results(old, tree):
            yield AttributedFault("", fault)
    elif reference is not None:
        yield from _compare_with_reference(tree, reference)
    yield from signatures.find_misfits(old, tree)
    known = set(_suspicions(before or "", old)) if old is not None else set()
    for fault in _suspect(source, tree, compared=old is not None):
        if fault.severity in _GRAVE or (fault.kind, fault.message) not in known:
            yield AttributedFault("", fault)


def _suspect(source: str, tree: ast.Module, *, compared: bool) -> Iterator[Fault]:
    yield from lint.find_faults(source, tree)
    yield from flow.find_unreachable(tree)
    yield from flow.find_unused_results(tree)
    if compared:
        # Returning nothing on some paths is common; to begin with it is not.
        yield from flow.find_missing_returns(tree)


def _suspicions(source: str, tree: ast.Module) -> Iterator[tuple[FaultKind, str]]:
    for fault in _suspect(source, tree, compared=True):
        yield fault.kind, fault.message


def _concerning(
    function: str, found: Sequence[AttributedFault], source: str, before: str | None
) -> Iterator[Fault]:
    """Yield the faults that an edit of the function, class or module caused."""
    tree = parse(source)
    member = find_member(tree, function)
    if member is None:
        return
    if member.is_function:
        for each in found:
            if each.function == function or _lies_in(each.fault, member.range):
                yield each.fault
        return
    changed = {change.name for change in find_changes(before, source)} - {function}
    others = [each.range for each in members(tree) if each.is_function and each.name in changed]
    for each in found:
        fault = each.fault
        if (
            not each.function
            and _lies_in(fault, member.range)
            and not any(_lies_in(fault, other) for other in others)
            and fault.severity is not Severity.NEGLIGIBLE
        ):
            yield fault


def _lies_in(fault: Fault, lines: Range) -> bool:
    return fault.range is not None and lines.first_line <= fault.range.first_line <= lines.last_line


def _parse_if_possible(source: str | None) -> ast.Module | None:
    try:
        return None if source is None else parse(source)
    except SourceError:
        return None


def _undefined_before(before: str | None) -> tuple[Fault, ...]:
    tree = _parse_if_possible(before)
    try:
        return () if tree is None else tuple(names.find_undefined(before or "", tree))
    except SourceError:
        return ()


def _weaken_if_undefined_before(fault: Fault, before: str | None) -> Fault:
    """Make a name negligible that was not defined before either: something else provides it."""
    if before is None:
        return fault
    if _parse_if_possible(before) is None:
        known = fault.message in map(names.describe_undefined, set(re.findall(r"\w+", before)))
    else:
        known = fault.message in {each.message for each in _undefined_before(before)}
    if not known:
        return fault
    message = f"{fault.message}, nor was it before"
    return replace(fault, severity=Severity.NEGLIGIBLE, message=message)


def _stubs(tree: ast.Module, old: ast.Module | None, function: str | None) -> Iterator[Fault]:
    """Yield the functions that lost their body; without an edit, the main one if it has none."""
    if old is not None:
        wanted = {each.name for each in functions(old) if not _is_empty(each)}
    else:
        main = main_function(tree) if function is None else None
        wanted = {main.name} if main else set()
    last = {each.name: each for each in functions(tree)}
    for name, each in last.items():
        if name not in wanted or not _is_empty(each) or _is_declaration(each):
            continue
        yield Fault(
            Range(each.lineno, each.end_lineno or each.lineno),
            Severity.FATAL,
            FaultKind.STUB,
            f"{name} has no body",
        )


def _is_empty(function: Function) -> bool:
    return all(map(_is_placeholder, function.body))


def _is_declaration(function: Function) -> bool:
    """Whether it is marked as having no body: `@overload`, `@abstractmethod`."""
    shown = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(each.rpartition(".")[2] in ("overload", "abstractmethod") for each in shown)


def _is_placeholder(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _missing_functions(old: ast.Module, tree: ast.Module) -> Iterator[str]:
    bound = {each.name for each in functions(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.alias(name=name, asname=alias):
                bound.add((alias or name).partition(".")[0])
    for function in functions(old):
        if function.name not in bound and "*" not in bound:
            yield function.name


def _missing_fault(name: str) -> Fault:
    return Fault(None, Severity.MAJOR, FaultKind.CHANGED_SIGNATURE, f"{name} is gone")


def _compare_with_reference(tree: ast.Module, reference: str) -> Iterator[AttributedFault]:
    wanted = _parse_if_possible(reference)
    main = main_function(wanted) if wanted else None
    if wanted is None or main is None:
        return
    if main.name in _missing_functions(wanted, tree):
        yield AttributedFault(main.name, _missing_fault(main.name))
    for each in signatures.find_changed(wanted, tree):
        if each.function == main.name:
            yield each


def _lines(line: int) -> Range:
    return Range(line, line)
