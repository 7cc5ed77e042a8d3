"""Read functions and classes off a library's archive, each with the module text that it needs.

An excerpt stands alone: its imports are of the standard library, and what it uses of its package
comes before it. Comments and docstrings are left out, for they may show what is held out.
"""

import ast
import builtins
import copy
import doctest
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BODY_LINES = 120
MAX_PREAMBLE_LINES = 160

Definition = ast.FunctionDef | ast.ClassDef
_READS_ITS_MODULE = {"globals", "locals", "eval", "exec", "__file__"}


class NotSelfContainedError(Exception):
    """What a definition uses cannot be written down before it."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A function or a class: `definition` without docstrings, what precedes it, and its examples.

    `prose` is the docstring without the examples; `session` holds them in their order.
    """

    source: str
    definition: Definition
    preamble: str
    prose: str
    session: tuple[doctest.Example, ...]

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def library(self) -> str:
        return self.source.split(".")[0]

    @property
    def declaration(self) -> str:
        """Return all that comes before the body."""
        bare = copy.deepcopy(self.definition)
        bare.body = [ast.Pass()]
        head = ast.unparse(bare).removesuffix("pass").rstrip()
        return f"{self.preamble}\n\n{head}\n" if self.preamble else f"{head}\n"

    def body(self, definition: Definition) -> str:
        """Return the indented body of a variant of the definition."""
        block = ast.If(test=ast.Constant(value=True), body=definition.body, orelse=[])
        return ast.unparse(ast.fix_missing_locations(block)).split("\n", 1)[1] + "\n"


@dataclass(frozen=True, slots=True)
class Module:
    """A module of a package: its dotted name, and whether it is the package's `__init__`."""

    name: str
    is_package: bool
    tree: ast.Module

    def bindings(self, name: str) -> ast.stmt | None:
        """Return the last statement of the module that gives the name a value."""
        return next((one for one in reversed(self.tree.body) if name in _bound(one)), None)


def read_excerpts(archive: Path) -> Iterator[Excerpt]:
    """Yield the self-contained definitions of a wheel that have a docstring with examples."""
    modules = dict(_modules(archive))
    for module in modules.values():
        for node in module.tree.body:
            if not isinstance(node, Definition) or node.name.startswith("_"):
                continue
            if module.bindings(node.name) is not node or not _docstrings(node):
                continue
            try:
                yield _excerpt(node, module, modules)
            except (NotSelfContainedError, ValueError):
                continue


def _modules(archive: Path) -> Iterator[tuple[str, Module]]:
    with zipfile.ZipFile(archive) as files:
        for file in sorted(files.namelist()):
            parts = file.removesuffix(".py").split("/")
            if not file.endswith(".py") or "tests" in parts:
                continue
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield name, Module(name, is_package, ast.parse(files.read(file)))


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.split(".")[0] for alias in node.names}
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Try() | ast.If():
            stored = {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
            inner = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
            return stored.union(*(_bound(one) for one in inner))
    return set()


def _docstrings(node: Definition) -> list[tuple[str, str]]:
    """Return the docstrings of a definition and its methods, with the names of the latter."""
    found = [("", ast.get_docstring(node) or "")]
    if isinstance(node, ast.ClassDef):
        methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
        found += [(method.name, ast.get_docstring(method) or "") for method in methods]
    return [(name, text) for name, text in found if text]


def _excerpt(node: Definition, module: Module, modules: dict[str, Module]) -> Excerpt:
    prose: list[str] = []
    session: list[doctest.Example] = []
    for name, text in _docstrings(node):
        pieces = doctest.DocTestParser().parse(text)
        session += [piece for piece in pieces if isinstance(piece, doctest.Example)]
        said = " ".join(piece for piece in pieces if isinstance(piece, str)).split("\n")
        lines = "\n".join(line.rstrip() for line in said if line.strip())
        prose.append(f"{name}: {lines}" if name else lines)
    kept = tuple(one for one in session if not _imports_from(one, module))
    asked = set().union(*(_names(ast.parse(one.source)) for one in kept)) - {node.name}
    asked -= set().union(*(_stores(ast.parse(one.source)) for one in kept))
    bare = _without_docstrings(node)
    for definition in (bare, _without_annotations(bare)):
        try:
            preamble = _Preamble(modules, node.name).write(module, definition, sorted(asked))
        except NotSelfContainedError:
            continue
        lines_of_body = ast.unparse(definition).count("\n")
        if lines_of_body > MAX_BODY_LINES or preamble.count("\n") > MAX_PREAMBLE_LINES:
            break
        return Excerpt(module.name, definition, preamble, "\n".join(prose), kept)
    raise NotSelfContainedError(node.name)


def _imports_from(example: doctest.Example, module: Module) -> bool:
    """Return whether an example only imports from the package, which the excerpt stands for."""
    try:
        statements = ast.parse(example.source).body
    except SyntaxError:
        raise NotSelfContainedError(example.source) from None
    package = module.name.split(".")[0]
    return all(
        isinstance(one, ast.ImportFrom)
        and (one.module or "").split(".")[0] == package
        and all(alias.asname is None for alias in one.names)
        for one in statements
    )


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _stores(node: ast.AST) -> set[str]:
    names = {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    for one in ast.walk(node):
        match one:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(one.name)
            case ast.arg(arg=name):
                names.add(name)
            case ast.ExceptHandler(name=str() as name):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names |= _bound(one)
    return names


class _Preamble:
    """What a definition needs, in an order in which it can be executed."""

    def __init__(self, modules: dict[str, Module], root: str) -> None:
        self._modules = modules
        self._root = root
        self._imports: list[str] = []
        self._written: dict[str, str] = {}
        self._seen = {root: ""}

    def write(self, module: Module, definition: Definition, asked: list[str]) -> str:
        """Return the text before the definition; raises NotSelfContainedError."""
        self._seen[self._root] = module.name
        for name in [*_needs(definition), *asked]:
            self._add(module, name)
        imports = "\n".join(dict.fromkeys(self._imports))
        parts = [imports, *dict.fromkeys(self._written.values())]
        return "\n\n".join(part for part in parts if part)

    def _add(self, module: Module, name: str) -> None:
        if name in self._seen:
            if self._seen[name] != module.name and name != self._root:
                self._check_same(module, name)
            return
        node = module.bindings(name)
        match node:
            case None if hasattr(builtins, name):
                return
            case ast.Import() | ast.ImportFrom():
                self._add_import(module, node, name)
            case ast.FunctionDef() | ast.ClassDef() | ast.Assign() | ast.AnnAssign():
                self._seen[name] = module.name
                bare = _without_annotations(_without_docstrings(node))
                for needed in _needs(bare):
                    self._add(module, needed)
                self._written[name] = ast.unparse(bare)
            case _:
                raise NotSelfContainedError(name)

    def _check_same(self, module: Module, name: str) -> None:
        """Allow a name seen elsewhere only if it is imported from there."""
        match module.bindings(name):
            case ast.ImportFrom():
                return
            case ast.Import() if self._seen[name] == "import":
                return
        raise NotSelfContainedError(name)

    def _add_import(self, module: Module, node: ast.Import | ast.ImportFrom, name: str) -> None:
        alias = next(one for one in node.names if (one.asname or one.name.split(".")[0]) == name)
        path = alias.name if isinstance(node, ast.Import) else _absolute(module, node)
        if path.split(".")[0] in sys.stdlib_module_names:
            single = copy.copy(node)
            single.names = [alias]
            self._seen[name] = "import"
            self._imports.append(ast.unparse(single))
            return
        target = self._modules.get(path)
        if target is None or isinstance(node, ast.Import) or alias.asname not in (None, name):
            raise NotSelfContainedError(name)
        if alias.name != name or target is module:
            raise NotSelfContainedError(name)
        self._add(target, name)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = module.name.split(".")
    depth = node.level - module.is_package
    base = above[: len(above) - depth]
    return ".".join([*base, node.module] if node.module else base)


def _needs(node: ast.stmt) -> list[str]:
    """Return the names that a statement takes from its module; raises NotSelfContainedError."""
    needed = sorted(_names(node) - _stores(node))
    if not _READS_ITS_MODULE.isdisjoint(needed):
        raise NotSelfContainedError(", ".join(needed))
    return needed


def _without_docstrings(node: ast.stmt) -> ast.stmt:
    bare = copy.deepcopy(node)
    for one in ast.walk(bare):
        if (
            isinstance(one, Definition | ast.AsyncFunctionDef)
            and ast.get_docstring(one) is not None
        ):
            one.body = one.body[1:] or [ast.Pass()]
    return bare


def _without_annotations(node: ast.stmt) -> ast.stmt:
    bare = copy.deepcopy(node)
    for one in ast.walk(bare):
        if isinstance(one, ast.arg):
            one.annotation = None
        elif isinstance(one, ast.FunctionDef):
            one.returns = None
    return bare
