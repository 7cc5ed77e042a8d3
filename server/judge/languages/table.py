"""The languages that are judged through a harness, and whether their tools are there."""

from functools import cache

from stepcheck.server.judge.languages.cpp import Cpp
from stepcheck.server.judge.languages.go import Go
from stepcheck.server.judge.languages.java import Java
from stepcheck.server.judge.languages.javascript import JavaScript
from stepcheck.server.judge.languages.language import Language, Tools

HARNESS_LANGUAGES: dict[str, Language] = {
    one.name: one for one in (JavaScript(), Cpp(), Java(), Go())
}
"""The languages by name."""


@cache
def tools_of(name: str) -> Tools | None:
    """Return the tools of a language, looked for once."""
    return HARNESS_LANGUAGES[name].find_tools()
