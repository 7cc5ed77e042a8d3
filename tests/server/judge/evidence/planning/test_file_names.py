import ast

import pytest

from stepcheck.server.judge.evidence.domain.parameters import read_parameters
from stepcheck.server.judge.evidence.planning.file_names import (
    PathParameter,
    Role,
    folder_suffixes,
    opened_files,
    read_path_parameter,
)


def read(parameter, text=""):
    function = ast.parse(f"def f({parameter}): pass").body[0]
    [known], _ = read_parameters(function, None, text)
    return read_path_parameter(known)


@pytest.mark.parametrize(
    ("parameter", "role"),
    [
        ("file_path", Role.FILE),
        ("csv_file: str", Role.FILE),
        ("filename", Role.FILE),
        ("path1: str", Role.FILE),
        ("source: os.PathLike", Role.FILE),
        ("directory", Role.FOLDER),
        ("src_dir: str", Role.FOLDER),
        ("file_paths: list[str]", Role.FILES),
        ("output_file", Role.NEW_FILE),
        ("output_dir: str", Role.NEW_FOLDER),
        ("file_type: str", None),
        ("path_length", None),
        ("file_size: int", None),
        ("numbers: list[int]", None),
        ("text: str", None),
    ],
)
def test_a_parameter_for_a_path_is_known_by_its_name_and_type(parameter, role):
    known = read(parameter)

    assert (known and known.role) == role


def test_what_is_said_of_a_parameter_tells_as_well():
    text = "Parameters:\n- source (str): The path to the {} that is read.\n"

    assert read("source", text.format("file")).role is Role.FILE
    assert read("source", text.format("folder")).role is Role.FOLDER
    assert read("source", "Parameters:\n- source (str): A text.\n") is None


def test_an_object_for_a_path_is_told_from_a_text():
    assert read("where: Path") == PathParameter("where", Role.FILE, is_path=True)
    assert read("file: Union[str, Path]") == PathParameter("file", Role.FILE)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f():\n    return open('a.txt').read()", ["a.txt"]),
        ("NAME = 'data/a.csv'\ndef f():\n    return pd.read_csv(NAME)", ["data/a.csv"]),
        ("def f(path='a.json'):\n    return open(path, 'r').read()", ["a.json"]),
        ("def f():\n    open('a.txt', 'w').write('')", []),
        ("def f(name):\n    return name == 'a.txt' or open('/etc/a.txt')", []),
    ],
)
def test_files_that_code_opens_by_names_of_its_own(code, names):
    assert opened_files(code) == names


def test_the_suffixes_in_a_folder_are_those_that_the_code_looks_for():
    assert folder_suffixes("", ["glob.glob(d + '/*.csv')", "all '.json' files"]) == ["csv"]
    assert folder_suffixes("", ["os.listdir(d)", "all '.json' files"]) == ["json"]
    assert folder_suffixes("", ["os.listdir(d)", ""]) == ["txt"]
