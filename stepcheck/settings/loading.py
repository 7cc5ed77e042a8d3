"""Where the settings come from; what they are is in `stepcheck.settings.schema`.

Precedence: command line > environment > project file (or `--config FILE`) > user file > defaults.
A project file is `stepcheck.toml` in the working directory or the nearest folder above it. It is
less trusted than the others, for it may come with a cloned repository: settings marked *user only*
(tokens, addresses, executables) are refused there.

The sources are merged here rather than by pydantic-settings because an error must name the source
of the value it complains of.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_origin

import platformdirs
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stepcheck.settings.schema import (
    USER_ONLY,
    Settings,
)

__all__ = [
    "CACHE_VARIABLE",
    "ENVIRONMENT_PREFIX",
    "Flag",
    "SettingDescription",
    "SettingsError",
    "describe_settings",
    "environment_variable",
    "find_project_file",
    "load_settings",
    "user_settings_file",
]

FILE_NAME = "stepcheck.toml"
ENVIRONMENT_PREFIX = "STEPCHECK_"
CACHE_VARIABLE = "STEPCHECK_CACHE"
"""Read by `stepcheck.lean` and the judge, which know no settings; told here for the list only."""


class SettingsError(Exception):
    """A setting is wrong; the message names it, its source and the remedy."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A command-line option that overrides a setting; a value of `None` means it was not given."""

    option: str
    setting: str
    value: object


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One setting, as the documentation shows it."""

    name: str
    environment_variable: str
    type: str
    default: object
    description: str
    user_only: bool


@dataclass(frozen=True, slots=True)
class _SourceValue:
    """A setting's value in a source; `text` says that it came as text and is yet to be parsed."""

    setting: str
    value: object
    source: str
    text: bool = False
    trusted: bool = True


def load_settings(
    flags: Sequence[Flag] = (),
    *,
    config: Path | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user_file: Path | None = None,
) -> Settings:
    """Merge every source into one `Settings`.

    `config` takes the place of the project file, which is otherwise looked for in `folder`
    (default: the working directory) and above. `environment` and `user_file` default to the
    process's own. Raises `SettingsError`.
    """
    user_file = user_file or user_settings_file()
    candidates = list(_from_file(user_file)) if user_file.is_file() else []
    if config is not None:
        candidates += _from_file(config)
    elif (project := find_project_file(folder or Path.cwd())) and project != user_file:
        candidates += _from_file(project, trusted=False)
    candidates += _from_environment(os.environ if environment is None else environment)
    candidates += [
        _SourceValue(flag.setting, flag.value, flag.option, text=isinstance(flag.value, str))
        for flag in flags
        if flag.value is not None
    ]
    fields = _fields()
    sections: dict[str, dict[str, Any]] = {}
    for candidate in candidates:
        section, _, key = candidate.setting.partition(".")
        sections.setdefault(section, {})[key] = _parse(candidate, fields)
    return Settings.model_validate(sections)


def user_settings_file() -> Path:
    """Return the path of the user's own settings."""
    return platformdirs.user_config_path("stepcheck", appauthor=False) / FILE_NAME


def find_project_file(folder: Path) -> Path | None:
    """Find the `stepcheck.toml` of `folder` or of the nearest folder above it."""
    folder = folder.resolve()
    files = (parent / FILE_NAME for parent in (folder, *folder.parents))
    return next((file for file in files if file.is_file()), None)


def describe_settings() -> list[SettingDescription]:
    """List every setting with its default, for documentation and `--help`."""
    return [
        SettingDescription(
            name=name,
            environment_variable=environment_variable(name),
            type=_type_name(field),
            default=field.default,
            description=field.description or "",
            user_only=_is_user_only(field),
        )
        for name, field in _fields().items()
    ]


def environment_variable(setting: str) -> str:
    """Name the environment variable of `setting`, such as STEPCHECK_SERVER_PORT."""
    return ENVIRONMENT_PREFIX + setting.replace(".", "_").upper()


def _fields() -> dict[str, FieldInfo]:
    return {
        f"{section}.{key}": field
        for section, group in Settings.model_fields.items()
        for key, field in type(group.default).model_fields.items()
    }


def _is_user_only(field: FieldInfo) -> bool:
    return field.json_schema_extra == USER_ONLY


def _type_name(field: FieldInfo) -> str:
    annotation = field.annotation
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__name__
    return re.sub(r"\b(\w+\.)+", "", str(annotation))


def _from_file(file: Path, *, trusted: bool = True) -> Iterator[_SourceValue]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {file}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}. Correct or remove it.") from error
    for section, values in document.items():
        if section not in Settings.model_fields:
            raise _unknown(f"[{section}]", str(file), section, Settings.model_fields)
        if not isinstance(values, dict):
            raise SettingsError(f"{section} in {file} must be a table: write [{section}].")
        for key, value in values.items():
            yield _SourceValue(f"{section}.{key}", value, str(file), trusted=trusted)


def _from_environment(environment: Mapping[str, str]) -> Iterator[_SourceValue]:
    names = {environment_variable(setting): setting for setting in _fields()}
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == CACHE_VARIABLE:
            continue
        if variable not in names:
            raise _unknown(variable, "the environment", variable, names)
        yield _SourceValue(
            names[variable], value, f"the environment variable {variable}", text=True
        )


def _parse(candidate: _SourceValue, fields: Mapping[str, FieldInfo]) -> object:
    field = fields.get(candidate.setting)
    if field is None:
        raise _unknown(candidate.setting, candidate.source, candidate.setting, fields)
    if _is_user_only(field) and not candidate.trusted:
        raise SettingsError(
            f"{candidate.setting} may not be set by a project file ({candidate.source}), which may "
            f"come from someone else. Set it in {user_settings_file()}, by "
            f"{environment_variable(candidate.setting)} or on the command line."
        )
    annotation: Any = Annotated[field.annotation, field]
    adapter: TypeAdapter[object] = TypeAdapter(annotation)
    try:
        if not candidate.text:
            # As JSON, because strict validation takes a list for a tuple there, as TOML means it.
            return adapter.validate_json(json.dumps(candidate.value, default=str), strict=True)
        if get_origin(field.annotation) is tuple:
            parts = (part.strip() for part in str(candidate.value).split(","))
            return adapter.validate_python(tuple(part for part in parts if part))
        return adapter.validate_python(candidate.value)
    except ValidationError as error:
        shown = "" if "token" in candidate.setting else f" {candidate.value!r}:"
        raise SettingsError(
            f"{candidate.setting}, set by {candidate.source}, is wrong:{shown} "
            f"{error.errors()[0]['msg']}. It means: {field.description} "
            f"Default: {field.default!r}."
        ) from error


def _unknown(name: str, source: str, word: str, known: Iterable[str]) -> SettingsError:
    close = difflib.get_close_matches(word, known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
    return SettingsError(f"There is no setting {name} (in {source}). {remedy}")
