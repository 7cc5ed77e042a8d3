"""What can be read off Python source without running it."""

import ast
from collections.abc import Iterator

from stepcheck.server.sandbox.parsing import parse_module

MAX_SOURCE_CHARACTERS = 1_000_000
Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceError(Exception):
    """The text is not Python; `line` is where, if anywhere."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class TooDeepError(SourceError):
    """The text is Python, but nested too deeply to be looked through."""


def parse(source: str) -> ast.Module:
    """Return the syntax tree; raises `SourceError`, for text too large or too deep as well."""
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise SourceError(f"longer than {MAX_SOURCE_CHARACTERS} characters")
    try:
        return parse_module(source)
    except SyntaxError as error:
        raise SourceError(error.msg, error.lineno) from None
    except ValueError as error:
        raise SourceError(str(error)) from None
    except (RecursionError, MemoryError):
        raise SourceError("nested too deeply") from None


def functions(tree: ast.Module) -> Iterator[Function]:
    """Yield the functions of a module, in order."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node


def definitions(tree: ast.Module) -> list[str]:
    """Return the names of the functions and classes of a module, in order."""
    return [node.name for node in tree.body if isinstance(node, Function | ast.ClassDef)]


def bindings(tree: ast.Module) -> list[str]:
    """Return the names that a module gives to functions, classes and values, in order."""
    names: list[str] = []
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.append(node.name)
            case ast.Assign(targets=targets):
                names += [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                names.append(name)
    return list(dict.fromkeys(names))


def parameters(tree: ast.Module) -> dict[str, list[str]]:
    """Return the names of the parameters of each function of a module, those by position.

    First come those that are assigned: of a lambda the parameters are known, of a call none.
    """
    assigned: dict[str, list[str]] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=taken)):
                assigned[name] = [argument.arg for argument in taken.args]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
                assigned[name] = []
    return assigned | {
        function.name: [argument.arg for argument in function.args.args]
        for function in functions(tree)
    }


def main_function(tree: ast.Module) -> Function | None:
    """Return the last function of a module: what comes before is there to help it."""
    return next(iter(list(functions(tree))[::-1]), None)
