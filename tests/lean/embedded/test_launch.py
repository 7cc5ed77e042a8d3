"""What a document can do to the machine it is checked on: the real embedded Lean is asked."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.embedded.launch import PreparedLean

SECONDS = 120

ATTEMPTS = {
    "write": 'IO.FS.writeFile (folder / "new.txt") "x"',
    "overwrite": 'IO.FS.writeFile (folder / "old.txt") "x"',
    "append": 'IO.FS.Handle.mk (folder / "old.txt") .append >>= fun h => h.putStr "x"',
    "open_to_write": 'IO.FS.Handle.mk (folder / "old.txt") .readWrite >>= fun h => h.putStr "x"',
    "create_folders": 'IO.FS.createDirAll (folder / "a" / "b")',
    "remove_file": 'IO.FS.removeFile (folder / "old.txt")',
    "remove_folder": 'IO.FS.removeDirAll (folder / "inner")',
    "rename": 'IO.FS.rename (folder / "old.txt") (folder / "new.txt")',
    "set_mode": 'IO.Prim.setAccessRights (folder / "old.txt") 0o777',
    "write_library": 'IO.FS.writeFile (library / "Init.olean") "x"',
    "write_tmp": 'IO.FS.writeFile "/tmp/stepcheck-escaped.txt" "x"',
    "write_root": 'IO.FS.writeFile "/stepcheck-escaped.txt" "x"',
    "temporary_file": "IO.FS.createTempFile >>= fun _ => pure ()",
    "spawn": 'IO.Process.output { cmd := "touch", args := #["/tmp/stepcheck-escaped.txt"] } >>='
    " fun out => if out.exitCode == 0 then pure () else throw (IO.userError out.stderr)",
    "read_host": 'IO.FS.readFile "/etc/passwd" >>= IO.println',
    "read_home": 'IO.FS.readFile (home / "file") >>= IO.println',
    "read_parent": 'IO.FS.readFile (folder / ".." / "beside.txt") >>= IO.println',
    "follow_link": 'IO.FS.readFile (folder / "link.txt") >>= IO.println',
}
"""Each must be refused, and say so."""


def document(folder: Path, library: Path) -> str:
    """A file that tries everything; the `#eval`s are as this Lean can compile them."""
    lines = [
        f'def folder : System.FilePath := "{folder}"',
        f'def library : System.FilePath := "{library}"',
        f'def home : System.FilePath := "{Path.home()}"',
    ]
    for name, action in ATTEMPTS.items():
        lines.append(
            f'#eval show IO Unit from do\n  try\n    {action}\n    IO.println "{name}: done"\n'
            f'  catch error =>\n    IO.println s!"{name}: refused: {{error}}"'
        )
    lines.append('#eval show IO Unit from do\n  IO.println s!"HOME={(← IO.getEnv "HOME")}"')
    lines.append('#eval show IO Unit from do\n  IO.println s!"SECRET={(← IO.getEnv "SECRET")}"')
    lines.append('#eval show IO Unit from do\n  IO.println (← IO.FS.readFile (folder / "old.txt"))')
    return "\n".join(lines) + "\n"


def run(command: LeanCommand, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.arguments,
        env=dict(command.environment),
        cwd=command.working_directory,
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def visible(tmp_path: Path) -> Path:
    """A folder that Lean sees, with a file, a folder, and a link that leads out of it."""
    folder = tmp_path.resolve() / "visible"
    (folder / "inner").mkdir(parents=True)
    (folder / "old.txt").write_text("old")
    (folder / "inner" / "file.txt").write_text("inner")
    (tmp_path / "beside.txt").write_text("beside")
    (folder / "link.txt").symlink_to(tmp_path / "beside.txt")
    return folder


def test_a_document_changes_and_learns_nothing_of_the_host(
    prepared_lean: PreparedLean, visible: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "token")
    before = snapshot(visible)
    library = prepared_lean.library
    olean = (library / "Init.olean").read_bytes()
    command = prepared_lean.command(("--json", "--stdin"), readable=(visible,))
    finished = run(command, document(visible, library.resolve()))
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    said = "\n".join(message["data"] for message in messages)
    errors = [message["data"] for message in messages if message["severity"] == "error"]
    assert not errors, errors
    for name in ATTEMPTS:
        assert f"{name}: refused: " in said, said
    assert "done" not in said
    assert "HOME=none" in said
    assert "SECRET=none" in said
    assert messages[-1]["data"].strip() == "old"
    assert snapshot(visible) == before
    assert (library / "Init.olean").read_bytes() == olean
    assert not Path("/tmp/stepcheck-escaped.txt").exists()
    assert not Path("/stepcheck-escaped.txt").exists()


def test_only_a_folder_named_writable_is_written(
    prepared_lean: PreparedLean, visible: Path, tmp_path: Path
) -> None:
    writable = tmp_path.resolve() / "writable"
    writable.mkdir()
    command = prepared_lean.command(("--stdin",), readable=(visible,), writable=(writable,))
    finished = run(
        command,
        f'#eval show IO Unit from do\n  IO.FS.writeFile "{writable}/new.txt" "x"\n'
        f'#eval show IO Unit from do\n  IO.FS.writeFile "{visible}/new.txt" "x"\n',
    )
    assert (writable / "new.txt").read_text() == "x"
    assert not (visible / "new.txt").exists()
    assert "read-only file system" in finished.stdout


def test_a_writable_folder_may_lie_in_a_readable_one(
    prepared_lean: PreparedLean, visible: Path
) -> None:
    inner = visible / "inner"
    command = prepared_lean.command(("--stdin",), readable=(visible,), writable=(inner,))
    finished = run(
        command,
        f'#eval show IO Unit from do\n  IO.FS.writeFile "{inner}/new.txt" "x"\n'
        f'#eval show IO Unit from do\n  IO.FS.writeFile "{visible}/new.txt" "x"\n',
    )
    assert (inner / "new.txt").exists()
    assert not (visible / "new.txt").exists()
    assert "read-only file system" in finished.stdout


def test_the_permissions_of_node_hold_where_the_glue_would_not(
    prepared_lean: PreparedLean, visible: Path, tmp_path: Path
) -> None:
    """The second lock: JavaScript that runs under the same flags cannot write or start anything."""
    command = prepared_lean.command((), readable=(visible,))
    script = tmp_path / "attack.js"
    script.write_text(
        'const attempt = (action) => { try { action(); return "done" } catch (e) '
        "{ return e.code } };\n"
        'const fs = require("node:fs");\n'
        f"console.log(JSON.stringify([\n"
        f'  attempt(() => fs.writeFileSync("{visible}/new.txt", "x")),\n'
        '  attempt(() => fs.readFileSync("/etc/passwd")),\n'
        '  attempt(() => require("node:child_process").spawnSync("true")),\n'
        f'  attempt(() => fs.readFileSync("{visible}/old.txt")),\n'
        "]));\n"
    )
    flags = command.arguments[: command.arguments.index(str(prepared_lean.glue))]
    finished = subprocess.run(
        (*flags, f"--allow-fs-read={script}", str(script)),
        env=dict(command.environment),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert json.loads(finished.stdout) == [*["ERR_ACCESS_DENIED"] * 3, "done"]


def test_the_command_inherits_nothing(
    prepared_lean: PreparedLean, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--inspect")
    environment = prepared_lean.command(("--version",)).environment
    assert not {"NODE_OPTIONS", "PATH", "HOME", *os.environ} & environment.keys() - {"SYSTEMROOT"}


def test_errors_come_with_their_place_and_without_the_builds_debugging(
    prepared_lean: PreparedLean,
) -> None:
    command = prepared_lean.command(("--json", "--stdin"))
    finished = run(command, "example : 1 = 2 := by\n  decide\n")
    message = json.loads(finished.stdout)
    assert message["severity"] == "error"
    assert message["pos"] == {"line": 2, "column": 2}
    assert finished.returncode == 1
    assert finished.stderr == ""


def test_deep_recursion_ends_in_an_error_of_lean(prepared_lean: PreparedLean) -> None:
    command = prepared_lean.command(("--json", "--stdin"))
    text = "set_option maxRecDepth 100000\nexample : " + "(" * 3000 + "True" + ")" * 3000
    finished = run(command, text + " := trivial\nexample : 1 = 1 := rfl\n")
    assert finished.returncode in (0, 1), finished.stderr[-500:]
