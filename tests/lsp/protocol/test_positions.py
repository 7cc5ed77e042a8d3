import pytest
from lsprotocol import types

from stepcheck.lsp.protocol.positions import TextPositions

UTF8 = types.PositionEncodingKind.Utf8
UTF16 = types.PositionEncodingKind.Utf16
UTF32 = types.PositionEncodingKind.Utf32


def at(line: int, character: int) -> types.Position:
    return types.Position(line=line, character=character)


@pytest.mark.parametrize(("encoding", "units"), [(UTF8, 9), (UTF16, 5), (UTF32, 4)])
def test_a_column_counts_the_units_of_the_encoding(encoding, units):
    text = "first\na∀𝔸b|c\n"
    positions = TextPositions(text, encoding)
    offset = text.index("|")
    assert positions.position_at(offset) == at(1, units)
    assert positions.offset_at(at(1, units)) == offset


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
def test_every_offset_survives_the_way_to_the_client_and_back(encoding):
    text = "a\r\n𝔸∀\n\n\tx\ry\u2028z\x0cw"
    positions = TextPositions(text, encoding)
    offsets = [offset for offset in range(len(text) + 1) if offset != text.index("\n")]
    assert [positions.offset_at(positions.position_at(offset)) for offset in offsets] == offsets


def test_only_line_breaks_end_a_line():
    positions = TextPositions("a\x0cb\x85c\u2028d\ne")
    assert positions.offset_at(at(1, 0)) == len("a\x0cb\x85c\u2028d\n")
    assert positions.position_at(6) == at(0, 6)


def test_a_column_beyond_the_line_means_its_end_and_a_line_beyond_the_text_means_its_end():
    positions = TextPositions("ab\r\ncd")
    assert positions.offset_at(at(0, 99)) == 2
    assert positions.offset_at(at(7, 3)) == 6
    assert TextPositions("").offset_at(at(3, 3)) == 0


def test_a_position_inside_a_surrogate_pair_means_the_character():
    positions = TextPositions("𝔸b", UTF16)
    assert positions.offset_at(at(0, 1)) == 0
    assert positions.offset_at(at(0, 2)) == 1


def test_a_lone_surrogate_is_one_unit():
    positions = TextPositions("\ud835x", UTF16)
    assert positions.offset_at(at(0, 1)) == 1
