"""Compiles Lean modules with the embedded Lean, so that using them elaborates nothing.

The sources are ordinary Lean. Each is compiled with one more import and one more command, which
come from `PrecompileShim.lean` and make up for what the embedded Lean lacks of its own library.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from stepcheck.lean.compilation import compile_in_parallel
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import LeanSources, header_of

ENTRY = "Main.lean"
"""The file whose `main` is that of the last module: `lean --run Main.lean`."""

MODULE_SECONDS = 300.0
"""Far more than a module takes: only a Lean that hangs is stopped."""

_SHIM = "PrecompileShim"
_SHIM_FOLDER = "shim"
"""Named otherwise than the module: Lean would look for it inside a folder of its name."""

_SHIM_FILE = Path(__file__).with_name(f"{_SHIM}.lean")
_ERROR = re.compile(r"^[^\n]*: error[:(].*", re.MULTILINE | re.DOTALL)


@cache
def compiler_digest() -> str:
    """Return a hexadecimal SHA-256 over what a compiled module depends on beside its source."""
    digest = hashlib.sha256()
    for file in (Path(__file__), _SHIM_FILE):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def precompile(
    lean: PreparedLean,
    sources: LeanSources,
    output: Path,
    earlier: Iterable[Path] = (),
    advance: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the `.olean` of each of the modules to `output`, and the file that runs the last one.

    A module is copied from one of the folders `earlier`, which this function has filled, if it was
    compiled there from the same text and the same imports. `advance` is told the name of each
    module that is being compiled. What a run that fails leaves in `output` is not usable.

    Raises `LeanSetupError` with Lean's messages if a module does not compile.
    """
    keys = {name: f"{compiler_digest()} {digest}" for name, digest in sources.digests().items()}
    folders = tuple(earlier)
    changed = []
    for module in sources.modules:
        olean = _olean(output, module)
        olean.parent.mkdir(parents=True, exist_ok=True)
        if _copy_compiled(module, keys[module], folders, olean):
            _key_file(olean).write_text(keys[module], encoding="utf-8")
        else:
            changed.append(module)
    shim = output / _SHIM_FOLDER
    if changed:
        _provide_shim(lean, shim, [folder / _SHIM_FOLDER for folder in folders])

    def compile_module(module: str) -> None:
        source = sources.file(module).read_text(encoding="utf-8")
        _compile(lean, module, _with_shim(source), output, shim)
        _key_file(_olean(output, module)).write_text(keys[module], encoding="utf-8")

    compile_in_parallel(changed, sources.imports, compile_module, advance)
    (output / ENTRY).write_text(f"import {sources.main}\n", encoding="utf-8")


def _provide_shim(lean: PreparedLean, folder: Path, earlier: Iterable[Path]) -> None:
    """Put the compiled shim into a folder of its own, where no module of the product sees it."""
    folder.mkdir(parents=True, exist_ok=True)
    olean = _olean(folder, _SHIM)
    if not _copy_compiled(_SHIM, compiler_digest(), earlier, olean):
        _compile(lean, _SHIM, _SHIM_FILE.read_text(encoding="utf-8"), folder, folder)
    _key_file(olean).write_text(compiler_digest(), encoding="utf-8")


def _olean(folder: Path, module: str) -> Path:
    return folder.joinpath(*module.split(".")).with_suffix(".olean")


def _key_file(olean: Path) -> Path:
    return olean.with_suffix(".key")


def _copy_compiled(module: str, key: str, folders: Iterable[Path], target: Path) -> bool:
    """Copy the module from a folder where its key is the same; return whether there is one."""
    for folder in folders:
        olean = _olean(folder, module)
        key_file = _key_file(olean)
        if olean.is_file() and key_file.is_file() and key_file.read_text(encoding="utf-8") == key:
            shutil.copyfile(olean, target)
            return True
    return False


def _with_shim(source: str) -> str:
    """Import the shim on the line of the last import, so that line numbers stay what they are."""
    header = header_of(source)
    return f"{header} import {_SHIM} public meta section{source[len(header) :]}"


def _compile(lean: PreparedLean, module: str, source: str, output: Path, shim: Path) -> None:
    olean = _olean(output, module)
    file = olean.with_suffix(".lean")
    file.write_text(f'{source}\n#save_olean "{olean.as_posix()}"\n', encoding="utf-8")
    command = lean.command(
        (str(file), "-R", str(output)),
        modules=tuple(dict.fromkeys((output, shim))),
        writable=(output,),
        working_directory=output,
    )
    try:
        finished = subprocess.run(
            command.arguments,
            env=dict(command.environment),
            cwd=command.working_directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=MODULE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _failure(module, f"not done after {MODULE_SECONDS:.0f} s") from error
    finally:
        file.unlink()
    found = _ERROR.search(finished.stdout)
    if found or not olean.is_file():
        said = found.group() if found else finished.stdout + finished.stderr
        raise _failure(module, said.strip()[-2000:])


def _failure(module: str, reason: str) -> LeanSetupError:
    return LeanSetupError(
        f"The embedded Lean does not compile {module}: {reason}",
        "Install it again: stepcheck lean install --force",
    )
