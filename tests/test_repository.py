"""The rules about the tree itself: what the documents name exists, and no file grows unnoticed."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 350
MAX_MAP_LINES = 100
SOURCES = {".cpp", ".go", ".hpp", ".java", ".js", ".lean", ".md", ".py", ".sh", ".toml", ".ts"}
PATH = re.compile(
    r"(?<![\w/.-])((?:server|models|lean|lsp|stepcheck|tests|bench|docs|examples|findings)"
    r"/[\w./-]*[\w/])"
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def tracked():
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not in a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    ROOT / "findings/README.md",
    ROOT / "models/bundled/MODEL_CARD.md",
    ROOT / "server/sandbox/THREATS.md",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_links_to_is_there(document):
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_a_document_names_is_there(document):
    for name in PATH.findall(document.read_text(encoding="utf-8")):
        found = ROOT / name
        assert found.exists() or "NAME" in name or list(ROOT.glob(f"{name}.*")), name


def test_the_map_fits_on_a_page():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert text.count("\n") <= MAX_MAP_LINES


def test_a_long_file_gives_its_reason_in_its_first_line():
    for file in tracked():
        if file.suffix in SOURCES:
            lines = file.read_text(encoding="utf-8").splitlines()
            assert len(lines) <= MAX_LINES or f"{MAX_LINES} lines" in lines[0], file


def test_every_folder_of_python_is_a_package_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setuptools = project["tool"]["setuptools"]
    folders = setuptools["package-dir"]

    def folder_of(package):
        parts = package.split(".")
        for length in range(len(parts), 0, -1):
            if mapped := folders.get(".".join(parts[:length])):
                return "/".join([mapped, *parts[length:]])
        raise AssertionError(package)

    declared = {folder_of(package) for package in setuptools["packages"]}
    found = {
        file.parent.relative_to(ROOT).as_posix()
        for file in tracked()
        if file.name == "__init__.py" and "tests" not in file.parts
    }
    assert found <= declared
    assert all((ROOT / folder).is_dir() for folder in declared)
