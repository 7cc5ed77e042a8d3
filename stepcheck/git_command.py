"""How `git` is run: it asks nothing, takes no optional locks, and runs no file system monitor."""

import os

_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def git_command(*arguments: str) -> list[str]:
    """Return the command line of a git command; paths in it are taken literally."""
    return ["git", "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]


def git_environment(*, may_fetch: bool) -> dict[str, str]:
    """Return the environment of a git command.

    In a partial clone, git fetches the objects that are missing, if it `may_fetch`.
    """
    return os.environ | _ENVIRONMENT | ({} if may_fetch else {"GIT_NO_LAZY_FETCH": "1"})
