import pytest

from stepcheck.server.judge.evidence.programs.output_comparison import Match, compare
from stepcheck.server.judge.evidence.programs.output_rules import OutputRules

STRICT = OutputRules()
LOOSE = OutputRules(tolerance=1e-6)
ANY_CASE = OutputRules(any_case=True)
ANY_ORDER = OutputRules(any_order=True)
ANY_ANSWER = OutputRules(allows_others=True, without_answer=frozenset({"-1", "impossible"}))
DIALOGUE = OutputRules(is_interactive=True)


@pytest.mark.parametrize(
    ("printed", "wanted", "rules", "match"),
    [
        ("3", "3\n", STRICT, Match.EQUAL),
        ("3\n\n\n", "3\n", STRICT, Match.EQUAL),
        ("1 2 3 \n", "1 2 3", STRICT, Match.EQUAL),
        ("1\n2\n3\n", "1 2 3\n", STRICT, Match.EQUAL),
        ("1\r\n2\r\n", "1\n2\n", STRICT, Match.EQUAL),
        ("", "", STRICT, Match.EQUAL),
        ("", "1", STRICT, Match.DIFFERENT),
        ("1 2", "1", STRICT, Match.DIFFERENT),
        ("123", "1 2 3", STRICT, Match.DIFFERENT),
        ("1,2", "1 2", STRICT, Match.DIFFERENT),
        ("yes", "YES", STRICT, Match.DIFFERENT),
        ("yes", "YES", ANY_CASE, Match.EQUAL),
        ("no", "YES", ANY_CASE, Match.DIFFERENT),
        ("3.0", "3", STRICT, Match.DIFFERENT),
        ("03", "3", STRICT, Match.DIFFERENT),
        ("3", "3.0", STRICT, Match.ANOTHER_NOTATION),
        ("2.5", "2.50", STRICT, Match.EQUAL),
        ("0.3333333333", "0.333333", STRICT, Match.EQUAL),
        ("0.33", "0.333333", STRICT, Match.ANOTHER_NOTATION),
        ("0.34", "0.333333", STRICT, Match.ANOTHER_NOTATION),
        ("0.36", "0.333333", STRICT, Match.DIFFERENT),
        ("0.333335", "0.333333", STRICT, Match.DIFFERENT),
        ("1e-3", "0.001", STRICT, Match.EQUAL),
        ("nan", "0.5", STRICT, Match.DIFFERENT),
        ("1.0000001", "1", LOOSE, Match.EQUAL),
        ("1.00001", "1", LOOSE, Match.DIFFERENT),
        ("1000000.5", "1000000", LOOSE, Match.EQUAL),
        ("6.283185307", "6.28", LOOSE, Match.EQUAL),
        ("6.29", "6.2831853", LOOSE, Match.DIFFERENT),
        ("5", "5.000000", LOOSE, Match.EQUAL),
        ("True", "1", LOOSE, Match.DIFFERENT),
        ("3 1 2", "1 2 3", ANY_ORDER, Match.EQUAL),
        ("2 1\n3 4", "3 4\n1 2", ANY_ORDER, Match.ANOTHER_ORDER),
        ("3 4\n1 2", "1 2\n3 4", ANY_ORDER, Match.EQUAL),
        ("1 2 2", "1 2 3", ANY_ORDER, Match.DIFFERENT),
        ("3 1 2", "1 2 3", STRICT, Match.DIFFERENT),
        ("4", "2", ANY_ANSWER, Match.ANOTHER_ANSWER),
        ("2", "2", ANY_ANSWER, Match.EQUAL),
        ("-1", "2", ANY_ANSWER, Match.DIFFERENT),
        ("2", "-1", ANY_ANSWER, Match.DIFFERENT),
        ("IMPOSSIBLE", "3 1", ANY_ANSWER, Match.DIFFERENT),
        ("YES\n1 2", "NO", ANY_ANSWER, Match.DIFFERENT),
        ("YES\n1 2", "YES\n2 1", ANY_ANSWER, Match.ANOTHER_ANSWER),
        ("", "2", ANY_ANSWER, Match.DIFFERENT),
        ("? 1", "! 2", DIALOGUE, Match.INTERACTIVE),
        ("  *\n ***\n", "  *\n ***\n", STRICT, Match.EQUAL),
        ("*\n***\n", " *\n***\n  *\n".replace("  *\n", ""), STRICT, Match.EQUAL),
        ("*\n***\n*\n", "*\n***\n  *\n", STRICT, Match.ANOTHER_LAYOUT),
        ("a b", "a  b", STRICT, Match.ANOTHER_LAYOUT),
    ],
)
def test_outputs_are_compared_as_contests_do(printed, wanted, rules, match):
    assert compare(printed, (wanted,), rules) is match


def test_any_reading_of_an_output_will_do():
    assert compare("1", ("1\n\nSo it is one.", "1"), STRICT) is Match.EQUAL
    assert compare("2", ("1\n\nSo it is one.", "1"), STRICT) is Match.DIFFERENT
