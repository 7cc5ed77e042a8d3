"""Which Lean is chosen, and why.

No native Lean is needed: where one is looked for, the tests put a script named `lean`. Those that
run it pass its arguments on to the embedded Lean, so that what answers is a real one. What no test
here can show is that a native Lean compiles the checker.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stepcheck.lean import native
from stepcheck.lean.embedded.installation import installation_folder, installed_lean
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.toolchain import Toolchain, ToolchainKind, find_lean, find_project

VERSION_LINE = "Lean (version {}, x86_64-unknown-linux-gnu, commit 0000000, Release)"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH but for the system's own, and an empty elan home."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "elan"))
    return folder


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPCHECK_CACHE", str(tmp_path / "empty-cache"))


@pytest.fixture
def embedded_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where finding is tested and not running, an installation is its folder."""
    monkeypatch.setenv("STEPCHECK_CACHE", str(tmp_path / "cache"))
    (installation_folder() / "lean").mkdir(parents=True)


def write_script(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def write_lean(folder: Path, version: str = "4.99.0") -> Path:
    """A `lean` that knows its version and nothing else."""
    return write_script(folder / "lean", f"echo '{VERSION_LINE.format(version)}'")


def make_project(tmp_path: Path, toolchain: str, *, lake: bool = False) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "lean-toolchain").write_text(toolchain + "\n")
    if lake:
        (project / "lakefile.toml").write_text('name = "project"\n')
    return project


def elan_bin(tmp_path: Path, folder: str) -> Path:
    return tmp_path / "elan" / "toolchains" / folder / "bin"


def test_the_lean_on_path_is_preferred_to_the_embedded_one(
    bin_folder: Path, embedded_installed: None
) -> None:
    lean = write_lean(bin_folder)
    found = find_lean()
    assert (found.kind, found.version, found.location) == (ToolchainKind.NATIVE, "4.99.0", lean)
    assert "PATH" in found.reason


def test_the_toolchain_of_the_project_is_preferred_to_path(
    bin_folder: Path, tmp_path: Path, embedded_installed: None
) -> None:
    write_lean(bin_folder)
    lean = write_lean(elan_bin(tmp_path, "leanprover--lean4---v4.30.0"), "4.30.0")
    found = find_lean(make_project(tmp_path, "leanprover/lean4:v4.30.0"))
    assert (found.version, found.location) == ("4.30.0", lean)
    assert "leanprover/lean4:v4.30.0" in found.reason
    assert "lean-toolchain" in found.reason


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("v4.30.0", "leanprover--lean4---v4.30.0"),
        ("my-own-build", "my-own-build"),
        ("leanprover/lean4:nightly-2026-01-01", "leanprover--lean4---nightly-2026-01-01"),
    ],
)
def test_toolchains_are_found_by_elans_names(
    bin_folder: Path, tmp_path: Path, name: str, folder: str, embedded_installed: None
) -> None:
    lean = write_lean(elan_bin(tmp_path, folder))
    assert find_lean(make_project(tmp_path, name)).location == lean


def test_a_toolchain_file_cannot_point_out_of_elans_folder(
    bin_folder: Path, tmp_path: Path, embedded_installed: None
) -> None:
    write_script(tmp_path / "evil" / "bin" / "lean", f"touch {tmp_path}/ran")
    find_lean(make_project(tmp_path, "../../evil"))
    assert not (tmp_path / "ran").exists()


def test_a_toolchain_that_is_not_installed_is_passed_over_without_running_elan(
    bin_folder: Path, tmp_path: Path, embedded_installed: None
) -> None:
    write_script(bin_folder / "elan", f"touch {tmp_path}/ran")
    write_script(bin_folder / "lean", f"touch {tmp_path}/ran")
    found = find_lean(make_project(tmp_path, "leanprover/lean4:v4.30.0"))
    assert found.kind is ToolchainKind.EMBEDDED
    assert [rejection.candidate for rejection in found.rejected] == [
        f"leanprover/lean4:v4.30.0 of {tmp_path}/project/lean-toolchain",
        "elan's default toolchain",
    ]
    assert "elan toolchain install leanprover/lean4:v4.30.0" in found.rejected[0].reason
    assert not (tmp_path / "ran").exists()


def test_elans_default_toolchain_stands_for_its_lean_on_path(
    bin_folder: Path, tmp_path: Path, embedded_installed: None
) -> None:
    write_script(bin_folder / "elan", "exit 1")
    write_script(bin_folder / "lean", "exit 1")
    lean = write_lean(elan_bin(tmp_path, "leanprover--lean4---v4.31.0"), "4.31.0")
    (tmp_path / "elan" / "settings.toml").write_text(
        'default_toolchain = "leanprover/lean4:v4.31.0"\n'
    )
    assert find_lean().location == lean


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (f"echo '{VERSION_LINE.format('4.9.0')}'", "is Lean 4.9.0, older than 4.28"),
        ("echo 'Lean (version 3.51.1, Release)'", "is Lean 3.51.1, older than 4.28"),
        ("echo hello", "is not Lean 4; it answers 'hello'"),
        ("exit 3", "is not Lean 4; it answers 'nothing'"),
        ("echo broken >&2; exit 1", "is not Lean 4; it answers 'broken'"),
        ("sleep 30", "no answer within 1 s"),
    ],
)
def test_a_lean_that_cannot_be_used_is_passed_over_with_the_reason(
    bin_folder: Path,
    embedded_installed: None,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    reason: str,
) -> None:
    monkeypatch.setattr(native, "_VERSION_SECONDS", 1)
    write_script(bin_folder / "lean", script)
    found = find_lean()
    assert found.kind is ToolchainKind.EMBEDDED
    assert [(rejection.candidate, rejection.reason) for rejection in found.rejected] == [
        ("PATH", reason)
    ]


def test_a_file_that_is_no_program_is_passed_over(
    bin_folder: Path, embedded_installed: None
) -> None:
    (bin_folder / "lean").write_bytes(b"\x7fELF nonsense")
    (bin_folder / "lean").chmod(0o755)
    assert "cannot be run" in find_lean().rejected[0].reason


def test_without_any_lean_the_error_lists_what_was_tried_and_the_remedy(
    bin_folder: Path, tmp_path: Path, nothing_installed: None
) -> None:
    write_lean(bin_folder, "4.9.0")
    with pytest.raises(LeanSetupError) as raised:
        find_lean(make_project(tmp_path, "leanprover/lean4:v4.30.0"))
    assert "v4.30.0" in raised.value.problem
    assert "older than 4.28" in raised.value.problem
    assert "stepcheck lean install" in raised.value.remedy


def test_the_setting_embedded_passes_a_native_lean_over(
    bin_folder: Path, embedded_installed: None
) -> None:
    write_lean(bin_folder)
    found = find_lean(setting="embedded")
    assert found.kind is ToolchainKind.EMBEDDED
    assert "setting" in found.reason


def test_the_setting_of_a_path_is_preferred_to_all(
    bin_folder: Path, tmp_path: Path, embedded_installed: None
) -> None:
    write_lean(bin_folder)
    own = write_lean(tmp_path / "own", "4.50.0")
    assert find_lean(setting=str(own)).location == own


@pytest.mark.parametrize("setting", ["/nowhere/lean", "no-such-lean"])
def test_a_setting_that_names_nothing_is_an_error_not_a_fallback(
    bin_folder: Path, embedded_installed: None, setting: str
) -> None:
    write_lean(bin_folder)
    with pytest.raises(LeanSetupError, match="no such executable") as raised:
        find_lean(setting=setting)
    assert "embedded" in raised.value.remedy


def test_the_project_of_a_file_is_the_nearest_above_it(tmp_path: Path) -> None:
    project = make_project(tmp_path, "v4.30.0")
    assert find_project(project / "src" / "deep" / "File.lean") == project
    (project / "src").mkdir()
    (project / "src" / "lakefile.lean").touch()
    assert find_project(project / "src" / "deep" / "File.lean") == project / "src"
    assert find_project(tmp_path / "File.lean") is None


def test_a_native_command_keeps_the_callers_secrets_out(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    lean = write_lean(bin_folder)
    command = find_lean().file_command()
    assert command.arguments == (str(lean), "--json", "--stdin")
    assert "SECRET_TOKEN" not in command.environment
    assert "PATH" in command.environment


def test_a_lake_project_is_served_through_lake(bin_folder: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path, "v4.30.0", lake=True)
    folder = elan_bin(tmp_path, "leanprover--lean4---v4.30.0")
    lean = write_lean(folder)
    lake = write_script(folder / "lake", "exit 1")
    command = find_lean(project).file_command()
    assert command.arguments == (str(lake), "env", str(lean), "--json", "--stdin")
    assert command.working_directory == project


@pytest.fixture
def disguised_lean(bin_folder: Path) -> Path:
    """A script on PATH that hands everything on to the embedded Lean: a real Lean answers."""
    embedded = installed_lean()
    assert embedded is not None, "this test needs the embedded Lean: stepcheck lean install"
    command = embedded.prepared.command(())
    variables = [f"{name}={value}" for name, value in command.environment.items()]
    words = ["env", "-i", *variables, *command.arguments]
    return write_script(
        bin_folder / "lean",
        f'cd {shlex.quote(str(command.working_directory))}\nexec {shlex.join(words)} "$@"',
    )


def messages_of(toolchain: Toolchain, text: str) -> list[str]:
    command = toolchain.file_command()
    finished = subprocess.run(
        command.arguments,
        env=dict(command.environment),
        cwd=command.working_directory,
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return [json.loads(line)["severity"] for line in finished.stdout.splitlines()]


def test_a_lean_found_on_path_says_its_version_and_checks_a_file(disguised_lean: Path) -> None:
    found = find_lean()
    assert found.kind is ToolchainKind.NATIVE
    assert found.version.startswith("4.28.0")
    assert messages_of(found, "example : 1 + 1 = 2 := rfl\n") == []
    assert messages_of(found, "example : 1 + 1 = 3 := rfl\n") == ["error"]


RECORDING_LEAN = """
if [ "$1" = --version ]; then echo '{version}'; exit 0; fi
echo "$LEAN_PATH|$@" >> {log}
[ -n "$FAIL" ] && exit 1
echo compiled > "$4"
"""


def test_the_checker_is_compiled_once_each_module_after_its_imports(
    bin_folder: Path, tmp_path: Path, nothing_installed: None
) -> None:
    """What a native Lean is asked; a script that notes it stands in for one."""
    log = tmp_path / "log"
    version = VERSION_LINE.format("4.28.0")
    write_script(bin_folder / "lean", RECORDING_LEAN.format(version=version, log=log))
    toolchain = find_lean()
    assert not toolchain.checker_folder.exists()
    command = toolchain.checker_command()
    folder = toolchain.checker_folder
    assert command.arguments[1:] == ("--run", str(folder / "Checker.lean"))
    assert command.environment["LEAN_PATH"] == str(folder)
    assert (folder / "LLMstep" / "Check.olean").read_text() == "compiled\n"
    asked = log.read_text().splitlines()
    assert len(asked) == len(list(folder.rglob("*.olean")))
    toolchain.checker_command()
    assert log.read_text().splitlines() == asked


def test_a_lean_that_does_not_compile_the_checker_is_an_error_and_leaves_nothing(
    bin_folder: Path, nothing_installed: None
) -> None:
    script = RECORDING_LEAN.format(version=VERSION_LINE.format("4.28.0"), log="/dev/null")
    write_script(bin_folder / "lean", script.replace('"$FAIL"', '"yes"'))
    toolchain: Callable[[], object] = find_lean().checker_command
    with pytest.raises(LeanSetupError, match="does not compile LLMstep") as raised:
        toolchain()
    assert "embedded" in raised.value.remedy
    assert not find_lean().checker_folder.exists()
