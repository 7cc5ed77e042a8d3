"""The files that a person names to be judged, ranked or repaired: their text and their language."""

from pathlib import Path

import typer

from stepcheck.working_tree import UnreadableError, read_text

_LANGUAGES = {
    ".py": "python",
    **dict.fromkeys((".js", ".mjs", ".cjs"), "js"),
    **dict.fromkeys((".cpp", ".cc", ".cxx"), "cpp"),
    ".java": "java",
    ".go": "go",
}


def language_of(file: Path) -> str:
    """Return the language of a file by its suffix; of an unknown suffix, the suffix itself."""
    return _LANGUAGES.get(file.suffix, file.suffix.lstrip("."))


def read_source(file: Path) -> str:
    """Return the text of a file. Raises `typer.BadParameter`."""
    try:
        return read_text(file)
    except UnreadableError as error:
        raise typer.BadParameter(f"{file} {error}") from None
