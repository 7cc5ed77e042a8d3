from pathlib import Path

import pytest
import typer

from stepcheck.commands.location import Location
from stepcheck.exit_codes import ExitCode


def test_a_place_without_a_column():
    assert Location.parse("src/A.lean:12") == Location(Path("src/A.lean"), 12)


def test_a_place_with_a_column():
    assert Location.parse("A.lean:12:4") == Location(Path("A.lean"), 12, 4)


def test_a_trailing_colon_as_compilers_print_it():
    assert Location.parse("A.lean:12:4:") == Location(Path("A.lean"), 12, 4)


def test_a_drive_letter_is_part_of_the_file():
    assert Location.parse(r"C:\proofs\A.lean:3:1").file == Path(r"C:\proofs\A.lean")


@pytest.mark.parametrize("text", ["A.lean", "A.lean:", ":3", "A.lean:x", ""])
def test_something_else_says_what_to_write(text: str):
    with pytest.raises(typer.BadParameter, match="FILE:LINE"):
        Location.parse(text)


def test_a_missing_file_names_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit) as stopped:
        Location(tmp_path / "none.lean", 1).read_text()
    assert stopped.value.exit_code == ExitCode.USAGE
    assert "none.lean" in capsys.readouterr().err


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "latin.lean"
    file.write_bytes(b"-- caf\xe9\n")
    with pytest.raises(typer.Exit):
        Location(file, 1).read_text()
    assert "byte 6" in capsys.readouterr().err


def test_line_ends_are_kept(tmp_path: Path):
    file = tmp_path / "dos.lean"
    file.write_bytes(b"a\r\nb\n")
    assert Location(file, 1).read_text() == "a\r\nb\n"
