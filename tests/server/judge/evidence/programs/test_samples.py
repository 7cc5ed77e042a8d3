"""Every form of `sample_forms.txt`: a text after `####`, then `>>>>` inputs, `<<<<` outputs.

An output is the one reading that has to be among those found; `####!` marks texts with no sample.
"""

import re
from pathlib import Path

import pytest

from stepcheck.server.judge.evidence.programs.samples import find_samples


def load_forms():
    text = Path(__file__).with_name("sample_forms.txt").read_text(encoding="utf-8")
    for part in re.split(r"^#### ?", text, flags=re.M)[1:]:
        name, _, body = part.partition("\n")
        statement, *pieces = re.split(r"^(>>>>|<<<<)\n", body, flags=re.M)
        contents = [piece.removesuffix("\n") for piece in pieces[1::2]]
        yield pytest.param(
            statement, list(zip(contents[::2], contents[1::2], strict=True)), id=name
        )


@pytest.mark.parametrize(("statement", "wanted"), load_forms())
def test_the_samples_of_a_text_are_found(statement, wanted):
    found = find_samples(statement)

    assert [sample.input.removesuffix("\n") for sample in found] == [given for given, _ in wanted]
    for sample, (_, output) in zip(found, wanted, strict=True):
        assert output + "\n" in sample.outputs


def test_without_prose_after_it_an_output_has_one_reading():
    [sample] = find_samples("Example\nInput\n2\n\nOutput\n1\n\n2\n")

    assert sample.outputs == ("1\n\n2\n",)


def test_a_text_of_many_lines_is_read_in_time():
    text = "-----Example-----\nInput\n" + "1 2 3\n" * 50_000 + "Output\n4\n"

    assert find_samples(text) == ()
