"""What a git working tree changed: each file before and after, read through `git` itself."""

import os
import stat
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.git_command import git_command, git_environment

MAX_FILE_BYTES = 10_000_000

_SECONDS = 60
_REGULAR_FILES = frozenset({"100644", "100755"})


class GitError(Exception):
    """There is no repository, no such revision, no git; the message says what to do."""


class UnreadableError(Exception):
    """A file's content is no text that could be judged; the message says why."""


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A changed file; `path` is absolute, `before` is None for a new file."""

    path: Path
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A changed file that could not be compared, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """A git working tree; `root` is its top folder."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> "WorkingTree":
        """Return the working tree that holds the folder; raises `GitError`."""
        found = _git(folder, "rev-parse", "--show-toplevel")
        return cls(Path(os.fsdecode(found.rstrip(b"\n"))))

    def find_edits(
        self,
        paths: Sequence[Path],
        suffixes: Collection[str],
        against: str = "HEAD",
        *,
        staged: bool = False,
    ) -> Iterator[EditedFile | SkippedFile]:
        """Yield what changed below `paths`, or anywhere if there are none.

        What is compared is the working tree, or what is `staged`, with the commit at which the
        current branch left `against`. Of folders, only files with one of the `suffixes` count.
        Raises `GitError`.
        """
        named = [_locate(path) for path in paths if not path.is_dir()]
        places = [_locate(path) for path in paths]
        found = dict(self._changed(self._starting_point(against), places, staged=staged))
        if not staged:
            found |= {path: _Sources(None, None) for path in self._untracked(named, places)}
        for path in sorted(found):
            content = found[path]
            if path in named or path.suffix in suffixes:
                yield content if isinstance(content, SkippedFile) else self._read(path, content)

    def _starting_point(self, against: str) -> str:
        if against.startswith("-"):
            raise GitError(f"{against!r} is no revision: name a branch, a tag or a commit")
        try:
            commit = _git(self.root, "rev-parse", "--verify", "--quiet", f"{against}^{{commit}}")
        except GitError:
            if against == "HEAD":
                return self._empty_tree()
            raise GitError(
                f"there is no revision {against!r} in {self.root}; `git branch --all` and "
                "`git tag` list names (a shallow clone has only some: `git fetch --unshallow`)"
            ) from None
        revision = commit.decode().strip()
        try:
            base = _git(self.root, "merge-base", revision, "HEAD")
        except GitError:
            return revision  # Without a common commit, the revision itself is all there is.
        return base.decode().split()[0]

    def _empty_tree(self) -> str:
        # Before the first commit, everything is new.
        return _git(self.root, "hash-object", "-t", "tree", "--stdin").decode().strip()

    def _changed(
        self, start: str, places: Sequence[Path], *, staged: bool
    ) -> Iterator[tuple[Path, "_Sources | SkippedFile"]]:
        listed = _git(
            self.root,
            "diff",
            "--raw",
            "-z",
            "--no-abbrev",
            "--find-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            *(["--cached"] if staged else []),
            start,
            "--",
            *map(str, places),
        )
        conflicts = set(self._unmerged())
        for record in _read_raw(listed):
            path = self.root / record.path
            if path in conflicts:
                yield path, SkippedFile(path, "has merge conflicts; resolve them first")
            elif record.status == "D":
                yield path, SkippedFile(path, "was deleted")
            elif record.new_mode not in _REGULAR_FILES:
                yield path, SkippedFile(path, "is a link or a submodule")
            else:
                before = None if record.status == "A" else record.old_blob
                yield path, _Sources(before, record.new_blob if staged else None)

    def _unmerged(self) -> Iterator[Path]:
        for entry in _git(self.root, "ls-files", "--unmerged", "-z").split(b"\0"):
            if entry:
                yield self.root / os.fsdecode(entry.partition(b"\t")[2])

    def _untracked(self, named: Sequence[Path], places: Sequence[Path]) -> Iterator[Path]:
        # A file that the user named counts even if git ignores it.
        listings = [["--exclude-standard", "--", *map(str, places)]]
        if named:
            listings.append(["--", *map(str, named)])
        found = [
            name
            for listing in listings
            for name in _git(self.root, "ls-files", "--others", "-z", *listing).split(b"\0")
            if name
        ]
        for name in dict.fromkeys(found):
            yield self.root / os.fsdecode(name)

    def _read(self, path: Path, sources: "_Sources") -> EditedFile | SkippedFile:
        try:
            before = decode(self._blob(sources.before)) if sources.before else None
            if sources.after:
                return EditedFile(path, before, decode(self._blob(sources.after)))
            return EditedFile(path, before, read_text(path))
        except UnreadableError as error:
            return SkippedFile(path, str(error))

    def _blob(self, identifier: str) -> bytes:
        size = int(_git(self.root, "cat-file", "-s", identifier))
        if size > MAX_FILE_BYTES:
            raise UnreadableError(f"is larger than {MAX_FILE_BYTES} bytes")
        return _git(self.root, "cat-file", "blob", identifier)


def read_text(path: Path) -> str:
    """Return the text of a file; raises `UnreadableError`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("is no regular file")
        with path.open("rb") as file:
            return decode(file.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None


def decode(content: bytes) -> str:
    """Return the text of a file's content; raises `UnreadableError`."""
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableError(f"is larger than {MAX_FILE_BYTES} bytes")
    if b"\0" in content:
        raise UnreadableError("is binary")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"is not UTF-8 (byte {error.start})") from None


@dataclass(frozen=True, slots=True)
class _Sources:
    """Git's names of a file's contents; without `after`, that is the file itself."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class _RawRecord:
    """A line of `git diff --raw`."""

    status: str
    new_mode: str
    old_blob: str
    new_blob: str
    path: str


def _read_raw(listed: bytes) -> Iterator[_RawRecord]:
    fields = iter(os.fsdecode(listed).split("\0"))
    for header in fields:
        if not header:
            return
        _, new_mode, old_blob, new_blob, status = header.removeprefix(":").split(" ")
        path = next(fields)
        if status[0] in "RC":
            path = next(fields)
        yield _RawRecord(status[0], new_mode, old_blob, new_blob, path)


def _locate(path: Path) -> Path:
    """Return the path as git names it: the folder's links resolved, not the file's own."""
    absolute = path.absolute()
    return absolute.parent.resolve() / absolute.name


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            git_command(*arguments),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            env=git_environment(may_fetch=True),
            check=True,
        )
    except FileNotFoundError:
        raise GitError("git was not found; install it, or put its folder on PATH") from None
    except NotADirectoryError:
        raise GitError(f"{folder} is no folder") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"`git {arguments[0]}` took longer than {_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        message = said[0].removeprefix("fatal: ") if said else f"`git {arguments[0]}` failed"
        raise GitError(message) from None
    return done.stdout
