"""Where a step goes: before, after, and the edit that inserts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.lean.errors import DocumentError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.source_text import code_point_column, mask_comments, utf16_column

CURSOR = "‸"


def at(marked: str) -> ProofPosition:
    """The position of the cursor mark in a text."""
    text, line, column = split(marked)
    return ProofPosition.from_line_column(text, line, column)


def split(marked: str) -> tuple[str, int, int]:
    offset = marked.index(CURSOR)
    before = marked[:offset]
    return marked.replace(CURSOR, ""), before.count("\n") + 1, offset - (before.rfind("\n") + 1)


def test_a_step_at_an_existing_tactic_goes_before_it() -> None:
    position = at("theorem t : p := by\n  ‸omega\n")
    assert position.before == "theorem t : p := by\n  "
    assert position.insert("simp") == "theorem t : p := by\n  simp\n  omega\n"


def test_a_step_takes_the_place_of_sorry() -> None:
    position = at("theorem t : p := by\n  ‸sorry\n\ntheorem u : q := rfl\n")
    assert position.replaced == "sorry"
    assert position.insert("simp") == "theorem t : p := by\n  simp\n\ntheorem u : q := rfl\n"


def test_a_name_that_begins_like_sorry_is_no_placeholder() -> None:
    assert at("example : p := by\n  ‸sorry_lemma\n").replaced == ""


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("example : p := by‸", "example : p := by\n  STEP"),
        ("example : p := by‸\n\ntheorem u : q := rfl", None),
        ("example : p := by ‸", "example : p := by\n  STEP"),
        ("example\n    (h : q) : p := by‸\n", "example\n    (h : q) : p := by\n  STEP\n"),
        (
            "example : p := by\n  have h : q := by‸\n",
            "example : p := by\n  have h : q := by\n    STEP\n",
        ),
        (
            "example : p := by\n  · have h : q := by‸",
            "example : p := by\n  · have h : q := by\n      STEP",
        ),
        (
            "example : p := by\n  cases n with\n  | zero =>‸",
            "example : p := by\n  cases n with\n  | zero =>\n    STEP",
        ),
    ],
)
def test_at_the_end_of_a_line_that_opens_a_block_the_step_begins_the_block(
    marked: str, expected: str | None
) -> None:
    if expected is None:
        expected = "example : p := by\n  STEP\n\ntheorem u : q := rfl"
    assert at(marked).insert("STEP") == expected


def test_a_block_that_is_there_already_is_begun_anew_at_its_first_tactic() -> None:
    position = at("example : p := by‸\n    simp\n")
    assert position.insert("STEP") == "example : p := by\n    STEP\n    simp\n"


def test_after_a_finished_tactic_the_step_goes_to_the_next_line() -> None:
    assert (
        at("example : p := by\n  simp‸\n").insert("STEP") == "example : p := by\n  simp\n  STEP\n"
    )


def test_after_a_bullet_the_step_stays_on_its_line() -> None:
    assert at("example : p := by\n  ·‸\n").insert("STEP") == "example : p := by\n  · STEP\n"
    assert (
        at("example : p := by\n  · ‸simp\n").insert("S") == "example : p := by\n  · S\n    simp\n"
    )


def test_the_rest_of_an_enclosing_term_stays_on_the_line() -> None:
    position = at("example : p ∧ q := ⟨by ‸, hq⟩\n")
    assert position.insert("simp") == "example : p ∧ q := ⟨by simp, hq⟩\n"


def test_after_a_semicolon_the_step_is_followed_by_one() -> None:
    assert (
        at("example : p := by\n  simp; ‸rfl\n").insert("S") == "example : p := by\n  simp; S; rfl\n"
    )


def test_a_comment_behind_the_position_does_not_swallow_or_join_the_step() -> None:
    position = at("example : p := by\n  ‸-- to do\n")
    assert position.insert("simp") == "example : p := by\n  simp\n  -- to do\n"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("example : p := by simp\n", 1, "example : p := by S\n                  simp\n"),
        ("example : p := by\n  simp\n", 2, "example : p := by\n  S\n  simp\n"),
        ("example : p := by\n", 2, "example : p := by\n  S"),
        ("example : p := by\n\n", 2, "example : p := by\n  S\n"),
        ("example : p := by\n  intro x\n\n", 3, "example : p := by\n  intro x\n  S\n"),
        (
            "example : p := by\n  cases n with\n  | zero => rfl\n",
            3,
            "example : p := by\n  cases n with\n  | zero => S\n            rfl\n",
        ),
        ("example : p := by\n  · sorry\n", 2, "example : p := by\n  · S\n"),
    ],
)
def test_without_a_column_the_tactic_of_the_line_is_meant(
    text: str, line: int, expected: str
) -> None:
    assert ProofPosition.from_line_column(text, line).insert("S") == expected


def test_the_lines_of_a_step_are_indented_to_its_column() -> None:
    position = at("example : p := by\n  · ‸sorry\n")
    inserted = position.insert("have h : q := by\n  simp\nexact h")
    assert inserted == "example : p := by\n  · have h : q := by\n      simp\n    exact h\n"


def test_a_file_with_crlf_keeps_its_line_ends() -> None:
    position = at("example : p := by\r\n  ‸sorry\r\n")
    assert position.insert("a\nb") == "example : p := by\r\n  a\r\n  b\r\n"
    assert at("example : p := by‸\r\n").insert("a") == "example : p := by\r\n  a\r\n"


def test_columns_are_code_points_and_utf16_positions_are_converted() -> None:
    text = "example (𝔸 : p) : q := by /- 🙂 -/ simp; sorry"
    column = text.index("sorry")
    position = ProofPosition.from_line_column(text, 1, column)
    assert position.replaced == "sorry"
    assert ProofPosition.from_utf16(text, 0, utf16_column(text, column)) == position


@pytest.mark.parametrize(
    ("marked", "tactic"),
    [
        ("  sim‸p at h", "simp at h"),
        ("  · exact fo‸o", "exact foo"),
        ("  | succ n ih => si‸mp", "simp"),
        ("theorem t : p := by om‸ega", "omega"),
        ("  have h : q := by om‸ega", "omega"),
        ("  ha‸ve h : q := by omega", "have h : q := by omega"),
        ("  simp; om‸ega", "omega"),
        ("  cases h <;> si‸mp", "cases h <;> simp"),
        ("  exact fun x => f‸ x", "exact fun x => f x"),
        ("  om‸ega -- by hand; really", "omega"),
    ],
)
def test_whoever_points_into_a_tactic_means_the_whole(marked: str, tactic: str) -> None:
    text, line, column = split("theorem before : p := by\n" + marked)
    position = ProofPosition.from_utf16(text, line - 1, column)
    rest = position.original[position.start :]
    assert rest.startswith(tactic)


OPEN = [
    "theorem t : p := by SORRY\n",
    "theorem t : p := by\n  have : n / 2 < n := by SORRY\n  simp\n",
    "theorem t : p ∧ q := ⟨by SORRY, rfl⟩\n",
    "theorem t : p := by\n  exact foo (by SORRY) h\n",
    "theorem t : p := by\n  cases h with\n  | inl h => exact g (by SORRY)\n",
    "theorem t : p := by\n  cases n with\n  | zero => SORRY\n  | succ n => simp\n",
    "theorem t : a = b := calc\n  a = b := by SORRY\n",
    "theorem t : p ∧ q := by\n  constructor <;> SORRY\n",
    "theorem t : p := by\n  · SORRY -- to do\n",
    "example : (by SORRY : x = y) = h := rfl\n",
    "theorem t : p := by { SORRY }\n",
    "theorem t : p := by first | rfl | SORRY\n",
    "theorem t : p := by\n  if h : q then SORRY else exact h\n",
    "theorem t : p := by\n  first | SORRY | rfl\n",
]


@pytest.mark.parametrize("word", ["sorry", "admit"])
@pytest.mark.parametrize("marked", OPEN)
def test_whoever_points_at_an_open_place_or_its_line_means_the_place(
    marked: str, word: str
) -> None:
    text, expected = marked.replace("SORRY", word), marked.replace("SORRY", "STEP")
    before = text[: text.index(word)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
    found = ProofPosition.from_line_column(text, line)
    assert (found.replaced, found.insert("STEP")) == (word, expected)
    for inside in range(column, column + len(word) + 1):
        assert ProofPosition.from_line_column(text, line, inside) == found
        content = text.split("\n")[line - 1]
        units = utf16_column(content, inside)
        assert ProofPosition.from_utf16(text, line - 1, units) == found


def test_of_several_open_places_on_a_line_the_first_is_meant() -> None:
    text = "theorem t : p ∧ q := ⟨by sorry, by sorry⟩\n"
    found = ProofPosition.from_line_column(text, 1)
    assert found.insert("S") == "theorem t : p ∧ q := ⟨by S, by sorry⟩\n"


def test_a_sorry_that_is_a_term_leaves_the_tactic_of_the_line() -> None:
    text = "theorem t : p := by\n  have h : q := sorry\n"
    assert ProofPosition.from_line_column(text, 2).replaced == ""
    assert ProofPosition.from_line_column(text, 2).column == 2


BLOCKS = [
    (
        "example : p := by\n  ‸simp\n  omega\n    more\n\n\ntheorem u : q := by\n  rfl\n",
        "example : p := by\n  STEP\n\n\ntheorem u : q := by\n  rfl\n",
    ),
    (
        "example : p := by\n  · ‸simp\n    omega\n  · rfl\n",
        "example : p := by\n  · STEP\n  · rfl\n",
    ),
    (
        "example : p := by\n  intro x\n  ‸\n  simp\n    at x\n\n  omega\nend A\n",
        "example : p := by\n  intro x\n  STEP\nend A\n",
    ),
    (
        "example : p := by\n  · intro x\n‸\n    simp\n  · rfl\n",
        "example : p := by\n  · intro x\n    STEP\n  · rfl\n",
    ),
    (
        "example : p := by\n  intro x‸\n  simp\n  omega\n\n/-- more -/\ndef d := 1\n",
        "example : p := by\n  intro x\n  STEP\n\n/-- more -/\ndef d := 1\n",
    ),
    (
        "example : p := by\n  ‸simp\n-- between\n  omega -- with it\n-- of the file\n",
        "example : p := by\n  STEP\n-- of the file\n",
    ),
    (
        "example : p := by\n  intro x‸\n  simp\n  -- the end\n\n  /- and more -/\n",
        "example : p := by\n  intro x\n  STEP\n  -- the end\n\n  /- and more -/\n",
    ),
    (
        "example : p := by\n  ‸\n  -- to do\n\ndef d := 1\n",
        "example : p := by\n  STEP\n  -- to do\n\ndef d := 1\n",
    ),
    (
        "example : p := by\n  exact foo (by\n    ‸simp\n    omega) h\n  omega\n",
        "example : p := by\n  exact foo (by\n    STEP) h\n  omega\n",
    ),
    ("example : p ∧ q := ⟨by ‸simp [a, b], rfl⟩\n", "example : p ∧ q := ⟨by STEP, rfl⟩\n"),
    ("example : p := by\n  ‸sorry\n  omega\n", "example : p := by\n  STEP\n  omega\n"),
    (
        "example : p := by\n  have : q := by‸\n  omega\n",
        "example : p := by\n  have : q := by\n    STEP\n  omega\n",
    ),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(("marked", "expected"), BLOCKS)
def test_a_step_that_closes_the_goal_replaces_what_follows_in_its_block(
    marked: str, expected: str, line_end: str
) -> None:
    position = at(marked.replace("\n", line_end))
    closing = position.closing
    assert closing.insert("STEP") == expected.replace("\n", line_end)
    assert closing.original == position.original
    assert closing.closing == closing


@pytest.mark.parametrize(("line", "column"), [(0, None), (4, None), (-1, 0), (1, 18), (2, -1)])
def test_a_place_that_does_not_exist_is_named(line: int, column: int | None) -> None:
    with pytest.raises(DocumentError, match="does not exist"):
        ProofPosition.from_line_column("example : p := by\n  simp\n", line, column)


def test_comments_and_strings_are_blanked() -> None:
    text = 'a /- b /- c -- -/ " -/ d "e /- \\" f" g -- h\n/-- don\'t -- -/ i \'"\' j'
    masked = mask_comments(text)
    assert len(masked) == len(text)
    assert masked.split() == ["a", "d", "g", "i", "j"]


SOURCE = st.text(st.sampled_from(list('by =>·;|()⟩,-/"\n\r 𝔸🙂sorry_ax:')) | st.characters())


@given(SOURCE, st.data())
def test_every_position_can_be_undone(text: str, data: st.DataObject) -> None:
    line = data.draw(st.integers(1, text.count("\n") + 1))
    content = text.split("\n")[line - 1].removesuffix("\r")
    column = data.draw(st.none() | st.integers(0, len(content)))
    for position in (
        ProofPosition.from_line_column(text, line, column),
        ProofPosition.from_utf16(text, line - 1, column or 0),
    ):
        for variant in (position, position.closing):
            assert variant.original == text
            assert text[variant.start : variant.end] == variant.replaced
            step = "simp"
            edited = text[: variant.start] + variant.replacement(step) + text[variant.end :]
            assert edited == variant.insert(step)
            if "\r" not in text:
                assert variant.insert(step) == variant.before + step + variant.after


@given(st.text(), st.integers(0, 100))
def test_utf16_columns_come_back(line: str, column: int) -> None:
    column = min(column, len(line))
    assert code_point_column(line, utf16_column(line, column)) == column
    assert (
        utf16_column(line, column) == len(line[:column].encode("utf-16-le", "surrogatepass")) // 2
    )


@given(SOURCE)
def test_masking_keeps_every_line_and_column(text: str) -> None:
    masked = mask_comments(text)
    assert len(masked) == len(text)
    assert [line.count("") for line in masked.split("\n")] == [
        line.count("") for line in text.split("\n")
    ]
