"""Print the server's settings as VS Code declares settings (JSON), for the extension's manifest.

Source: https://code.visualstudio.com/api/references/contribution-points#contributes.configuration
"""

import json
import sys
from typing import Any

from stepcheck.settings.schema import Settings

NOT_OF_EDITORS = frozenset({"server", "model"})
"""Sections of the model server's own process."""
KEPT = (
    "type",
    "anyOf",
    "items",
    "enum",
    "default",
    "description",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
)


def declare_settings() -> dict[str, dict[str, Any]]:
    """Return the declaration of every setting that an editor may set, by its full name."""
    schema = Settings.model_json_schema()
    return {
        f"stepcheck.{section}.{key}": _declare(field)
        for section, reference in schema["properties"].items()
        if section not in NOT_OF_EDITORS
        for key, field in _definition(schema, reference)["properties"].items()
    }


def _definition(schema: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][reference["$ref"].rpartition("/")[2]]


def _declare(field: dict[str, Any]) -> dict[str, Any]:
    declared = {key: field[key] for key in KEPT if key in field}
    # What a project file may not set, a workspace's settings may not set either.
    return {**declared, "scope": "machine" if field.get("user_only") else "resource"}


if __name__ == "__main__":
    json.dump(declare_settings(), sys.stdout, indent=2)
