"""References and candidates of many kinds, compared for real."""

import tomllib
from pathlib import Path

import pytest

from stepcheck.server.judge.evidence import differential
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.judgement import place_in_project
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
HERE = Path(__file__).parent


def read(name):
    return tomllib.loads((HERE / name).read_text())["pair"]


def compare(pair):
    question = Question(
        code=pair["candidate"], reference=pair["reference"], intent=pair.get("text", "")
    )
    found = find(question.code, question.intent)
    sandbox = place_in_project(Sandbox(Limits(seconds=20)), question)
    return differential.examine(question, found, sandbox, lambda: False)


@pytest.mark.parametrize("pair", read("differential_pairs.toml"), ids=lambda pair: pair["name"])
def test_a_difference_means_what_its_place_in_the_domain_says(pair):
    evidence = compare(pair)

    assert evidence.finding == pair["expected"], (evidence.notes, evidence.counterexamples)


@pytest.mark.parametrize("pair", read("library_pairs.toml"), ids=lambda pair: pair["name"])
def test_values_of_libraries_are_compared_by_meaning(pair):
    evidence = compare(pair)

    assert evidence.finding == pair["expected"], (evidence.notes, evidence.counterexamples)


@pytest.mark.parametrize("pair", read("file_pairs.toml"), ids=lambda pair: pair["name"])
def test_files_and_folders_are_made_alike_for_both(pair):
    evidence = compare(pair)

    assert evidence.finding == pair["expected"], (evidence.notes, evidence.counterexamples)
