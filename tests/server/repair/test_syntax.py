import ast

import pytest

from stepcheck.server.repair.syntax import repair_syntax

RIGHT = """\
class Counter:
    def count(self, words, most):
        seen = {}
        for word in words:
            if word == "stop" and len(seen) > 0:
                break
            seen[word] = seen.get(word, 0) + 1
        return [word for word in seen if seen[word] <= most]
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("words, most):", "words, most)"),
        ("words, most):", "words, most:"),
        ("in words:", "in words"),
        ('word == "stop"', 'word = "stop"'),
        ('"stop"', '"stop'),
        ("seen.get(word, 0)", "seen.get(word, 0"),
        ("<= most]", "<= most"),
        ("        seen = {}", "    seen = {}"),
        ("        return", "    return"),
        ("seen = {}", "var seen = {}"),
        (" and ", " && "),
        ("<= most", "=< most"),
        ("        for word", "      for word"),
    ],
)
def test_one_slip_is_mended(right, wrong):
    assert right in RIGHT
    wanted = ast.dump(ast.parse(RIGHT))

    found = [
        ast.dump(ast.parse(text)) for text, _ in repair_syntax(RIGHT.replace(right, wrong), 12)
    ]

    assert wanted in found


def test_several_slips_are_mended():
    wrong = RIGHT.replace("in words:", "in words").replace("most):", "most:")

    found = [ast.dump(ast.parse(text)) for text, _ in repair_syntax(wrong, 12)]

    assert ast.dump(ast.parse(RIGHT)) in found


@pytest.mark.parametrize("text", ["\0", "}" * 2_000, "(" * 500, "x = \ud800", "\f\x0c("])
def test_what_is_no_program_ends_the_search_soon(text):
    for found, _ in repair_syntax(text, 2):
        ast.parse(found)
