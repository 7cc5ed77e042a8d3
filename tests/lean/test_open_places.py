"""Which `sorry` of a text can give way to a step, and which is a term or no `sorry` at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.lean.open_places import open_places

TACTIC = [
    "theorem t : p := by sorry",
    "theorem t : p := by\n  sorry",
    "theorem t : p := by\nsorry",
    "theorem t : p := by admit",
    "theorem t : p := by\n  have : n / 2 < n := by sorry",
    "theorem t : p ∧ q := ⟨by sorry, rfl⟩",
    "theorem t : p ∧ q := ⟨rfl, by sorry⟩",
    "theorem t : p := by\n  exact foo (by sorry) h",
    "theorem t : p := by\n  cases n with\n  | zero => sorry",
    "theorem t : p := by\n  induction n with\n  | zero => rfl\n  | succ n ih =>\n    sorry",
    "theorem t : p := by\n  cases n with | zero => sorry | succ n => exact h n",
    "theorem t : p := by\n  cases n with | zero => exact h | succ n => sorry",
    "theorem t : p := by\n  cases h with\n  | inl h => exact g (by sorry)",
    "theorem t : p := by\n  match n with\n  | 0 => rfl\n  | n + 1 => sorry",
    "theorem t : p := by\n  case inl h => sorry",
    "theorem t : p := by\n  next => sorry",
    "theorem t : a = c := calc\n  a = b := by sorry\n  _ = c := h",
    "theorem t : a = c := by\n  calc a = b := by rfl\n    _ = c := by sorry",
    "theorem t : p ∧ q := by constructor <;> sorry",
    "theorem t : p ∧ q := by\n  constructor\n  · sorry\n  · exact h",
    "theorem t : p ∧ q := by\n  constructor\n  . exact h\n  . sorry",
    "theorem t : p ∧ q := by\n  constructor\n  · intro h\n    sorry",
    "example : (by sorry : x = y) = h := rfl",
    "theorem t : p := show p from by sorry",
    "theorem t : p → p := fun x => by sorry",
    "theorem t : p := by { sorry }",
    "theorem t : p := by\n  { intro h\n    sorry }",
    "theorem t : p := by first | rfl | sorry",
    "theorem t : p := by\n  first\n  | exact h\n  | sorry",
    "theorem t : p := by\n  try sorry",
    "theorem t : p := by\n  all_goals (sorry)",
    "theorem t : p := by\n  (simp; sorry)",
    "theorem t : p := by\n  if h : q then exact h else sorry",
    "theorem t : p := by\n  by_cases h : q\n  · exact h\n  sorry",
    "theorem t : p := by\n  exact fun x =>\n    foo x\n  sorry",
    "theorem t : p := by\n  set_option maxRecDepth 9 in sorry",
    "theorem t : p := by\n  have : |x| < 3 := by\n    simp\n  sorry",
    "instance : Foo where\n  bar := by\n    sorry",
    "def f (n : Nat) : Nat := f (n / 2)\ntermination_by n\ndecreasing_by sorry",
    "namespace A\n  theorem s : p := h\n  theorem t : p := by\n    sorry\nend A",
]
TERM = [
    "theorem t : p := sorry",
    "theorem t : p :=\n  sorry",
    "theorem t : p ∧ q := ⟨sorry, rfl⟩",
    "theorem t : p ∧ q := ⟨by simp, sorry⟩",
    "theorem t : p := by\n  exact sorry",
    "theorem t : p := by\n  exact foo sorry h",
    "theorem t : p := by\n  have h : q := sorry",
    "theorem t : p := by\n  exact fun x => sorry",
    "theorem t : p := by\n  exact match n with\n    | 0 => sorry\n    | _ => h",
    "theorem t : p := by\n  refine foo ?_ (fun x =>\n    sorry)",
    "def f : Nat → Nat\n  | 0 => sorry\n  | n => n",
    "def f : IO Unit := do\n  let x := 1\n  sorry",
    "theorem s : p := by\n  simp\n\n  theorem t : p := sorry",
    "theorem t : a = c := calc\n  a = b := by rfl\n  _ = c := sorry",
]
NONE = [
    "-- sorry",
    "/- sorry -/",
    'def s := "sorry"',
    "theorem t : p := by\n  exact sorry_lemma",
    "theorem t : p := by\n  exact foo.sorry",
    "theorem t : p := by\n  exact sorry'",
    "theorem t : p := by\n  exact sorryAx p",
    "theorem t : p := by\n  exact «sorry»",
]


@pytest.mark.parametrize("text", TACTIC)
def test_where_a_tactic_can_begin_a_step_can_take_the_place(text: str) -> None:
    [place] = open_places(text)
    assert place.is_tactic
    assert text[place.offset : place.end] == place.word
    assert text.split("\n")[place.line - 1][place.column :].startswith(place.word)


@pytest.mark.parametrize("text", TERM)
def test_elsewhere_sorry_is_a_term(text: str) -> None:
    assert [place.is_tactic for place in open_places(text)] == [False]


@pytest.mark.parametrize("text", NONE)
def test_comments_strings_and_other_words_are_no_open_places(text: str) -> None:
    assert open_places(text) == []


@pytest.mark.parametrize("text", TACTIC + TERM)
def test_neither_line_ends_nor_the_declarations_around_change_what_a_place_is(text: str) -> None:
    around = (
        f"theorem before : p := by\n  exact (by\n    simp\n\n{text}\n\nexample : q := by sorry\n"
    )
    expected = [place.is_tactic for place in open_places(text)] + [True]
    for variant in (around, around.replace("\n", "\r\n")):
        assert [place.is_tactic for place in open_places(variant)] == expected


WORDS = ("by", "sorry", "cases", "with", "first", "fun", "if", "else", "(", ")", "·", "|", "=>")
TEXT = st.lists(st.sampled_from([*WORDS, ";", "\n", "\n  "]))


@given(TEXT)
def test_every_placeholder_is_found_in_any_text(words: list[str]) -> None:
    places = open_places(" ".join(words))
    assert len(places) == words.count("sorry")
