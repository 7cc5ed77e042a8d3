"""The product's own Lean modules: where they are, in which order they compile."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.errors import LeanSetupError

CHECKER = "Checker"
"""The module whose `main` is the resident checker."""

PACKAGE = "LLMstep"
"""The module that a mathematician imports."""

SPOOL_OPTION = "weak.llmstep.spool"
"""The option with the folder that the tactics ask through; files without the package ignore it."""

_HEADER = re.compile(r"(?:\s*(?:module|(?:public\s+)?(?:meta\s+)?import\b.*)$)*", re.MULTILINE)
_IMPORT = re.compile(r"^(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?(.+)$", re.MULTILINE)


def header_of(source: str) -> str:
    """Return the beginning of a module, up to the end of its last import."""
    found = _HEADER.match(source)
    return found.group() if found else ""


@dataclass(frozen=True, slots=True)
class LeanSources:
    """The Lean modules that something consists of.

    `root` is the source folder, `modules` their names (`LLMstep.Check`), each after its imports and
    last the one that imports all others; `imports` are the direct imports among them.
    """

    root: Path
    modules: tuple[str, ...]
    imports: Mapping[str, tuple[str, ...]]

    @property
    def main(self) -> str:
        """The module that imports all others."""
        return self.modules[-1]

    def file(self, module: str) -> Path:
        """Return the source file of a module."""
        return self.root.joinpath(*module.split(".")).with_suffix(".lean")

    def digests(self) -> dict[str, str]:
        """Return for each module a hexadecimal SHA-256 over its content and all that it imports."""
        found: dict[str, str] = {}
        for module in self.modules:
            digest = hashlib.sha256(f"{module}\0".encode())
            for imported in self.imports[module]:
                digest.update(found[imported].encode())
            digest.update(self.file(module).read_bytes())
            found[module] = digest.hexdigest()
        return found

    def digest(self) -> str:
        """Return a hexadecimal SHA-256 over names and contents, for cache keys."""
        return self.digests()[self.main]


def checker_sources(root: Path | None = None) -> LeanSources:
    """Find the sources of the checker beside the driver (tree, editable) or where it is installed.

    Raises `LeanSetupError` if they are missing.
    """
    return _find_sources(CHECKER, root)


def package_sources(root: Path | None = None) -> LeanSources:
    """Find the sources of the package with the tactics, in the same way."""
    return _find_sources(PACKAGE, root)


def _find_sources(main: str, root: Path | None) -> LeanSources:
    driver = Path(__file__).resolve().parent
    candidates = [root] if root else [driver.parent, driver / "package"]
    for folder in candidates:
        if (folder / f"{main}.lean").is_file():
            imports = _own_imports(folder)
            modules = tuple(_in_import_order(main, imports))
            return LeanSources(folder, modules, {name: imports[name] for name in modules})
    places = " or ".join(str(folder) for folder in candidates)
    raise LeanSetupError(
        f"The Lean sources of stepcheck are missing: no {main}.lean in {places}.",
        "Install stepcheck again: pip install --force-reinstall stepcheck",
    )


def _in_import_order(main: str, imports: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    done: set[str] = set()

    def visit(module: str, importers: tuple[str, ...]) -> Iterator[str]:
        if module in importers:
            raise LeanSetupError(
                f"The Lean modules {' and '.join(importers)} import each other in a circle.",
                "Remove one of these imports.",
            )
        if module in done:
            return
        for imported in imports[module]:
            yield from visit(imported, (*importers, module))
        done.add(module)
        yield module

    yield from visit(main, ())


def _own_imports(root: Path) -> Mapping[str, tuple[str, ...]]:
    """Map each module under `root` to those of its imports that lie under `root` too."""
    files = [
        *root.glob(f"{CHECKER}.lean"),
        *root.glob(f"{PACKAGE}.lean"),
        *root.glob(f"{PACKAGE}/**/*.lean"),
    ]
    own = {".".join(file.relative_to(root).with_suffix("").parts): file for file in sorted(files)}
    return {
        module: tuple(
            name
            for line in _IMPORT.findall(header_of(file.read_text(encoding="utf-8")))
            for name in line.split()
            if name in own
        )
        for module, file in own.items()
    }
