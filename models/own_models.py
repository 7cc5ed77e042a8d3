"""The models tuned on a person's own steps: numbered folders, and which of them serves."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"own-(\d+)")

_KEPT = 3
"""So many models can be gone back through; older ones are removed."""


@dataclass(frozen=True, slots=True)
class OwnModels:
    """A folder of models, all tuned from one base, which serves where none of them does."""

    folder: Path

    def serving(self, base: str) -> Path | None:
        """Return the model that serves in place of a base, None if there is none."""
        history = self._history(base)
        return self.folder / history[-1] if history else None

    def new_folder(self) -> Path:
        """Return the folder for the next model, which is not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.folder / f"own-{max(map(_number, self._models()), default=0) + 1}"

    def switch_to(self, model: Path, base: str) -> None:
        """Have a model of the folder serve in place of a base."""
        history = [*self._history(base), model.name][-_KEPT:]
        self._write(base, history)
        for path in self._models():
            if path.name not in history:
                shutil.rmtree(path, ignore_errors=True)

    def undo(self, base: str) -> Path | None:
        """Go back to the model that served before, None if that is the base.

        Raises LookupError where the base serves already.
        """
        history = self._history(base)
        if not history:
            raise LookupError("no model of your own serves")
        self._write(base, history[:-1])
        shutil.rmtree(self.folder / history[-1], ignore_errors=True)
        return self.serving(base)

    def forget(self) -> None:
        """Delete every model."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _history(self, base: str) -> list[str]:
        """Return the names of the models that have served, in order."""
        try:
            written = json.loads(self._file.read_text(encoding="utf-8"))
            names = [str(name) for name in written["history"]] if written["base"] == base else []
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [name for name in names if (self.folder / name / "config.json").is_file()]

    def _write(self, base: str, history: list[str]) -> None:
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps({"base": base, "history": history}) + "\n", encoding="utf-8")
        partial.replace(self._file)

    def _models(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]

    @property
    def _file(self) -> Path:
        return self.folder / "serving.json"


def _number(model: Path) -> int:
    found = _NAME.fullmatch(model.name)
    return int(found.group(1)) if found else 0
