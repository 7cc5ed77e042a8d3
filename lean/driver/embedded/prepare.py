"""Makes a Lean that can be started out of the tarball."""

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from stepcheck.lean.embedded.glue import make_glue
from stepcheck.lean.embedded.glue_functions import SYMBOLS_FILE
from stepcheck.lean.embedded.glue_patches import GluePatchError
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.wasm_invoke import (
    CALLED_FUNCTIONS,
    INVOKE_FILE,
    SHELL_MAIN,
    TABLE,
    make_invoke_module,
)
from stepcheck.lean.embedded.wasm_module import WasmFormatError, WasmModule
from stepcheck.lean.embedded.wasm_symbols import move_symbols
from stepcheck.lean.errors import LeanSetupError

_GLUE = "package/lean.js"
_WASM = "package/lean.wasm"
_LIBRARY = "package/lean-lib.tar.gz"


def prepare(tarball: Path, output: Path, advance: Callable[[int], None]) -> None:
    """Write `lean.js`, `lean.wasm`, `symbols.bin` and `lib/` into the empty folder `output`.

    `advance` is told the position in the tarball, in bytes. Raises `LeanSetupError` if the tarball
    is not what it should be, and `OSError` if it cannot be read or `output` not be written.
    """
    lean = PreparedLean(output)
    large: dict[str, bytes] = {}
    try:
        with tarball.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None:
                    continue
                if member.name == _LIBRARY:
                    for _ in _extract_oleans(content, lean.library):
                        advance(file.tell())
                elif member.name in (_GLUE, _WASM):
                    large[member.name] = content.read()
                advance(file.tell())
        _write_program(large[_GLUE].decode(), large[_WASM], lean)
    except (tarfile.TarError, EOFError, KeyError, GluePatchError, WasmFormatError) as error:
        raise LeanSetupError(
            f"{tarball} cannot be prepared: {error}.",
            "This is a fault of stepcheck or of the file; report it, with this message.",
        ) from error


def _write_program(glue_text: str, wasm: bytes, lean: PreparedLean) -> None:
    glue = make_glue(glue_text)
    kept = glue.exports.union(CALLED_FUNCTIONS)
    module, symbols = move_symbols(WasmModule.parse(wasm), kept)
    place = symbols.addresses[SHELL_MAIN]
    places = f"const TABLE_SIZE = {module.table_size()}, SHELL_MAIN_PLACE = {place};\n"
    lean.glue.write_text(places + glue.text, encoding="utf-8")
    (lean.root / INVOKE_FILE).write_bytes(make_invoke_module(module))
    (lean.root / "lean.wasm").write_bytes(module.with_imported_table(*TABLE).serialize())
    (lean.root / SYMBOLS_FILE).write_bytes(symbols.serialize())


def _extract_oleans(archive_file: IO[bytes], folder: Path) -> Iterator[Path]:
    """Extract the compiled modules, and nothing that would lie outside `folder`."""
    with tarfile.open(fileobj=archive_file, mode="r|gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts:
                raise tarfile.TarError(f"the library contains the path {member.name}")
            content = archive.extractfile(member)
            if content is None or name.suffix != ".olean" or name.name.startswith("._"):
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            yield target
