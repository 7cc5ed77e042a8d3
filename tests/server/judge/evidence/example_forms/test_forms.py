"""Every text of the tables in `forms` is read as it says there, and nothing else is."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from stepcheck.server.judge.evidence.example_forms.example import Reading, signatures_of
from stepcheck.server.judge.evidence.example_parsing import find_examples

TABLES = sorted(Path(__file__).with_name("forms").glob("*.toml"))
CASES = [
    (kind, case)
    for path in TABLES
    for kind, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
    for case in table["texts"]
]
RAISING = re.compile(r"try:\n    (.*)\nexcept (\w+):")
NEAR = re.compile(r"abs\((.*) - (\S+)\) <= [\d.]+")


def show(check):
    if raising := RAISING.match(check.source):
        return f"{raising[1]} raises {raising[2]}"
    if near := NEAR.fullmatch(check.source):
        return f"{near[1]} ~ {near[2]}"
    return check.source if check.expected is None else f"{check.source} => {check.expected}"


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{kind}: {case['text']}") for kind, case in CASES]
)
def test_a_text_is_read_as_what_it_says(case):
    code = ast.parse(case.get("code", "def f(x): ..."))

    found = find_examples(case["text"], signatures_of(code))

    read = {
        reading: sorted(show(one.check) for one in found if one.reading is reading)
        for reading in Reading
    }
    assert read[Reading.STRICT] == sorted(case.get("strict", []))
    assert read[Reading.LOOSE] == sorted(case.get("loose", []))


def test_there_are_enough_texts_of_both_sorts():
    silent = [case for _, case in CASES if not {"strict", "loose"} & case.keys()]

    assert len(CASES) - len(silent) >= 100
    assert len(silent) >= 50
