"""The text of a `MarkupContent` (LSP 3.17), plain or Markdown; foreign text is code, or escaped."""

from lsprotocol import types

from stepcheck.lsp.protocol import markdown


class PlainTextMarkup:
    """Markup for a client that shows text as it is."""

    _separator = "\n"

    def __init__(self) -> None:
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """What was added."""
        return self._separator.join(self._parts)

    def add_heading(self, label: str, detail: str) -> None:
        """Add a heading, and a detail beside it."""
        self._parts.append(markdown.show_invisible(f"{label} · {detail}" if detail else label))

    def add_labelled_code(self, label: str, code: str, detail: str) -> None:
        """Add code with its label, and a detail beside it."""
        self._parts.append(f"{label} ({detail})")
        self._parts.append(_indent(markdown.show_invisible(code), "  "))

    def add_block(self, text: str) -> None:
        """Add text that keeps its lines."""
        self._parts.append(_indent(markdown.show_invisible(text), "      "))

    def add_item(self, text: str, foreign: str = "") -> None:
        """Add an item of a list: text of our own, then foreign text."""
        self._parts.append(markdown.show_invisible(f"- {text} {foreign}".rstrip()))

    def add_remark(self, text: str) -> None:
        """Add text of our own."""
        self._parts.append(text)

    def add_note(self, problem: str, remedy: str) -> None:
        """Add what is wrong and what to do."""
        self._parts.append(markdown.show_invisible(f"stepcheck: {problem} {remedy}"))


class _MarkdownMarkup(PlainTextMarkup):
    """Markup for a client that renders Markdown."""

    _separator = "\n\n"

    def add_heading(self, label: str, detail: str) -> None:
        about = f" · {markdown.escape(detail)}" if detail else ""
        self._parts.append(f"**{label}**{about}")

    def add_labelled_code(self, label: str, code: str, detail: str) -> None:
        if "\n" in code:
            self._parts.append(f"**{label}** · {detail}")
            self._parts.append(markdown.code_block(code))
        else:
            self._parts.append(f"**{label}** {markdown.code_span(code)} · {detail}")

    def add_block(self, text: str) -> None:
        self._parts.append(markdown.code_block(text))

    def add_item(self, text: str, foreign: str = "") -> None:
        code = f" {markdown.code_span(foreign)}" if foreign else ""
        self._parts.append(f"- {text}{code}")

    def add_remark(self, text: str) -> None:
        self._parts.append(f"*{text}*")

    def add_note(self, problem: str, remedy: str) -> None:
        text = f"stepcheck: {markdown.escape(problem)} {markdown.escape(remedy)}"
        self._parts.append(text.rstrip())


def new_markup(kind: types.MarkupKind) -> PlainTextMarkup:
    """Return empty markup of a kind."""
    return _MarkdownMarkup() if kind is types.MarkupKind.Markdown else PlainTextMarkup()


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _indent(text: str, indentation: str) -> str:
    return "\n".join(indentation + line for line in text.split("\n"))
