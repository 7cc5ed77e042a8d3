"""A Lean installed on this machine: where to look for one, and how to run it."""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.atomic_folders import make_once
from stepcheck.lean.cache import cache_directory
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.compilation import compile_in_parallel
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.sources import (
    CHECKER,
    SPOOL_OPTION,
    LeanSources,
    checker_sources,
    package_sources,
)

MINIMUM_VERSION = (4, 28)
"""The checker is written against this Lean; the interfaces it uses changed often before."""

_VERSION_SECONDS = 20
_COMPILE_SECONDS = 300
_LOCK_SECONDS = 600
_VERSION = re.compile(r"Lean \(version (\d+)\.(\d+)\.(\d+)[^,)]*")
_KEPT_VARIABLES = frozenset(
    {
        *("PATH", "HOME", "USER", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"),
        *("LANG", "LC_ALL", "ELAN_HOME", "LAKE_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    }
)
"""What Lean, Lake and elan need of the caller's environment; tokens and the like stay behind."""
_LAKE_FILES = ("lakefile.toml", "lakefile.lean")


@dataclass(frozen=True, slots=True)
class NativeCandidate:
    """A place where a Lean may be: the executable, or why there is none."""

    origin: str
    executable: Path | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NativeLean:
    """A `lean` executable that answered, and the Lake project it serves, if any."""

    executable: Path
    version: str
    project: Path | None = None

    def compiled_folder(self, sources: LeanSources) -> Path:
        """Return where the modules compiled from `sources` by this Lean are kept."""
        # Builds of one version may differ, and none reads the modules of another.
        state = self.executable.stat()
        build = f"{self.executable.resolve()}\0{state.st_size}\0{state.st_mtime_ns}"
        build_digest = hashlib.sha256(build.encode()).hexdigest()
        key = f"{self.version}-{build_digest[:8]}-{sources.digest()[:12]}"
        return cache_directory() / f"native-{sources.main.lower()}" / key

    def checker_command(self) -> LeanCommand:
        """Build the command of the resident checker; compile it on first use.

        Raises `LeanSetupError` if it does not compile.
        """
        sources = checker_sources()
        folder = self.compile(sources)
        # `lean --run` wants the source of the module with `main`; it is short.
        entry = folder / sources.file(CHECKER).name
        return self._command(("--run", str(entry)), modules=folder)

    def file_command(self) -> LeanCommand:
        """Build the command that reads a file from stdin and prints its messages as JSON lines."""
        return self._command(("--json", "--stdin"))

    def package_file_command(self, spool: Path) -> LeanCommand:
        """Build the same for a file that may `import LLMstep`; its tactics ask through `spool`."""
        arguments = ("--json", "--stdin", f"-D{SPOOL_OPTION}={spool}")
        return self._command(arguments, modules=self.compile(package_sources()))

    def compile(
        self,
        sources: LeanSources,
        *,
        force: bool = False,
        advance: Callable[[str], None] = lambda _: None,
    ) -> Path:
        """Compile the modules unless they are compiled already; return their folder.

        `advance` is told the name of each module that is being compiled.
        """
        target = self.compiled_folder(sources)

        def make(folder: Path) -> None:
            self._compile(sources, folder, advance)

        return make_once(target, target.parent, _LOCK_SECONDS, make, force=force)

    def _compile(self, sources: LeanSources, output: Path, advance: Callable[[str], None]) -> None:
        def compile_module(module: str) -> None:
            self._compile_module(sources, module, output)

        modules = [module for module in sources.modules if module != CHECKER]
        compile_in_parallel(modules, sources.imports, compile_module, advance)
        if CHECKER in sources.modules:
            # Elaborated anew at every start: `lean --run` takes a source file.
            shutil.copyfile(sources.file(CHECKER), output / sources.file(CHECKER).name)

    def _compile_module(self, sources: LeanSources, module: str, output: Path) -> None:
        olean = output.joinpath(*module.split(".")).with_suffix(".olean")
        olean.parent.mkdir(parents=True, exist_ok=True)
        arguments = ("-R", str(sources.root), "-o", str(olean), str(sources.file(module)))
        environment = {**_environment(), "LEAN_PATH": str(output)}
        try:
            finished = _run(self.executable, arguments, _COMPILE_SECONDS, environment)
            said = finished.stdout + finished.stderr
        except subprocess.TimeoutExpired:
            finished, said = None, f"not done after {_COMPILE_SECONDS} s"
        if finished is None or finished.returncode != 0:
            raise LeanSetupError(
                f"Lean {self.version} does not compile {module}:\n{said.strip()[:2000]}",
                "Use the embedded Lean: stepcheck lean install, and set lean.toolchain to "
                '"embedded".',
            )

    def _command(self, arguments: Sequence[str], modules: Path | None = None) -> LeanCommand:
        environment = _environment()
        if modules:
            environment["LEAN_PATH"] = str(modules)
        lake = self.executable.with_name("lake" + self.executable.suffix)
        in_lake = self.project and has_lake_file(self.project) and lake.exists()
        prefix = (str(lake), "env") if in_lake else ()
        return LeanCommand(
            arguments=(*prefix, str(self.executable), *arguments),
            environment=environment,
            working_directory=self.project or Path.home(),
        )


def has_lake_file(folder: Path) -> bool:
    """Say whether `folder` is the root of a Lake package."""
    return any((folder / name).is_file() for name in _LAKE_FILES)


def search_native_leans(project: Path | None) -> Iterator[NativeCandidate]:
    """Yield the places to look in, best first: the project's toolchain, then PATH."""
    toolchain_file = project / "lean-toolchain" if project else None
    if toolchain_file and toolchain_file.is_file():
        toolchain = toolchain_file.read_text(encoding="utf-8").strip()
        yield _elan_candidate(toolchain, str(toolchain_file))
    on_path = shutil.which("lean")
    if on_path is None:
        yield NativeCandidate("PATH", None, "no lean on PATH")
    elif _is_elan_proxy(Path(on_path)):
        yield _elan_candidate(_default_toolchain(), "elan's default toolchain")
    else:
        yield NativeCandidate("PATH", Path(on_path))


def probe_native_lean(executable: Path, project: Path | None) -> NativeLean:
    """Run `lean --version` and return the Lean that answers.

    Raises `LeanSetupError` if it does not run, does not answer in time, or is too old.
    """
    remedy = "Repair it, or use another: stepcheck lean install"
    try:
        finished = _run(executable, ("--version",), _VERSION_SECONDS, _environment())
    except subprocess.TimeoutExpired:
        raise LeanSetupError(f"no answer within {_VERSION_SECONDS} s", remedy) from None
    except OSError as error:
        raise LeanSetupError(f"cannot be run: {error.strerror}", remedy) from None
    match = _VERSION.search(finished.stdout)
    if match is None:
        answer = (finished.stdout + finished.stderr).strip().splitlines()
        raise LeanSetupError(f"is not Lean 4; it answers {(answer or ['nothing'])[0]!r}", remedy)
    version = match.group().removeprefix("Lean (version ")
    if (int(match[1]), int(match[2])) < MINIMUM_VERSION:
        needed = ".".join(map(str, MINIMUM_VERSION))
        raise LeanSetupError(f"is Lean {version}, older than {needed}", remedy)
    return NativeLean(executable, version, project)


def _run(
    executable: Path, arguments: Sequence[str], seconds: float, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Lean where no `lean-toolchain` can change which one it is."""
    return subprocess.run(
        (str(executable), *arguments),
        env=dict(environment),
        cwd=executable.parent,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}


def _elan_home() -> Path:
    return Path(os.environ.get("ELAN_HOME") or Path.home() / ".elan")


def _elan_candidate(toolchain: str, origin: str) -> NativeCandidate:
    """Look a toolchain up in elan's own folders: running elan could start a download."""
    if not toolchain:
        return NativeCandidate(origin, None, f"{origin} names no toolchain")
    official = toolchain if {":", "/"} & set(toolchain) else f"leanprover/lean4:{toolchain}"
    for name in (toolchain, official):
        # The file is the project's: with these replaced, its text cannot lead out of the folder.
        folder = name.replace("/", "--").replace(":", "---").replace("..", "")
        executable = _elan_home() / "toolchains" / folder / "bin" / _executable_name()
        if executable.is_file():
            return NativeCandidate(f"{toolchain} of {origin}", executable)
    return NativeCandidate(
        f"{toolchain} of {origin}",
        None,
        f"elan has not installed it; install it with: elan toolchain install {toolchain}",
    )


def _default_toolchain() -> str:
    try:
        settings = tomllib.loads((_elan_home() / "settings.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return ""
    return str(settings.get("default_toolchain", ""))


def _is_elan_proxy(executable: Path) -> bool:
    return (executable.parent / _executable_name("elan")).exists()


def _executable_name(name: str = "lean") -> str:
    return f"{name}.exe" if os.name == "nt" else name
