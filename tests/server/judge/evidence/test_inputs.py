import ast
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepcheck.server.judge.evidence.input_search import vary
from stepcheck.server.judge.evidence.inputs import arguments_like, find_constants
from stepcheck.server.judge.evidence.typed_inputs import values_of_type

QUICK = settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)


def made(*examples, constants=()):
    """Return what a strategy draws for these examples."""
    drawn = []

    @QUICK
    @given(arguments_like(examples, constants))
    def draw(values):
        drawn.append(values)

    draw()
    return drawn


def test_types_stay():
    for numbers, flag, text, pair, table in made(([1], True, "ab", (1, "x"), {"k": 2.0})):
        assert all(type(number) is int for number in numbers)
        assert type(flag) is bool
        assert type(text) is str
        assert (type(pair[0]), type(pair[1])) == (int, str)
        assert all(type(value) is float for value in table.values())


def test_what_is_never_negative_stays_so():
    assert all(number >= 0 for (number,) in made((3,), (0,)))
    assert all(number >= 1 for (number,) in made((3,), (2,)))
    assert any(number < 0 for (number,) in made((3,), (-1,)))


def test_texts_have_the_characters_shown_and_lists_are_not_empty_unless_shown_so():
    assert all(set(text) <= set("ab") for (text,) in made(("aab",)))
    assert all(items for (items,) in made(([1, 2],)))
    assert any(not items for items, _ in made(([1, 2], 1), ([], 2)))


def test_a_text_with_a_form_keeps_it():
    for (date,) in made(("03-11-2000",)):
        assert [letter.isdigit() for letter in date] == [c.isdigit() for c in "03-11-2000"]


def test_brackets_stay_balanced():
    for (text,) in made(("(()())",), ("()",)):
        depth = 0
        for letter in text:
            depth += 1 if letter == "(" else -1
            assert depth >= 0
        assert depth == 0


def test_constants_of_the_code_are_tried_where_they_are_alike():
    constants = find_constants("def f(x, y):\n    return x < 70 and y in ('nine', 'a b', '-')")

    assert {69, 70, 71, "nine"} <= set(constants)
    assert {70, 71} <= {n for (n,) in made((9,), constants=constants)}
    assert all(0 <= n < 1000 for (n,) in made((9,), constants=[-5, 10**9]))
    words = {word for (text,) in made(("one two",), constants=constants) for word in text.split()}
    assert words == {"one", "two", "nine"}


def test_words_among_numbers_stay_and_others_are_exchanged():
    phrases = {text for (text,) in made(("5 apples and 6 oranges",), ("0 apples and 1 oranges",))}
    assert len(phrases) > 3
    assert all(text.split()[1:3] == ["apples", "and"] for text in phrases)
    assert ("two one one",) in made(("one two one",))


def test_variations_are_many_new_and_the_same_each_time():
    varied = vary([([1, 2, 3], 4), ([5], 0)], 100)

    assert len(varied) > 80
    assert len(set(map(repr, varied))) == len(varied)
    assert ([5], 0) not in varied
    assert varied == vary([([1, 2, 3], 4), ([5], 0)], 100)
    assert vary([()], 5) == []


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=8,
)


@QUICK
@given(st.lists(st.tuples(PLAIN), min_size=1, max_size=3), st.data())
def test_whatever_the_examples_are_something_is_drawn(examples, data):
    data.draw(arguments_like(examples))


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("int", {int}),
        ("list[int]", {list}),
        ("'List[str]'", {list}),
        ("Optional[bool]", {bool, type(None)}),
        ("int | None", {int, type(None)}),
        ("dict[str, float]", {dict}),
        ("tuple[int, ...]", {tuple}),
        ("typing.Sequence[int]", {list}),
    ],
)
def test_annotations_tell_the_type(annotation, kinds):
    strategy = values_of_type(ast.parse(annotation, mode="eval").body)
    seen = set()

    @QUICK
    @given(strategy)
    def draw(value):
        seen.add(type(value))

    draw()
    assert seen == kinds


@pytest.mark.parametrize("annotation", ["Stack", "Callable[[int], int]", "list[Stack]", "1", "x()"])
def test_what_is_no_plain_data_has_no_strategy(annotation):
    assert values_of_type(ast.parse(annotation, mode="eval").body) is None


def test_rows_stay_of_equal_length():
    for (rows,) in made(([[1, 2], [3, 4], [5, 6]],)):
        assert {len(row) for row in rows} == {2}
    for (rows,) in made(([[1, 2], [3, 4]],), ([[1]],)):
        assert {len(row) for row in rows} == {len(rows)}


def test_columns_stay_of_equal_length_and_keep_their_names():
    for (table,) in made(({"a": [1, 2], "b": ["x", "y"]},)):
        assert list(table) == ["a", "b"]
        assert len(table["a"]) == len(table["b"]) > 0


def test_lists_that_are_equally_long_in_all_examples_stay_so():
    assert all(len(one) == len(other) for one, other in made(([1, 2], [3, 4]), ([5], [6])))


def test_what_is_an_item_in_all_examples_is_drawn_from_the_items_now_and_then():
    drawn = made((["a", "b"], "a"), (["c"], "c"))

    assert sum(one in items for items, one in drawn) > len(drawn) // 3


def test_rows_of_an_annotated_table_are_of_equal_length():
    strategy = values_of_type(ast.parse("list[list[int]]", mode="eval").body)

    @QUICK
    @given(strategy)
    def check(rows):
        assert len({len(row) for row in rows}) == 1

    check()


@pytest.mark.parametrize("shown", ["2023-01-05", "2023-01-05 10:00:30", "on 2023/01/05 at 10:30"])
def test_dates_keep_their_width_and_no_year_begins_with_0(shown):
    drawn = {text for (text,) in made((shown,))}

    assert len(drawn) > 20
    for text in drawn:
        assert [letter.isdigit() for letter in text] == [letter.isdigit() for letter in shown]
        assert re.search(r"[1-9]\d\d\d", text)


def test_some_dates_are_real_and_some_are_not():
    drawn = {text for (text,) in made(("03-11-2000",), ("15-01-2012",))}
    days = [int(text[:2]) for text in drawn]

    assert any(1 <= day <= 31 for day in days)
    assert any(day > 31 for day in days)


def test_numbers_that_are_padded_keep_their_width():
    assert all(len(text) == len("12 07 1999") for (text,) in made(("12 07 1999",)))
