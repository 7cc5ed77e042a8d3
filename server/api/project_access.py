"""Which projects a request may name."""

from collections.abc import Sequence
from pathlib import Path

from stepcheck.server.http.errors import ApiError


def check_project(project: str | None, roots: Sequence[Path]) -> Path | None:
    """Return the folder of a project that requests may name, links resolved.

    Raises `ApiError` with status 403 for one that is not below one of the `roots`.
    """
    if project is None:
        return None
    try:
        folder = Path(project).resolve(strict=True)
        allowed = any(folder.is_relative_to(root.resolve()) for root in roots)
        if Path(project).is_absolute() and folder.is_dir() and allowed:
            return folder
    except (OSError, ValueError, RuntimeError):
        pass  # Whether a folder exists elsewhere is nobody's business.
    raise ApiError(
        403,
        "project_not_allowed",
        f"{project!r} is no folder below one of judge.project_roots.",
        "Add the folder to judge.project_roots in the server's own settings, or name no project.",
    )
