import pytest

from stepcheck.server.judge.evidence.inputs import read_arguments, vary


def made(*examples):
    return list(vary(examples, 200))


def test_calls_of_plain_values_are_read():
    assert read_arguments("f([1, 'a'], -2.5)") == ("f", ([1, "a"], -2.5))


@pytest.mark.parametrize("call", ["f(x)", "f(a=1)", "1", "f(", "f.g(1)", "a = f(1)", "f(*[1])"])
def test_other_calls_are_not(call):
    assert read_arguments(call) is None


def test_inputs_are_many_new_and_the_same_each_time():
    inputs = made(([1, 2, 3], 4), ([5], 0))

    assert len(inputs) > 100
    assert len(set(map(repr, inputs))) == len(inputs)
    assert ([5], 0) not in inputs
    assert inputs == made(([1, 2, 3], 4), ([5], 0))


def test_types_stay():
    for numbers, flag, text, pair, table in made(([1], True, "ab", (1, "x"), {"k": 2.0})):
        assert all(type(number) is int for number in numbers)
        assert type(flag) is bool
        assert type(text) is str
        assert (type(pair[0]), type(pair[1])) == (int, str)
        assert all(type(value) is float for value in table.values())


def test_what_is_never_negative_stays_so():
    assert all(number >= 0 for (number,) in made((3,), (0,)))
    assert all(number >= 2 for (number,) in made((3,), (2,)))
    assert any(number < 0 for (number,) in made((3,), (-1,)))


def test_texts_have_the_characters_shown_and_lists_are_not_empty_unless_shown_so():
    assert all(set(text) <= set("ab") for (text,) in made(("aab",)))
    assert all(items for (items,) in made(([1, 2],)))
    assert any(not items for items, _ in made(([1, 2], 1), ([], 2)))


def test_a_text_with_a_form_keeps_it():
    for (date,) in made(("03-11-2000",)):
        assert [letter.isdigit() for letter in date] == [c.isdigit() for c in "03-11-2000"]


def test_words_among_numbers_stay_and_others_are_exchanged():
    phrases = {text for (text,) in made(("5 apples and 6 oranges",), ("0 apples and 1 oranges",))}
    assert len(phrases) > 3
    assert all(text.split()[1:3] == ["apples", "and"] for text in phrases)
    assert ("two one one",) in made(("one two one",))


@pytest.mark.parametrize("example", [(), ([],), ("",), (None,), ({},), ((),), (set(),), ([[]],)])
def test_the_smallest_inputs_do_no_harm(example):
    assert isinstance(made(example), list)
