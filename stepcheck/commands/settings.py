"""`stepcheck settings`: every setting, its default, and where it can be set."""

import json
from collections.abc import Iterator
from itertools import groupby

import typer

from stepcheck.settings.loading import (
    FILE_NAME,
    SettingDescription,
    describe_settings,
    user_settings_file,
)


def settings() -> None:
    """Print every setting as a TOML file of the defaults, ready to be edited.

    Command-line flags go before environment variables, those before a project's stepcheck.toml
    (in a folder above the file), that before the user's file, that before the defaults.

    Example: stepcheck settings > stepcheck.toml
    """
    for line in write_defaults():
        typer.echo(line)


def write_defaults() -> Iterator[str]:
    """Yield the lines of a TOML file in which every setting is described and commented out."""
    yield f"# stepcheck settings: {FILE_NAME} of a project, or {user_settings_file()}"
    described = describe_settings()
    for section, group in groupby(described, key=lambda setting: setting.name.partition(".")[0]):
        yield f"\n[{section}]"
        for setting in group:
            yield from _write_setting(setting)


def _write_setting(setting: SettingDescription) -> Iterator[str]:
    key = setting.name.partition(".")[2]
    place = " Not in a project's file." if setting.user_only else ""
    yield f"# {setting.description}{place} ({setting.environment_variable})"
    default = "" if setting.default is None else json.dumps(setting.default, default=str)
    yield f"# {key} = {default}".rstrip()
