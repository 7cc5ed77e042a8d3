"""The settings of an editor session, merged from the client, the environment and files.

Precedence: initialization options > the client's configuration (`stepcheck.*`) > environment >
files > defaults. Both use the names of `stepcheck.toml`: `{"suggestion": {"n": 5}}`. What an editor
sends is trusted like a command line; keeping a cloned project's editor settings from being applied
is the editor's part (VS Code: workspace trust).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from stepcheck.settings.loading import Flag, SettingsError, load_settings
from stepcheck.settings.schema import Settings

SECTION = "stepcheck"


def load_session_settings(
    initialization_options: object, client_configuration: object, folder: Path
) -> tuple[Settings, list[str]]:
    """Merge every source, leaving out invalid values.

    Returns the settings and one message for each value or source that was left out.
    """
    options = [
        *_options(client_configuration, "configuration"),
        *_options(initialization_options, "initialization option"),
    ]
    problems: list[str] = []
    sources = _Sources(folder)
    try:
        sources.load(())
    except SettingsError as error:
        problems.append(str(error))
        sources = _Sources(None)
    accepted: list[Flag] = []
    for option in options:
        try:
            sources.load((option,))
        except SettingsError as error:
            problems.append(str(error))
        else:
            accepted.append(option)
    return sources.load(accepted), problems


class _Sources:
    """The files and the environment, or neither (`folder` is `None`) if they are invalid."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, options: Sequence[Flag]) -> Settings:
        if self._folder is not None:
            return load_settings(options, folder=self._folder)
        nothing = Path(os.devnull)
        return load_settings(options, config=nothing, environment={}, user_file=nothing)


def _options(document: object, source: str) -> Iterator[Flag]:
    """Yield the settings of a JSON object of sections; `null` means not given."""
    if document is None:
        return
    if not isinstance(document, dict):
        yield Flag(f"{source} {SECTION}", SECTION, document)
        return
    for section, values in document.items():
        if not isinstance(values, dict):
            yield Flag(f"{source} {SECTION}.{section}", str(section), values)
            continue
        for key, value in values.items():
            name = f"{section}.{key}"
            yield Flag(f"{source} {SECTION}.{name}", name, value)
