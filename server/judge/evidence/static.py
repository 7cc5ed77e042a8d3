"""Static evidence: what is wrong with Python code without running it."""

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence

from stepcheck.server.judge.changes import find_changes, find_member, members
from stepcheck.server.judge.python_source import Function, SourceError, functions, parse
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)

_BUILTIN_NAMES = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__spec__",
    "__package__",
    "__path__",
    "__annotations__",
    "__builtins__",
    "__class__",
    "__module__",
    "__qualname__",
}


def examine(source: str, declared: str | None = None, function: str | None = None) -> Evidence:
    """Look for what no run is needed to see; `declared` holds the signatures that must stay.

    With `function`, only what is wrong in it, or in that class or module outside functions, counts;
    for these also what `declared` had right in functions that are the same in both.
    """
    faults = _find_faults(source, declared)
    if function is not None and not any(fault.kind is FaultKind.SYNTAX for fault in faults):
        faults = _concerning(function, faults, source, declared)
    return _to_evidence(faults)


def _to_evidence(faults: tuple[Fault, ...]) -> Evidence:
    grave = any(fault.severity in (Severity.MAJOR, Severity.FATAL) for fault in faults)
    return Evidence(
        EvidenceKind.STATIC, Finding.REFUTES if grave else Finding.NOTHING, faults=faults
    )


def examine_deleted(source: str, before: str, name: str) -> Evidence:
    """Look for what still uses a function or class that was deleted from `before`."""
    known = {fault.message for fault in _find_faults(before, None)}
    message = _undefined(name)
    faults = tuple(
        fault
        for fault in _find_faults(source, None)
        if fault.kind is FaultKind.SYNTAX or (fault.message == message and message not in known)
    )
    finding = Finding.REFUTES if faults else Finding.NOTHING
    notes = () if faults else ("nothing in the module uses its name",)
    return Evidence(EvidenceKind.STATIC, finding, faults=faults, notes=notes)


def _find_faults(source: str, declared: str | None) -> tuple[Fault, ...]:
    try:
        tree = parse(source)
        return (
            *_undefined_names(source, tree),
            *_stubs(tree),
            *_changed_signatures(tree, declared),
        )
    except SourceError as error:
        message = f"not Python: {error}"
        where = _lines(error.line) if error.line else None
        return (Fault(where, Severity.FATAL, FaultKind.SYNTAX, message),)


def _concerning(
    function: str, faults: Sequence[Fault], source: str, declared: str | None
) -> tuple[Fault, ...]:
    """Return the faults that an edit of the function, class or module is to blame for."""
    tree = parse(source)
    member = find_member(tree, function)
    if member is None:
        return ()
    placed = [fault for fault in faults if fault.range is not None]
    if member.is_function:
        return tuple(fault for fault in placed if _lies_in(fault, member.range))
    changed = {change.name for change in find_changes(declared, source)} - {function}
    others = [each.range for each in members(tree) if each.is_function and each.name in changed]
    known = {(fault.kind, fault.message) for fault in _find_faults(declared or "", None)}
    return tuple(
        fault
        for fault in placed
        if _lies_in(fault, member.range)
        and not any(_lies_in(fault, other) for other in others)
        and (fault.kind, fault.message) not in known
    )


def _lies_in(fault: Fault, lines: Range) -> bool:
    return fault.range is not None and lines.first_line <= fault.range.first_line <= lines.last_line


def _undefined_names(source: str, tree: ast.Module) -> Iterator[Fault]:
    if any(_imports_everything(node) for node in ast.walk(tree)):
        return
    try:
        module = symtable.symtable(source, "<candidate>", "exec")
    except SyntaxError as error:
        raise SourceError(error.msg, error.lineno) from None
    known = _BUILTIN_NAMES | _module_names(module)
    missing = {name for table in _tables(module) for name in _global_names(table)} - known
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in missing and node.id not in seen:
            seen.add(node.id)
            yield Fault(
                _lines(node.lineno),
                Severity.FATAL,
                FaultKind.UNDEFINED_NAME,
                _undefined(node.id),
            )


def _undefined(name: str) -> str:
    return f"the name {name} is not defined"


def _module_names(module: symtable.SymbolTable) -> set[str]:
    names = {symbol.get_name() for symbol in module.get_symbols() if _is_bound(symbol)}
    for table in _tables(module):
        # A function may bind a name of the module that it declares global.
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_declared_global() and _is_bound(symbol)
        }
    return names


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        in_module = table.get_type() == "module" and not _is_bound(symbol)
        if symbol.is_referenced() and (symbol.is_global() or in_module):
            yield symbol.get_name()


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(current.get_children())


def _imports_everything(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _stubs(tree: ast.Module) -> Iterator[Fault]:
    for function in functions(tree):
        if all(map(_says_nothing, function.body)):
            yield Fault(
                Range(function.lineno, function.end_lineno or function.lineno),
                Severity.FATAL,
                FaultKind.STUB,
                f"{function.name} has no body",
            )


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _changed_signatures(tree: ast.Module, declared: str | None) -> Iterator[Fault]:
    if declared is None:
        return
    try:
        wanted = {function.name: function for function in functions(parse(declared))}
    except SourceError:
        return
    present = {function.name: function for function in functions(tree)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for name, before in wanted.items():
        after = present.get(name)
        if after is None and name not in assigned:
            message = f"{name} is gone"
            yield Fault(None, Severity.MAJOR, FaultKind.CHANGED_SIGNATURE, message)
        elif after is not None and _parameters(before) != _parameters(after):
            message = f"{name} takes ({_shown(after)}) instead of ({_shown(before)})"
            yield Fault(_lines(after.lineno), Severity.SMALL, FaultKind.CHANGED_SIGNATURE, message)


def _parameters(function: Function) -> tuple[object, ...]:
    given = function.args
    return (
        [argument.arg for argument in (*given.posonlyargs, *given.args)],
        [argument.arg for argument in given.kwonlyargs],
        given.vararg is not None,
        given.kwarg is not None,
    )


def _shown(function: Function) -> str:
    return ast.unparse(function.args)


def _lines(line: int) -> Range:
    return Range(line, line)
