"""The product's own Lean modules: where they are, in which order they compile."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.errors import LeanSetupError

ROOT_MODULE = "Checker"
ENTRY = "Main.lean"
"""The file whose `main` starts the checker: `lean --run Main.lean`."""

_IMPORT = re.compile(r"^(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LeanSources:
    """The Lean modules of the resident checker.

    `root` is the source folder, `modules` their names (`LLMstep.Check`), each after its imports.
    """

    root: Path
    modules: tuple[str, ...]

    def file(self, module: str) -> Path:
        """Return the source file of a module."""
        return self.root.joinpath(*module.split(".")).with_suffix(".lean")

    def digest(self) -> str:
        """Return a hexadecimal SHA-256 over names and contents, for cache keys."""
        digest = hashlib.sha256()
        for module in self.modules:
            content = self.file(module).read_bytes()
            digest.update(f"{module}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()


def checker_sources(root: Path | None = None) -> LeanSources:
    """Find the checker's sources beside the driver (tree, editable) or in the installed package.

    Raises `LeanSetupError` if they are missing.
    """
    driver = Path(__file__).resolve().parent
    candidates = [root] if root else [driver.parent, driver / "package"]
    for folder in candidates:
        if (folder / f"{ROOT_MODULE}.lean").is_file():
            return LeanSources(folder, tuple(_in_import_order(folder)))
    places = " or ".join(str(folder) for folder in candidates)
    raise LeanSetupError(
        f"The Lean sources of the checker are missing: no {ROOT_MODULE}.lean in {places}.",
        "Install stepcheck again: pip install --force-reinstall stepcheck",
    )


def _in_import_order(root: Path) -> Iterator[str]:
    imports = _own_imports(root)
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

    yield from visit(ROOT_MODULE, ())


def _own_imports(root: Path) -> Mapping[str, list[str]]:
    """Map each module under `root` to those of its imports that lie under `root` too."""
    files = [
        *root.glob(f"{ROOT_MODULE}.lean"),
        *root.glob("LLMstep.lean"),
        *root.glob("LLMstep/**/*.lean"),
    ]
    own = {".".join(file.relative_to(root).with_suffix("").parts): file for file in sorted(files)}
    return {
        module: [
            name
            for line in _IMPORT.findall(file.read_text(encoding="utf-8"))
            for name in line.split()
            if name in own
        ]
        for module, file in own.items()
    }
