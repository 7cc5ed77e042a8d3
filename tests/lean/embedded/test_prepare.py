"""What is made of a tarball: of a miniature of the published one, so that it can be damaged."""

import io
import tarfile
from pathlib import Path

import pytest

from stepcheck.lean.embedded.glue_functions import SYMBOLS_FILE
from stepcheck.lean.embedded.glue_patches import PATCHES
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.prepare import prepare
from stepcheck.lean.embedded.wasm_invoke import INVOKE_FILE
from stepcheck.lean.errors import LeanSetupError

LIBRARY = {
    "./Init.olean": b"init",
    "./Lean/Elab/Tactic.olean": b"tactic",
    "./Lean/Elab/._Tactic.olean": b"left by macOS",
    "./Lean/Elab.ilean": b"for editors",
}


def miniature_glue() -> bytes:
    anchors = "\n".join(patch.anchor for patch in PATCHES)
    head = "var Module={};var _main,_free;function assignWasmExports(wasmExports){"
    return f"{head}wasmTable=wasmExports['table']}}{anchors}".encode()


def miniature_wasm() -> bytes:
    """A module with one function, exported under two names of Lean, and empty other sections."""
    sections = (
        (1, b"\x01\x60\x00\x00"),
        (2, b"\x00"),
        (3, b"\x01\x00"),
        (4, b"\x01\x70\x00\x01"),
        (6, b"\x00"),
        (7, b"\x02\x06l_main\x00\x00\x0flean_shell_main\x00\x00"),
        (9, b"\x00"),
        (10, b"\x01\x02\x00\x0b"),
    )
    contents = (bytes((number, len(content))) + content for number, content in sections)
    return b"\0asm\x01\0\0\0" + b"".join(contents)


def pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def write_tarball(file: Path, **replaced: bytes) -> Path:
    files = {
        "package/lean-lib.tar.gz": replaced.get("library", pack(LIBRARY)),
        "package/lean.js": replaced.get("glue", miniature_glue()),
        "package/package.json": b"{}",
        "package/lean.wasm": replaced.get("wasm", miniature_wasm()),
    }
    file.write_bytes(pack({name: content for name, content in files.items() if content}))
    return file


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


def ignore(_: int) -> None:
    pass


def test_the_program_and_the_compiled_modules_are_taken_and_nothing_else(
    tmp_path: Path, output: Path
) -> None:
    tarball = write_tarball(tmp_path / "lean.tgz")
    positions: list[int] = []
    prepare(tarball, output, positions.append)
    files = {str(file.relative_to(output)) for file in output.rglob("*") if file.is_file()}
    modules = {"lib/Init.olean", "lib/Lean/Elab/Tactic.olean"}
    assert files == {"lean.js", "lean.wasm", INVOKE_FILE, SYMBOLS_FILE, *modules}
    assert PreparedLean(output).glue.read_text().count("leanSymbolAddress(symbol)") == 1
    assert (output / "lib" / "Init.olean").read_bytes() == b"init"
    assert positions == sorted(positions)
    assert positions[-1] <= tarball.stat().st_size


@pytest.mark.parametrize("name", ["../escaped.olean", "/escaped.olean", "a/../../escaped.olean"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, output: Path, name: str) -> None:
    tarball = write_tarball(tmp_path / "lean.tgz", library=pack({name: b"evil"}))
    with pytest.raises(LeanSetupError, match="escaped"):
        prepare(tarball, output, ignore)
    assert not list(tmp_path.rglob("escaped.olean"))


def test_a_link_in_the_library_is_refused(tmp_path: Path, output: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("Lean.olean")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    tarball = write_tarball(tmp_path / "lean.tgz", library=buffer.getvalue())
    with pytest.raises(LeanSetupError, match="link"):
        prepare(tarball, output, ignore)
    assert not (output / "lib").exists()


@pytest.mark.parametrize(
    ("part", "content", "problem"),
    [
        ("glue", b"something else", "the glue has no"),
        ("glue", b"", "lean.js"),
        ("wasm", b"\0asm\x01\0\0\0", "sections"),
        ("wasm", b"MZ", "no WebAssembly module"),
        ("library", b"no archive", "cannot be prepared"),
    ],
)
def test_another_content_is_an_error_that_says_what_is_wrong(
    tmp_path: Path, output: Path, part: str, content: bytes, problem: str
) -> None:
    tarball = write_tarball(tmp_path / "lean.tgz", **{part: content})
    with pytest.raises(LeanSetupError, match=problem):
        prepare(tarball, output, ignore)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.9])
def test_a_damaged_tarball_is_an_error(tmp_path: Path, output: Path, kept: float) -> None:
    tarball = write_tarball(tmp_path / "lean.tgz")
    content = tarball.read_bytes()
    tarball.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    with pytest.raises(LeanSetupError, match="cannot be prepared"):
        prepare(tarball, output, ignore)
