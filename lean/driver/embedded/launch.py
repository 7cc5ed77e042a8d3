"""Commands that start the embedded Lean."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.node import node_executable

MOUNTS_VARIABLE = "STEPCHECK_LEAN_MOUNTS"
"""Tells the glue which host folders Lean sees: JSON, `{folder: may be written}`."""

THREAD_STACK_VARIABLE = "STEPCHECK_LEAN_STACK_MB"
"""Tells the glue how large the native stack of each Lean thread is."""

CODE_VARIABLE = "STEPCHECK_LEAN_CODE"
"""Tells the glue in which file the machine code is that Node.js has made of Lean before."""

KEEP_CODE_VARIABLE = "STEPCHECK_LEAN_KEEP_CODE"
"""Tells the glue to write that file when Lean ends, instead of reading it."""

CODE_FILE = "code.bin"
"""The name of that file."""

_THREAD_STACK_MB = 512
"""Deep recursion is to end in Lean's own error, not in one of Node.js. Only touched pages count."""

_ARENA = "1GiB"
"""Lean's 64 MB thread stacks are huge blocks for mimalloc; on WebAssembly it reuses these only if
they come from an arena. Without one each short-lived thread costs 66 MB of the 2 GB heap."""

_LAZY_VALIDATION = "--wasm-lazy-validation"
"""Functions are validated when they are first compiled. Most never are, and all were hashed."""

_NODE_VARIABLES = ("SYSTEMROOT",)
"""What Node.js itself needs on Windows; Lean does not see it."""


@dataclass(frozen=True, slots=True)
class PreparedLean:
    """A folder that `prepare` made: `lean.js`, `lean.wasm` and `lib/` with Lean's own oleans.

    In the folder `code` machine code may be found (see `practice.py`); nothing is missed without.
    A Lean that `keeps_code` does not read it, but writes it there when it ends.
    """

    root: Path
    code: Path | None = None
    keeps_code: bool = False

    @property
    def glue(self) -> Path:
        """The patched JavaScript that Node.js runs."""
        return self.root / "lean.js"

    @property
    def library(self) -> Path:
        """The oleans of Init, Std, Lean and Lake."""
        return self.root / "lib"

    def command(
        self,
        arguments: Sequence[str],
        *,
        modules: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        working_directory: Path | None = None,
    ) -> LeanCommand:
        """Build the command that runs `lean ARGUMENTS`.

        `modules` are further folders of oleans. Lean sees the library, `modules`, `readable` and
        `writable`, and can change `writable` only; no other file of the host exists for it, it
        cannot start processes, and it gets none of the caller's environment. The working directory
        must be one of these folders or lie in one; it is the library by default.
        """
        search_path = [self.library, *modules]
        mounts = {str(folder.resolve()): False for folder in (*search_path, *readable)}
        mounts |= {str(folder.resolve()): True for folder in writable}
        # A folder is mounted before those in it: it would hide them.
        mounts = dict(sorted(mounts.items()))
        return LeanCommand(
            arguments=(
                str(node_executable()),
                _LAZY_VALIDATION,
                *_permissions(self.root.resolve(), mounts),
                *self._code_permissions(),
                str(self.glue),
                *arguments,
            ),
            environment={
                **{name: os.environ[name] for name in _NODE_VARIABLES if name in os.environ},
                "LEAN_PATH": ":".join(str(folder.resolve()) for folder in search_path),
                "MIMALLOC_ARENA_RESERVE": _ARENA,
                MOUNTS_VARIABLE: json.dumps(mounts),
                THREAD_STACK_VARIABLE: str(_THREAD_STACK_MB),
                **self._code_variables(),
            },
            working_directory=(working_directory or self.library).resolve(),
        )

    def _code_permissions(self) -> list[str]:
        permission = "write" if self.keeps_code else "read"
        return [f"--allow-fs-{permission}={self.code.resolve()}"] if self.code else []

    def _code_variables(self) -> dict[str, str]:
        if self.code is None:
            return {}
        variable = KEEP_CODE_VARIABLE if self.keeps_code else CODE_VARIABLE
        return {variable: str(self.code.resolve() / CODE_FILE)}


def _permissions(root: Path, mounts: Mapping[str, bool]) -> list[str]:
    """Keep Node.js itself from everything that the glue's own mounts should already refuse."""
    return [
        "--disable-warning=SecurityWarning",
        "--permission",
        "--allow-worker",
        *(f"--allow-fs-read={folder}" for folder in (root, *mounts)),
        *(f"--allow-fs-write={folder}" for folder, is_writable in mounts.items() if is_writable),
    ]
