import pytest

from stepcheck.server.judge.calibration.calibration import fitted
from stepcheck.server.judge.decision import conclude
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Severity,
    Verdict,
)

NOTHING = Evidence(EvidenceKind.STATIC, Finding.NOTHING)


def passing(count, kind=EvidenceKind.EXAMPLES):
    return Evidence(kind, Finding.SUPPORTS, passed=count, run=count)


def failing(passed, run, kind=EvidenceKind.EXAMPLES):
    fault = Fault(None, Severity.MAJOR, FaultKind.WRONG_RESULT, "wrong")
    return Evidence(kind, Finding.REFUTES, passed=passed, run=run, faults=(fault,))


def test_one_refutation_decides_against_all_support():
    judgement = conclude([NOTHING, passing(5), failing(59, 60, EvidenceKind.TESTS)])

    assert judgement.verdict is Verdict.INCORRECT
    assert judgement.score < 0.5 < judgement.confidence


def test_more_that_went_well_is_never_less_sure():
    confidences = [conclude([NOTHING, passing(count)]).confidence for count in (1, 2, 4, 8, 64)]

    assert confidences == sorted(confidences)
    assert confidences[0] > 0.5


def test_inputs_that_differ_from_the_reference_never_make_it_surer():
    fault = Fault(None, Severity.SMALL, FaultKind.WRONG_RESULT, "differs")
    agreeing = passing(60, EvidenceKind.DIFFERENTIAL)
    differing = Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, 40, 60, faults=(fault,))

    sure, unsure = (conclude([NOTHING, passing(3), each]) for each in (agreeing, differing))

    assert unsure.score <= sure.score


@pytest.mark.parametrize(("agreeing", "verdict"), [(99, Verdict.CORRECT), (95, Verdict.UNKNOWN)])
def test_differences_on_inputs_of_which_nobody_speaks_are_a_doubt_unless_rare(agreeing, verdict):
    note = "f([]) gives 0, the reference None; nobody says whether that is asked"
    doubt = Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, agreeing, 100, notes=(note,))

    judgement = conclude([NOTHING, passing(3), doubt])

    assert judgement.verdict is verdict
    assert (note in judgement.reason) is (verdict is Verdict.UNKNOWN)


def test_nothing_found_is_no_verdict():
    judgement = conclude([NOTHING])

    assert (judgement.verdict, judgement.confidence) == (Verdict.UNKNOWN, 0)
    assert judgement.reason


def test_a_verdict_that_is_not_sure_enough_is_withheld():
    certain = conclude([NOTHING, passing(3)])

    withheld = conclude([NOTHING, passing(3)], least_confidence=certain.confidence + 0.001)

    assert (withheld.verdict, withheld.confidence) == (Verdict.UNKNOWN, 0)
    assert withheld.score == certain.score
    assert withheld.reason.startswith("correct with a confidence of")


@pytest.mark.parametrize("log_odds", [-1e9, -3.0, 0.0, 0.1, 3.0, 1e9])
def test_no_figure_is_certainty(log_odds):
    assert 0 < fitted().frequency(log_odds) < 1


def test_frequencies_rise_with_the_log_odds():
    places = [each / 10 for each in range(-100, 100)]
    frequencies = [fitted().frequency(place) for place in places]

    assert frequencies == sorted(frequencies)
