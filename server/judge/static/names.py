"""Names that a Python module uses and nobody defines."""

import ast
import builtins
import symtable
from collections.abc import Iterator

from stepcheck.server.judge.languages.python.source import SourceError, TooDeepError
from stepcheck.server.judge.verdict import Fault, FaultKind, Range, Severity

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


def find_undefined(source: str, tree: ast.Module) -> Iterator[Fault]:
    """Yield the first use of each name that neither the module nor Python defines.

    Raises `SourceError` where the compiler finds the names themselves wrong.
    """
    if any(_imports_everything(node) for node in ast.walk(tree)):
        return
    try:
        module = symtable.symtable(source, "<candidate>", "exec")
    except SyntaxError as error:
        raise SourceError(error.msg, error.lineno) from None
    except RecursionError:
        raise TooDeepError("nested too deeply") from None
    known = _BUILTIN_NAMES | _module_names(module) | _tried_names(tree)
    severity = Severity.SMALL if _makes_names(tree) else Severity.FATAL
    missing = {name for table in _tables(module) for name in _global_names(table)} - known
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in missing and node.id not in seen:
            seen.add(node.id)
            yield Fault(
                Range(node.lineno, node.lineno),
                severity,
                FaultKind.UNDEFINED_NAME,
                describe_undefined(node.id),
            )


def describe_undefined(name: str) -> str:
    """Return the message of the fault."""
    return f"the name {name} is not defined"


def _tried_names(tree: ast.Module) -> set[str]:
    """Return the names used where their absence is caught."""
    return {
        node.id
        for guarded in ast.walk(tree)
        if isinstance(guarded, ast.Try) and any(map(_catches_name_errors, guarded.handlers))
        for statement in guarded.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }


def _catches_name_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in ("NameError", "Exception", "BaseException")
        for node in ast.walk(handler.type)
    )


def _makes_names(tree: ast.Module) -> bool:
    """Whether the module may define names while it runs, in ways that its text does not show."""
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in ("exec", "globals", "vars"))
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "_convert_")
        )
        for node in ast.walk(tree)
    )


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
        # In a function named "top", symtable calls local names global too.
        in_globals = symbol.is_global() and not symbol.is_local()
        if symbol.is_referenced() and (in_globals or in_module):
            yield symbol.get_name()


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(current.get_children())


def _imports_everything(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
