"""What a line means where it has several open places, and what is said where there is no goal."""

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import NoGoalError
from stepcheck.lean.pointing import find_position, remedy_without_goal
from stepcheck.lean.position import ProofPosition

PAIR = "theorem pair : 1 = 1 ∧ 2 = 2 := ⟨by sorry, by sorry⟩\n"
TERM = "theorem term : 1 = 1 := sorry\n"


def test_the_other_open_places_of_a_line_are_told() -> None:
    found = find_position(TERM + PAIR, 2)
    assert found.position.column == PAIR.index("sorry")
    assert [(place.line, place.column) for place in found.others] == [(2, PAIR.rindex("sorry"))]


def test_a_column_chooses_and_a_line_with_one_place_has_no_others() -> None:
    chosen = find_position(PAIR, 1, PAIR.rindex("sorry"))
    assert (chosen.position.column, chosen.others) == (PAIR.rindex("sorry"), ())
    assert find_position("theorem t : p := by sorry\n", 1).others == ()


async def test_without_a_goal_the_open_places_are_listed(checker: StepChecker) -> None:
    text = TERM + "\n" + PAIR + "\ntheorem t : True := by\n  admit\n"
    with pytest.raises(NoGoalError) as caught:
        await checker.open(find_position(text, 2).position)
    assert "3:36, 3:46, 6:2." in caught.value.remedy
    assert "by sorry" not in caught.value.remedy


@pytest.mark.parametrize("column", [None, TERM.index("sorry"), TERM.index("sorry") + 2])
async def test_a_sorry_that_is_a_term_is_told_from_a_tactic(
    checker: StepChecker, column: int | None
) -> None:
    with pytest.raises(NoGoalError) as caught:
        await checker.open(find_position(TERM, 1, column).position)
    assert f"1:{TERM.index('sorry')}" in caught.value.remedy
    assert "write `by sorry`" in caught.value.remedy


def test_of_many_open_places_the_first_are_listed() -> None:
    text = "def d := 1\n" + "example : p := by sorry\n" * 13
    remedy = remedy_without_goal(ProofPosition.from_line_column(text, 1))
    assert "2:18" in remedy
    assert "11:18 and 3 more" in remedy
    assert "12:18" not in remedy


def test_a_file_without_open_places_is_told_where_goals_are() -> None:
    assert "tactic" in remedy_without_goal(ProofPosition("def d := "))
