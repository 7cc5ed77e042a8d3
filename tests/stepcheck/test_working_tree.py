"""Real repositories, made by the real git."""

import os
import subprocess

import pytest

from stepcheck.working_tree import EditedFile, GitError, SkippedFile, WorkingTree

IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "A"), ("EMAIL", "a@example.org"))
}


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


@pytest.fixture
def committed(repository):
    (repository / "a.py").write_text("a = 1\n")
    (repository / "b.py").write_text("b = 1\n")
    (repository / "note.txt").write_text("note\n")
    commit(repository)
    return repository


def git(folder, *arguments):
    environment = os.environ | IDENTITY | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "more")


def found(folder, *paths, **options):
    edits = WorkingTree.at(folder).find_edits(paths, {".py"}, **options)
    return {edit.path.relative_to(folder).as_posix(): edit for edit in edits}


def test_an_edit_is_what_the_commit_had_and_what_the_file_has(committed):
    (committed / "a.py").write_text("a = 2\n")
    (committed / "note.txt").write_text("other\n")

    assert found(committed) == {"a.py": EditedFile(committed / "a.py", "a = 1\n", "a = 2\n")}


def test_a_new_file_has_no_before_and_an_ignored_one_must_be_named(committed):
    (committed / ".gitignore").write_text("build\n")
    (committed / "build").mkdir()
    (committed / "build" / "made.py").write_text("")
    (committed / "new.py").write_text("n = 1\n")

    assert found(committed) == {"new.py": EditedFile(committed / "new.py", None, "n = 1\n")}
    assert found(committed, committed / "build" / "made.py").keys() == {"build/made.py"}


def test_before_the_first_commit_everything_is_new(repository):
    (repository / "a.py").write_text("a = 1\n")
    git(repository, "add", "a.py")

    assert found(repository)["a.py"].before is None


def test_only_what_is_named_counts(committed):
    (committed / "a.py").write_text("a = 2\n")
    (committed / "b.py").write_text("b = 2\n")
    (committed / "note.txt").write_text("other\n")

    assert found(committed, committed / "b.py").keys() == {"b.py"}
    assert found(committed, committed / "note.txt").keys() == {"note.txt"}
    assert found(committed, committed).keys() == {"a.py", "b.py"}


def test_what_is_staged_is_apart_from_the_working_tree(committed):
    (committed / "a.py").write_text("a = 2\n")
    git(committed, "add", "a.py")
    (committed / "a.py").write_text("a = 3\n")

    assert found(committed, staged=True)["a.py"].after == "a = 2\n"
    assert found(committed)["a.py"].after == "a = 3\n"


def test_a_renamed_file_keeps_its_before(committed):
    text = "".join(f"line_{number} = {number}\n" for number in range(20))
    (committed / "a.py").write_text(text)
    commit(committed)
    git(committed, "mv", "a.py", "c.py")
    (committed / "c.py").write_text(text + "more = 1\n")

    assert found(committed) == {
        "c.py": EditedFile(committed / "c.py", text, text + "more = 1\n"),
    }


def test_a_branch_is_compared_where_this_one_left_it(committed):
    git(committed, "checkout", "--quiet", "-b", "topic")
    (committed / "a.py").write_text("a = 2\n")
    commit(committed)
    git(committed, "checkout", "--quiet", "main")
    (committed / "b.py").write_text("b = 2\n")
    commit(committed)
    git(committed, "checkout", "--quiet", "topic")

    assert found(committed, against="main").keys() == {"a.py"}
    assert found(committed) == {}


def test_names_may_hold_anything(committed):
    names = ["with space.py", "-dash.py", "ünï.py", "new\nline.py", "[a].py", "tab\t.py"]
    for name in names:
        (committed / name).write_text("x = 1\n")
    assert found(committed).keys() == set(names)
    assert found(committed, committed / "[a].py").keys() == {"[a].py"}

    commit(committed)
    for name in names:
        (committed / name).write_text("x = 2\n")
    assert {each.before for each in found(committed).values()} == {"x = 1\n"}
    assert found(committed).keys() == set(names)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "UTF-8"),
        (b"a\0b", "binary"),
        (b"#" * 10_000_001, "larger"),
    ],
)
def test_what_cannot_be_read_is_skipped_and_says_why(committed, content, reason):
    (committed / "a.py").write_bytes(content)
    (committed / "b.py").write_text("b = 2\n")

    edits = found(committed)

    assert isinstance(edits["a.py"], SkippedFile)
    assert reason in edits["a.py"].reason
    assert edits["b.py"].after == "b = 2\n"


def test_a_byte_order_mark_is_no_code(committed):
    (committed / "a.py").write_bytes(b"\xef\xbb\xbfa = 2\n")

    assert found(committed)["a.py"].after == "a = 2\n"


def test_deleted_files_links_and_submodules_are_skipped(committed):
    (committed / "a.py").unlink()
    (committed / "b.py").unlink()
    (committed / "b.py").symlink_to("note.txt")
    inner = committed / "inner.py"
    inner.mkdir()
    git(inner, "init", "--quiet")
    (inner / "x.py").write_text("")
    commit(inner)

    edits = found(committed)

    assert edits["a.py"].reason == "was deleted"
    assert edits["inner.py"].reason == "is no regular file"
    assert "link" in edits["b.py"].reason
    git(committed, "add", "inner.py")
    assert "inner.py" not in found(committed, staged=True)


def test_conflicts_are_skipped(committed):
    git(committed, "checkout", "--quiet", "-b", "topic")
    (committed / "a.py").write_text("a = 2\n")
    commit(committed)
    git(committed, "checkout", "--quiet", "main")
    (committed / "a.py").write_text("a = 3\n")
    commit(committed)
    with pytest.raises(subprocess.CalledProcessError):
        git(committed, "merge", "topic")

    assert "conflict" in found(committed)["a.py"].reason


@pytest.mark.parametrize("against", ["nowhere", "--output=x", "", "HEAD~9", "a.py"])
def test_an_unknown_revision_is_an_error_that_says_what_to_do(committed, against):
    with pytest.raises(GitError, match="revision"):
        found(committed, against=against)
    assert not (committed / "x").exists()


def test_no_repository_is_an_error(tmp_path):
    with pytest.raises(GitError, match="not a git repository"):
        WorkingTree.at(tmp_path)


def test_no_git_is_an_error(committed, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(GitError, match="install it"):
        WorkingTree.at(committed)


def test_a_path_of_another_repository_is_an_error(committed, tmp_path):
    with pytest.raises(GitError, match="outside repository"):
        found(committed, tmp_path / "elsewhere.py")


def test_a_repositorys_own_settings_run_nothing(committed):
    mark = committed / "ran"
    script = committed / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    git(committed, "config", "core.fsmonitor", str(script))
    git(committed, "config", "diff.external", str(script))
    (committed / "a.py").write_text("a = 2\n")

    assert "a.py" in found(committed)
    assert not mark.exists()
