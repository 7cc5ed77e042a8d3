"""The folder itself: who may leave what there, and what becomes of it."""

import os
import stat
import time
from pathlib import Path

import pytest

from stepcheck.bridge.spool import (
    MAX_REQUEST_BYTES,
    STALE_SECONDS,
    Spool,
    SpoolError,
    UnreadableRequestError,
)

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes are of POSIX")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spool(folder):
    return Spool.open(folder)


def age(path, seconds):
    long_ago = time.time() - seconds
    os.utime(path, (long_ago, long_ago), follow_symlinks=False)


@posix
def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path):
    Spool.open(tmp_path / "a" / "b")

    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


@posix
def test_a_folder_that_others_can_write_in_is_noticed(folder, spool):
    assert not spool.is_open_to_others()

    folder.chmod(0o770)

    assert spool.is_open_to_others()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SpoolError, match="not a folder"):
        Spool.open(tmp_path / "file")


def test_only_whole_requests_of_acceptable_names_are_listed_oldest_first(folder, spool):
    for name in (
        "request-second.json",
        "request-first.json",
        "request-half.tmp",
        "request-.json",
        "request-a b.json",
        "request-..json",
        f"request-{'x' * 65}.json",
        "request-x.json.json",
        "cancel-gone",
        "cancel-gone.json",
        "notes.txt",
    ):
        (folder / name).touch()
    age(folder / "request-first.json", 5)
    (folder / "request-folder.json").mkdir()

    waiting = spool.list_waiting()

    assert waiting.requests == ("first", "second")
    assert waiting.cancels == ("gone",)


def test_a_request_is_taken_once(folder, spool):
    (folder / "request-a.json").write_bytes(b"{}")

    assert spool.take("a") == b"{}"
    assert spool.take("a") is None
    assert not list(folder.iterdir())


@posix
def test_a_link_is_removed_and_never_followed(folder, spool, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text("secret")
    (folder / "request-a.json").symlink_to(secret)

    with pytest.raises(UnreadableRequestError, match="link"):
        spool.take("a")

    assert secret.read_text() == "secret"
    assert not list(folder.iterdir())


@posix
def test_a_response_does_not_go_through_a_link(folder, spool, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (folder / "response-a.tmp").symlink_to(victim)
    (folder / "response-a.json").symlink_to(victim)

    spool.respond("a", b"answer")

    assert victim.read_text() == "untouched"
    assert (folder / "response-a.json").read_bytes() == b"answer"
    assert not (folder / "response-a.json").is_symlink()
    assert stat.S_IMODE((folder / "response-a.json").stat().st_mode) == 0o600


@posix
def test_a_pipe_without_writer_does_not_block(folder, spool):
    os.mkfifo(folder / "request-a.json")

    with pytest.raises(UnreadableRequestError, match="regular"):
        spool.take("a")


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root reads everything")
def test_a_request_that_may_not_be_read_is_refused(folder, spool):
    (folder / "request-a.json").touch(mode=0o000)

    with pytest.raises(UnreadableRequestError, match="cannot be read"):
        spool.take("a")


def test_a_huge_request_is_refused_and_removed(folder, spool):
    (folder / "request-a.json").write_bytes(b" " * (MAX_REQUEST_BYTES + 1))

    with pytest.raises(UnreadableRequestError, match=str(MAX_REQUEST_BYTES)):
        spool.take("a")

    assert not list(folder.iterdir())


def test_what_is_stale_is_neither_answered_nor_kept(folder, spool):
    stale = ["request-a.json", "request-b.tmp", "response-c.json", "response-d.tmp", "cancel-e"]
    for name in [*stale, "notes.txt"]:
        (folder / name).touch()
        age(folder / name, STALE_SECONDS + 60)
    (folder / "response-fresh.json").touch()

    assert spool.take("a") is None
    assert spool.sweep() == 4

    assert {path.name for path in folder.iterdir()} == {"notes.txt", "response-fresh.json"}


def test_a_folder_that_is_gone_is_named(folder, spool):
    folder.rmdir()

    for use in (spool.list_waiting, spool.sweep, lambda: spool.respond("a", b"{}")):
        with pytest.raises(SpoolError, match="is gone"):
            use()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named_and_leaves_no_half_response(folder, spool, monkeypatch):
    # The fake: only where the file lies; the error is the system's own.
    open_file = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda path, flags, mode=0o777: open_file(
            "/dev/full" if str(path).endswith(".tmp") else path, flags & ~os.O_EXCL, mode
        ),
    )

    with pytest.raises(SpoolError, match="full"):
        spool.respond("a", b"answer")

    assert not list(folder.iterdir())
