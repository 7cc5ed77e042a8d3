"""Compiles the checker with the embedded Lean, so that starting it elaborates nothing.

The sources are ordinary Lean. Each is compiled with one more import and one more command, which
come from `PrecompileShim.lean` and make up for what the embedded Lean lacks of its own library.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import ENTRY, ROOT_MODULE, LeanSources

MODULE_SECONDS = 300.0
"""Far more than a module takes: only a Lean that hangs is stopped."""

_SHIM = "PrecompileShim"
_SHIM_FILE = Path(__file__).with_name(f"{_SHIM}.lean")
_IMPORT = re.compile(r"^(?:public\s+|meta\s+)*import\s.*$", re.MULTILINE)
_ERROR = re.compile(r"^[^\n]*: error[:(].*", re.MULTILINE | re.DOTALL)


def precompile(lean: PreparedLean, sources: LeanSources, output: Path) -> None:
    """Write the `.olean` of each of the modules to `output`, and the file that starts the checker.

    What a run that fails leaves in `output` is not usable.

    Raises `LeanSetupError` with Lean's messages if a module does not compile.
    """
    with tempfile.TemporaryDirectory(prefix="stepcheck-precompile-") as scratch:
        shim = Path(scratch)
        _compile(lean, _SHIM, _SHIM_FILE.read_text(encoding="utf-8"), shim, shim)
        for module in sources.modules:
            source = sources.file(module).read_text(encoding="utf-8")
            _compile(lean, module, _with_shim(source), output, shim)
    (output / ENTRY).write_text(f"import {ROOT_MODULE}\n", encoding="utf-8")


def _with_shim(source: str) -> str:
    """Import the shim on the line of the last import, so that line numbers stay what they are."""
    imports = list(_IMPORT.finditer(source))
    addition = f"import {_SHIM} public meta section"
    if not imports:
        return f"{addition} {source}"
    end = imports[-1].end()
    return f"{source[:end]} {addition}{source[end:]}"


def _compile(lean: PreparedLean, module: str, source: str, output: Path, shim: Path) -> None:
    olean = output.joinpath(*module.split(".")).with_suffix(".olean")
    olean.parent.mkdir(parents=True, exist_ok=True)
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
