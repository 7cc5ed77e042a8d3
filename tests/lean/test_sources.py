from pathlib import Path

import pytest

from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import CHECKER, PACKAGE, checker_sources, header_of, package_sources


def write(root: Path, module: str, *lines: str) -> None:
    file = root.joinpath(*module.split(".")).with_suffix(".lean")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines))


def test_the_products_sources_are_found_each_after_its_imports() -> None:
    sources = checker_sources()
    assert sources.modules[-1] == CHECKER
    for place, module in enumerate(sources.modules):
        text = sources.file(module).read_text(encoding="utf-8")
        later = sources.modules[place:]
        assert not [name for name in later if f"import {name}\n" in text], module


def test_modules_come_after_their_imports_and_unneeded_ones_not_at_all(tmp_path: Path) -> None:
    write(tmp_path, "Checker", "module", "public import LLMstep.B", "import Lean")
    write(tmp_path, "LLMstep.A", "import Init")
    write(tmp_path, "LLMstep.B", "public meta import LLMstep.C LLMstep.A")
    write(tmp_path, "LLMstep.C", "import LLMstep.A")
    write(tmp_path, "LLMstep.Unused", "import LLMstep.A")
    expected = ("LLMstep.A", "LLMstep.C", "LLMstep.B", "Checker")
    assert checker_sources(tmp_path).modules == expected


def test_the_package_does_not_need_the_checkers_main_module() -> None:
    sources = package_sources()
    assert sources.main == PACKAGE
    assert CHECKER not in sources.modules


def test_the_digest_of_a_module_changes_with_its_imports_only(tmp_path: Path) -> None:
    write(tmp_path, "LLMstep", "import LLMstep.B", "import LLMstep.C")
    write(tmp_path, "LLMstep.A", "-- one")
    write(tmp_path, "LLMstep.B", "import LLMstep.A")
    write(tmp_path, "LLMstep.C", "import Lean")
    before = package_sources(tmp_path).digests()
    write(tmp_path, "LLMstep.A", "-- two")
    after = package_sources(tmp_path).digests()
    changed = {module for module in before if before[module] != after[module]}
    assert changed == {"LLMstep.A", "LLMstep.B", "LLMstep"}


def test_only_the_beginning_of_a_module_has_imports() -> None:
    header = "module\n\npublic import Lean\nmeta import LLMstep.A"
    text = '\n/-! import of goods -/\ndef script := "\nimport LLMstep.B\n"\n'
    assert header_of(header + text) == header
    assert header_of(text) == ""


def test_the_digest_changes_with_any_module(tmp_path: Path) -> None:
    write(tmp_path, "Checker", "import LLMstep.A")
    write(tmp_path, "LLMstep.A", "-- one")
    before = checker_sources(tmp_path).digest()
    assert checker_sources(tmp_path).digest() == before
    write(tmp_path, "LLMstep.A", "-- two")
    assert checker_sources(tmp_path).digest() != before


def test_a_circle_of_imports_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "Checker", "import LLMstep.A")
    write(tmp_path, "LLMstep.A", "import LLMstep.B")
    write(tmp_path, "LLMstep.B", "import LLMstep.A")
    with pytest.raises(LeanSetupError, match="circle"):
        checker_sources(tmp_path)


def test_missing_sources_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(LeanSetupError, match="pip install"):
        checker_sources(tmp_path)
