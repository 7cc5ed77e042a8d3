"""The folder of a run: which run it is, its checkpoints, and whether the disk has room for them."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stepcheck.models.learning.errors import FolderError

_WHOLE = "whole"
_BYTES_PER_PARAMETER = 4
# Two checkpoints of weights and Adam's two moments, and the model at the end.
_COPIES = 7


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The output folder of one run; what is under way is in `run/`, and gone at the end."""

    out: Path

    @property
    def work(self) -> Path:
        """Where checkpoints and the tokenized data are while the run lasts."""
        return self.out / "run"

    def begin(self, identity: str, parameters: int, *, resume: bool) -> Path | None:
        """Claim the folder for a run; return the checkpoint to go on from, or None to begin anew.

        `identity` tells runs apart. Raises FolderError where the folder holds something else, the
        disk has no room for the checkpoints of so many parameters, or nothing can be written.
        """
        name = self.work / "run.json"
        try:
            if name.is_file():
                self._require_same(name, identity, resume=resume)
            elif (self.out / "config.json").exists():
                raise FolderError(f"{self.out} holds a finished model: name another --out")
            elif self.out.is_dir() and any(self.out.iterdir()) and not self.work.is_dir():
                raise FolderError(f"{self.out} holds other files: name another --out")
            self.work.mkdir(parents=True, exist_ok=True)
            self._require_room(parameters)
            name.write_text(json.dumps({"identity": identity}))
        except OSError as error:
            raise FolderError(
                f"cannot write to {self.out} ({error.strerror}): name another --out"
            ) from error
        return self._last_checkpoint()

    def mark_whole(self, step: int) -> None:
        """Note that the checkpoint of a step was written to its end."""
        (self.work / f"checkpoint-{step}" / _WHOLE).touch()

    def finish(self) -> None:
        """Remove what only a run under way needs."""
        shutil.rmtree(self.work, ignore_errors=True)

    def _require_same(self, name: Path, identity: str, *, resume: bool) -> None:
        if not resume:
            raise FolderError(
                f"{self.out} holds a run under way: go on with --resume, or name another --out"
            )
        try:
            known = json.loads(name.read_text())["identity"]
        except (ValueError, KeyError):
            known = None  # Killed while it was written: nothing was learned yet.
        if known not in (None, identity):
            raise FolderError(
                f"the run in {self.out} was begun with other data, recipe, seed or model: "
                "resume it with these, or name another --out"
            )

    def _require_room(self, parameters: int) -> None:
        needed = _COPIES * _BYTES_PER_PARAMETER * parameters
        free = shutil.disk_usage(self.work).free
        if free < needed:
            raise FolderError(
                f"{self.out} has {free >> 20} MiB free, its checkpoints need {needed >> 20} MiB: "
                "make room, or name an --out on another disk"
            )

    def _last_checkpoint(self) -> Path | None:
        """Return the newest checkpoint that is whole; a broken one is removed."""
        found: dict[int, Path] = {}
        for folder in self.work.glob("checkpoint-*"):
            if (folder / _WHOLE).is_file():
                found[int(folder.name.rpartition("-")[2])] = folder
            else:
                shutil.rmtree(folder)
        return found[max(found)] if found else None


def is_learned(folder: Path, identity: str) -> bool:
    """Tell whether a model was learned to its end. One of another identity is removed."""
    if not (folder / "learning.json").is_file() or (folder / "run").exists():
        return False
    if json.loads((folder / "learning.json").read_text())["identity"] == identity:
        return True
    shutil.rmtree(folder)
    return False


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is whole, or as before, whenever this ends; raises FolderError."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise FolderError(
            f"cannot write {path} ({error.strerror}): make room, and give the same command again"
        ) from error


def is_about_room(error: BaseException) -> bool:
    """Tell whether an error says that a file could not be written to its end.

    What writes tensors reports a full disk in its own words, without an errno.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno) in _NO_ROOM
    text = str(error)
    return any(reason in text for reason in (*_NO_ROOM, "PytorchStreamWriter failed writing"))


_NO_ROOM = ("No space left on device", "Disk quota exceeded", "File too large")
