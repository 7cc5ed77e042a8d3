import ast

import pytest

from stepcheck.server.repair.difference import find_edits
from stepcheck.server.repair.program import Program, TextEdit, apply_edits

SOURCE = 'x = "€𝕏"; y = x + 1\r\nz = 2  # kept\n'


def test_places_count_characters_not_bytes():
    program = Program(SOURCE)
    sum_of = next(node for node in ast.walk(program.tree) if isinstance(node, ast.BinOp))

    assert program.text(sum_of) == "x + 1"
    assert apply_edits(SOURCE, [program.replace(sum_of, "3")]) == SOURCE.replace("x + 1", "3")


def test_overlapping_edits_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abc", [TextEdit(0, 2, ""), TextEdit(1, 3, "")])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SOURCE, SOURCE.replace("x + 1", "x - 1")),
        (SOURCE, SOURCE + "w = 3\n"),
        (SOURCE, ""),
        ("a\n\nb\n", "b\n\na\n"),
        ("def f():\n    pass", "def f():\n        pass"),
    ],
)
def test_the_difference_leads_from_one_text_to_the_other(before, after):
    assert apply_edits(before, find_edits(before, after)) == after


def test_the_difference_touches_one_word_alone():
    assert find_edits("if a < b:  # note\n    pass\n", "if a <= b:  # note\n    pass\n") == (
        TextEdit(5, 6, "<="),
    )
