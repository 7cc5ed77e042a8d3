"""How functions are called: parameters that changed, and calls that do not fit them."""

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stepcheck.server.judge.languages.python.changes import members
from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.judge.verdict import Fault, FaultKind, Range, Severity


@dataclass(frozen=True, slots=True)
class AttributedFault:
    """A fault, and the dotted name of the function whose edit caused it; empty: where it is."""

    function: str
    fault: Fault


def find_changed(before: ast.Module, after: ast.Module) -> Iterator[AttributedFault]:
    """Yield the functions that can no longer be called as before; new options are no change."""
    present = _functions(after)
    for name, function in _functions(before).items():
        now = present.get(name)
        if now is not None and not _still_fits(function.args, now.args):
            message = f"{name} takes ({_shown(now)}) instead of ({_shown(function)})"
            where = Range(now.lineno, now.lineno)
            fault = Fault(where, Severity.SMALL, FaultKind.CHANGED_SIGNATURE, message)
            yield AttributedFault(name, fault)


def find_misfits(before: ast.Module | None, after: ast.Module) -> Iterator[AttributedFault]:
    """Yield the calls within the module that raise TypeError, as the arguments do not fit.

    Only calls of undecorated functions of the module by their own name, which nothing else has
    there, and of methods on `self`. Where a method is meant, a subclass may have another.
    """
    known = set() if before is None else {key for key, _ in _misfits(before)}
    for key, attributed in _misfits(after):
        if key not in known:
            yield attributed


def _misfits(tree: ast.Module) -> Iterator[tuple[str, AttributedFault]]:
    bound = _count_bindings(tree)
    plain = {
        name: function
        for name, function in _functions(tree).items()
        if not function.decorator_list and bound[function.name] == 1
    }
    for member in members(tree):
        if not isinstance(member.node, Function):
            continue
        owner = member.name.rpartition(".")[0]
        local = {node.arg for node in ast.walk(member.node) if isinstance(node, ast.arg)}
        for call in ast.walk(member.node):
            match call:
                case ast.Call(func=ast.Name(id=name)) if name in plain and name not in local:
                    severity, skipped = Severity.MAJOR, 0
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=method)) if (
                    owner and f"{owner}.{method}" in plain
                ):
                    name, severity, skipped = f"{owner}.{method}", Severity.SMALL, 1
                case _:
                    continue
            problem = _misfit(call, plain[name], skipped)
            if problem:
                message = f"{ast.unparse(call)[:80]} does not fit {name}: {problem}"
                where = Range(call.lineno, call.end_lineno or call.lineno)
                fault = Fault(where, severity, FaultKind.CHANGED_SIGNATURE, message)
                yield f"{member.name}: {message}", AttributedFault(name, fault)


def _misfit(call: ast.Call, function: Function, skipped: int) -> str:
    """Return why the arguments cannot be bound; nothing if they can, or only a run could tell."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return ""
    if any(keyword.arg is None for keyword in call.keywords):
        return ""
    positional = [None] * (len(call.args) + skipped)
    named = {keyword.arg: None for keyword in call.keywords if keyword.arg}
    try:
        _to_signature(function.args).bind(*positional, **named)
    except TypeError as error:
        return str(error)
    except ValueError:
        return ""
    return ""


def _to_signature(given: ast.arguments) -> inspect.Signature:
    kinds = inspect.Parameter
    by_position = [*given.posonlyargs, *given.args]
    first_default = len(by_position) - len(given.defaults)
    found = [
        inspect.Parameter(
            argument.arg,
            kinds.POSITIONAL_ONLY
            if index < len(given.posonlyargs)
            else kinds.POSITIONAL_OR_KEYWORD,
            default=None if index >= first_default else kinds.empty,
        )
        for index, argument in enumerate(by_position)
    ]
    if given.vararg:
        found.append(inspect.Parameter(given.vararg.arg, kinds.VAR_POSITIONAL))
    found += [
        inspect.Parameter(
            argument.arg, kinds.KEYWORD_ONLY, default=kinds.empty if default is None else None
        )
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg:
        found.append(inspect.Parameter(given.kwarg.arg, kinds.VAR_KEYWORD))
    return inspect.Signature(found)


def _still_fits(old: ast.arguments, new: ast.arguments) -> bool:
    """Whether every call that fitted `old` fits `new`, and gives the same parameters values."""
    old_names = [argument.arg for argument in (*old.posonlyargs, *old.args)]
    new_names = [argument.arg for argument in (*new.posonlyargs, *new.args)]
    if new_names[: len(old_names)] != old_names:
        return False
    required = len(new_names) - len(new.defaults)
    if required > max(len(old_names) - len(old.defaults), 0):
        return False
    if len(new.posonlyargs) > len(old.posonlyargs):
        return False
    old_keywords = {argument.arg for argument in old.kwonlyargs}
    new_keywords = {argument.arg for argument in new.kwonlyargs}
    needed = {
        argument.arg
        for argument, default in zip(new.kwonlyargs, new.kw_defaults, strict=True)
        if default is None
    }
    accepted = new_keywords | set(new_names[len(old_names) :])
    if not (old_keywords <= accepted or new.kwarg) or not needed <= old_keywords:
        return False
    return not (old.vararg and not new.vararg) and not (old.kwarg and not new.kwarg)


def _functions(tree: ast.Module) -> dict[str, Function]:
    return {
        member.name: member.node for member in members(tree) if isinstance(member.node, Function)
    }


def _count_bindings(tree: ast.Module) -> Counter[str]:
    """Count what binds each name, or sets an attribute of that name."""
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound[name] += 1
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound[name] += 1
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                bound[name] += 1
            case ast.alias(name=name, asname=alias):
                bound[alias or name] += 1
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                bound.update(names)
    return bound


def _shown(function: Function) -> str:
    return ast.unparse(function.args)
