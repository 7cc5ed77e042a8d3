import pytest
from lsprotocol import types

from stepcheck.lean.errors import DocumentError
from stepcheck.lsp.lean.document import LeanDocument


def pointed(text: str) -> tuple[LeanDocument, types.Position]:
    """A document and the position of the `|` in its text."""
    offset = text.index("|")
    document = LeanDocument("file:///t/T.lean", 1, text.replace("|", "", 1))
    return document, document.positions.position_at(offset)


@pytest.mark.parametrize(
    "text",
    [
        "theorem t : p := by\n  si|mp\n",
        "theorem t : p := by| simp\n",
        "theorem t : p := |by simp\n",
        "theorem t : p := by\n  have : q := foo\n  |\n",
        "theorem t\n  : p\n:= by\n  simp|\n",
        "def f := 1\ndecreasing_by\n  si|mp\n",
        "@[simp] theorem t : p := by\n  si|mp -- what follows\n",
        "/- by -/ theorem t : p := by\n  si|mp\n",
    ],
)
def test_tactics_can_stand_below_a_by(text):
    document, position = pointed(text)
    assert document.may_hold_tactic(position)


@pytest.mark.parametrize(
    "text",
    [
        "|",
        "theorem t| : p := by\n  simp\n",
        "theorem t : p := by\n  simp -- here| it is\n",
        "theorem t : p := by\n  simp -- here|\n",
        "theorem t : p := by\n  /- he|re -/ simp\n",
        "theorem t : p := by\n  simp\n\ndef two := |2\n",
        "theorem t : p := by\n  simp\n\n@[simp] def two := |2\n",
        "theorem standby : baby = |p := foo.by\n",
        '-- by\ntheorem t : "by" = |p := x\n',
        'theorem t : p := by\n  exact foo "a |b"\n',
    ],
)
def test_elsewhere_lean_is_not_even_asked(text):
    document, position = pointed(text)
    assert not document.may_hold_tactic(position)
    assert document.insertion_point(position) is None


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("theorem t : p := by\n  rw [foo, |\n", "rw [foo, "),
        ("theorem t : p := by\n  simp|\n  omega\n", "simp"),
        ("theorem t : p := by\n  constructor; rw |\n", "rw "),
        ("theorem t : p := by\n  rw |[foo]\n", ""),
        ("theorem t : p := by\n  |\n", ""),
        ("theorem t : p := by\n  sorry|\n", ""),
        ("theorem t : p := by|\n", ""),
        ("theorem t : p := by |\n", ""),
    ],
)
def test_a_caret_at_the_end_of_an_unfinished_line_asks_how_it_goes_on(text, prefix):
    document, position = pointed(text)
    place = document.insertion_point(position, is_caret=True)
    assert place is not None
    assert place.prefix == prefix
    assert place.position.original == document.text
    if prefix:
        assert place.position.replaced == prefix
        assert place.position.insert(f"{prefix}x") == document.text.replace(prefix, f"{prefix}x")
    pointing = document.insertion_point(position)
    assert pointing is not None
    assert pointing.prefix == ""


@pytest.mark.parametrize(
    ("encoding", "bytes_per_unit"), [("utf-8", 1), ("utf-16-le", 2), ("utf-32-le", 4)]
)
def test_columns_count_in_the_units_of_the_client(encoding, bytes_per_unit):
    text = "theorem t (𝔸 : Nat) : 𝔸 = 𝔸 := by sorry\n"
    units = len(text[: text.index("sorry")].encode(encoding)) // bytes_per_unit
    kind = types.PositionEncodingKind(encoding.removesuffix("-le"))
    document = LeanDocument("file:///t/T.lean", 1, text, kind)
    place = document.insertion_point(types.Position(0, units + 1))
    assert place is not None
    assert document.positions.range_of(place.position.start, place.position.end) == types.Range(
        types.Position(0, units), types.Position(0, units + 5)
    )


@pytest.mark.parametrize("text", ["x" * 3_000_000, "theorem t : p := by\n  \ud835\n"])
def test_a_text_that_lean_cannot_read_is_an_error_with_a_remedy(text):
    document = LeanDocument("file:///t/T.lean", 1, text)
    with pytest.raises(DocumentError) as caught:
        document.insertion_point(types.Position(1, 2))
    assert caught.value.remedy


def test_the_header_ends_with_the_last_import():
    text = "module\n/- import No -/\nimport Std\npublic import Lean.Elab\n\ntheorem t : p := by\n"
    position = LeanDocument("file:///t/T.lean", 1, text).header_position
    assert position is not None
    assert position.before.endswith("public import Lean.Elab\nexample : True := by\n  ")
    assert LeanDocument("file:///t/T.lean", 1, "theorem t : p := by\n").header_position is None


def test_only_files_have_a_path():
    assert str(LeanDocument("file:///t/a%20b.lean", 1, "").path) == "/t/a b.lean"
    assert LeanDocument("untitled:Untitled-1", 1, "").path is None
