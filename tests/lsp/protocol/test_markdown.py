import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stepcheck.lsp.protocol import markdown

HOSTILE = [
    "simp```\n# heading",
    "```",
    "`` ` ```` `",
    "`",
    " spaced ",
    "<script>alert(1)</script>",
    "[link](command:evil)",
    "![](https://example.org/x.png)",
    "| a | b |",
    "",
    "~~~~",
]
text_of_a_model = st.text(alphabet="`~ \n<>[](){}*_#-&;|$!:/\\ab.", max_size=60)


def rendered(source: str):
    return MarkdownIt("commonmark", {"html": True}).parse(source)


@pytest.mark.parametrize("text", HOSTILE)
@given(extra=text_of_a_model)
def test_a_code_block_holds_any_text(text, extra):
    for content in (text, extra, text + extra):
        tokens = rendered("before\n\n" + markdown.code_block(content) + "\n\nafter")
        assert [token.type for token in tokens if token.level == 0] == [
            "paragraph_open",
            "paragraph_close",
            "fence",
            "paragraph_open",
            "paragraph_close",
        ]
        fence = next(token for token in tokens if token.type == "fence")
        assert fence.content.rstrip("\n") == content.rstrip("\n")


@pytest.mark.parametrize("text", HOSTILE)
@given(extra=text_of_a_model)
def test_a_code_span_holds_any_text(text, extra):
    for content in (text, extra, text + extra):
        (paragraph,) = [
            token for token in rendered(f"a {markdown.code_span(content)} b") if token.children
        ]
        children = [child.type for child in paragraph.children]
        assert children == ["text", "code_inline", "text"]
        code = paragraph.children[1].content
        assert code.strip() == content.replace("\n", " ").strip()


@given(text=st.one_of(text_of_a_model, st.sampled_from(HOSTILE)))
def test_escaped_text_is_only_text(text):
    tokens = rendered("note: " + markdown.escape(text))
    (paragraph,) = [token for token in tokens if token.children is not None]
    assert all(child.type in ("text", "text_special") for child in paragraph.children)
    shown = "".join(child.content for child in paragraph.children)
    assert shown == ("note: " + " ".join(text.split())).rstrip(" ")


def test_invisible_characters_are_shown():
    hidden = "simp\u202e\u2066 [h]\x00\x1b[31m\ud800\u200b"
    shown = markdown.show_invisible(hidden)
    assert shown == "simp\ufffd\ufffd [h]\ufffd\ufffd[31m\ufffd\ufffd"
    assert re.search(r"[\x00-\x08\u202a-\u202e\ud800-\udfff]", markdown.code_block(hidden)) is None


def test_line_breaks_and_tabs_are_kept_in_a_block():
    assert markdown.code_block("a\r\n\tb") == "```lean\na\n\tb\n```"
