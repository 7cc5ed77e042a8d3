import pytest

from stepcheck.server.judge.evidence.programs.output_rules import read_rules


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("Your answer is correct if its absolute or relative error does not exceed 10^{-6}.", 1e-6),
        ("if its absolute or relative error does not exceed $10^{-9}$.", 1e-9),
        ("An absolute or relative error of at most 10^-4 is allowed.", 1e-4),
        ("with an absolute or relative error not greater than 1e-6.", 1e-6),
        ("The relative or absolute error should be less than 10^{ - 6}.", 1e-6),
        ("absolute error at most 0.001", 1e-3),
        ("A relative error of 10⁻⁵ is fine.", 1e-5),
        ("Print it with a precision of 10**-3 or better.", 1e-3),
        ("absolute or relative error of 10^{−7} will be accepted", 1e-7),
        ("The accuracy of the answer must be at least 10^{-3}.", 1e-3),
        ("Answers within 10^{-5} of the right one are accepted.", 1e-5),
        ("The error should be less than 10^{-4}.", 1e-4),
        ("Print the number with two digits after the decimal point.", None),
        ("1 ≤ n ≤ 10^5 and the error message is printed.", None),
        ("It is 0.001 m long.", None),
    ],
)
def test_the_tolerance_is_the_one_stated_for_an_error(text, tolerance):
    assert read_rules(text).tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(
    "text",
    [
        "If there are multiple answers, print any of them.",
        "If there are several solutions, output any.",
        "If there are many optimal answers, you may print any one of them.",
        "Print any suitable array.",
        "Any valid sequence will be accepted.",
        "If there is more than one such plan, any will be accepted.",
        "If several answers exist, find any of these.",
        "You can output any of the possible colourings.",
        "Multiple solutions are accepted.",
        "In case of several answers print whichever you like.",
        "There is a special judge for this problem.",
    ],
)
def test_a_text_may_allow_other_answers(text):
    assert read_rules(f"Build it. {text} Good luck.").allows_others


@pytest.mark.parametrize(
    "text",
    [
        "If there are multiple answers, print the lexicographically smallest.",
        "If there are several such numbers, output the largest one.",
        "Print -1 if there are any gaps.",
        "Print the letters in any order.",
        "You can print each letter in any case.",
        "Print without any extra spaces.",
        "Determine if any two of the numbers are equal.",
        "Any of the cards may be turned.",
    ],
)
def test_a_text_that_wants_one_answer_allows_no_other(text):
    assert not read_rules(f"Build it. {text} Good luck.").allows_others


@pytest.mark.parametrize(
    "text",
    [
        "You may print every letter in any case you want.",
        'Print "YES" in any case (upper or lower).',
        "The answer is case-insensitive.",
        "You can print each letter in either case.",
        "The case of letters does not matter.",
        "You can output each letter in any register.",
    ],
)
def test_a_text_may_allow_any_case(text):
    assert read_rules(text).any_case
    assert not read_rules("Print YES or NO, in upper case. In this case print NO.").any_case


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("You may print the indices in any order.", True),
        ("Output the edges in arbitrary order.", True),
        ("The order of the printed lines does not matter.", True),
        ("The edges are given in arbitrary order. Print their number.", False),
        ("Print them in ascending order.", False),
    ],
)
def test_order_is_free_where_outputs_are_said_to_have_any(text, allowed):
    assert read_rules(text).any_order is allowed


def test_a_dialogue_is_noticed():
    assert read_rules("This is an interactive problem.").is_interactive
    assert not read_rules("Print the interaction count.").is_interactive


def test_the_words_for_no_answer_are_known():
    assert read_rules('If there is no way, print "-1". Else print any.').without_answer == {"-1"}
    assert "impossible" in read_rules("Print IMPOSSIBLE if it cannot be.").without_answer
