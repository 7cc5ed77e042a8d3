"""Text from a model or from Lean, made safe to show.

What a model wrote must not end a code block, begin a link or hide characters. Code spans and
fences follow CommonMark 0.31, sections 4.5 and 6.1.
"""

import re

_BACKTICKS = re.compile(r"`+")
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>&$:])")
# Control characters, and the bidirectional ones that make text read otherwise than it compiles
# (CVE-2021-42574).
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def show_invisible(text: str) -> str:
    """Replace every control, bidirectional and surrogate character by U+FFFD."""
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str, max_characters: int) -> str:
    """`text` on one line of at most so many characters, its line breaks visible."""
    lines = show_invisible(text).splitlines()
    line = " ⏎ ".join(line.strip() for line in lines if line.strip())
    return line if len(line) <= max_characters else line[: max_characters - 1] + "…"


def _longest_backtick_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def code_span(text: str) -> str:
    """`text` on one line as inline code."""
    line = " ".join(show_invisible(text).split("\n"))
    fence = "`" * (_longest_backtick_run(line) + 1)
    needs_padding = line.startswith(("`", " ")) or line.endswith(("`", " ")) or not line
    padding = " " if needs_padding else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def code_block(text: str, language: str = "lean") -> str:
    """`text` as a fenced block."""
    content = show_invisible(text).rstrip("\n")
    fence = "`" * max(3, _longest_backtick_run(content) + 1)
    return f"{fence}{language}\n{content}\n{fence}"


def escape(text: str) -> str:
    """`text` on one line in which no character is markup."""
    line = " ".join(show_invisible(text).split())
    return _PUNCTUATION.sub(r"\\\1", line)
