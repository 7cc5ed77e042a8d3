"""Right and wrong programs for the problems of `problems/`, judged as a whole.

After its text come programs under `@@@@ right`, `@@@@ wrong` (the samples show it),
`@@@@ subtle` (the first right one shows it), `@@@@ unseen` (it shows on many inputs that may not
be allowed) and `@@@@ open` (what it prints may be as good).
"""

import re
from pathlib import Path

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
JUDGE = Judge(Sandbox(Limits(seconds_per_call=2)))


def load_programs(*kinds, beside_reference=False):
    for file in sorted(Path(__file__).with_name("problems").glob("*.txt")):
        text, *parts = re.split(r"^@@@@ (\w+)\n", file.read_text(encoding="utf-8"), flags=re.M)
        programs = list(zip(parts[::2], parts[1::2], strict=True))
        reference = next(program for kind, program in programs if kind == "right")
        for number, (kind, program) in enumerate(programs):
            if kind in kinds and not (beside_reference and program == reference):
                yield pytest.param(text, program, reference, id=f"{file.stem} {number} {kind}")


@pytest.mark.parametrize(("text", "program", "reference"), load_programs("right"))
def test_a_right_program_is_correct_by_the_samples(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text))

    assert judgement.verdict is Verdict.CORRECT, judgement


@pytest.mark.parametrize(("text", "program", "reference"), load_programs("wrong"))
def test_a_wrong_program_is_incorrect_by_the_samples(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text))

    assert judgement.verdict is Verdict.INCORRECT, judgement
    assert judgement.faults


@pytest.mark.parametrize(("text", "program", "reference"), load_programs("open"))
def test_another_answer_where_any_is_allowed_decides_nothing(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text))

    assert judgement.verdict is Verdict.UNKNOWN, judgement
    assert "as good" in judgement.reason


@pytest.mark.parametrize(
    ("text", "program", "reference"), load_programs("right", beside_reference=True)
)
def test_a_right_program_is_correct_beside_a_reference(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text, reference=reference))

    assert judgement.verdict is Verdict.CORRECT, judgement


@pytest.mark.parametrize(("text", "program", "reference"), load_programs("subtle"))
def test_a_subtly_wrong_program_is_incorrect_beside_a_reference(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text, reference=reference))

    assert judgement.verdict is Verdict.INCORRECT, judgement
    assert judgement.faults


@pytest.mark.parametrize(("text", "program", "reference"), load_programs("unseen"))
def test_many_differences_on_doubtful_inputs_decide_nothing(text, program, reference):
    judgement = JUDGE.judge(Question(program, intent=text, reference=reference))

    assert judgement.verdict is Verdict.UNKNOWN, judgement
    assert judgement.faults
    assert any("may not be allowed" in note for each in judgement.evidence for note in each.notes)
