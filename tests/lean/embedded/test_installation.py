from pathlib import Path

import pytest

from stepcheck.lean.cache import CACHE_VARIABLE
from stepcheck.lean.embedded.installation import (
    EmbeddedLean,
    find_leftovers,
    installation_folder,
    remove_leftovers,
)
from stepcheck.lean.sources import checker_sources, package_sources


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "file").write_text("content")
    return folder


def test_what_other_versions_left_is_removed_and_what_is_used_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    lean = EmbeddedLean(installation_folder())
    used = [
        make(lean.prepared.root),
        make(lean.code_folder),
        make(lean.compiled_folder(checker_sources())),
        make(lean.compiled_folder(package_sources())),
    ]
    old = {make(lean.root.with_name("0123-r1")), make(lean.root / "checker-of-yesterday")}
    assert set(find_leftovers()) == old
    remove_leftovers(find_leftovers())
    assert not any(folder.exists() for folder in old)
    assert all(folder.is_dir() for folder in used)
    assert find_leftovers() == []


def test_without_an_installation_nothing_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert find_leftovers() == []
