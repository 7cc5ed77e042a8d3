"""From the answers to calls to what they say: compared with what was expected, and as evidence."""

from collections.abc import Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.evidence.harness.cases import Case
from stepcheck.server.judge.evidence.harness.program import Answer, ProgramRun
from stepcheck.server.judge.evidence.rare_differences import discount_rare_differences
from stepcheck.server.judge.languages.declarations import Function
from stepcheck.server.judge.languages.language import Language
from stepcheck.server.judge.languages.types import ANY
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import CheckResult, Status

_OWN_EXAMPLES = "the examples are the code's own"


def confirm_cases(
    cases: Sequence[Case], answers: Sequence[Answer | None], function: Function
) -> list[Case]:
    """Return the cases that the reference gets right, or says in a way of its own."""
    kept: list[Case] = []
    for case, answer in zip(cases, answers, strict=True):
        if answer is None or not answer.has_value:
            continue
        match wire.matches(answer.value, case.expected, function.result):
            case True:
                kept.append(case)
            case None:
                kept.append(replace(case, expected=answer.value))
    return kept


def expect_answers(cases: Sequence[Case], answers: Sequence[Answer | None]) -> list[Case]:
    """Return the cases that the reference answers, expecting what it answers."""
    return [
        replace(case, expected=answer.value)
        for case, answer in zip(cases, answers, strict=True)
        if answer is not None and answer.has_value
    ]


def to_results(
    cases: Sequence[Case], ran: ProgramRun, function: Function, language: Language
) -> list[CheckResult]:
    """Return the outcome of each case of a run, in their order."""
    last = max(ran.answers, default=-1)
    # A harness gives up after calls that took too long.
    gave_up = last >= 0 and ran.answers[last].timed_out
    results: list[CheckResult] = []
    for number, case in enumerate(cases):
        call = f"{function.name}({', '.join(map(wire.shown, case.arguments))})"
        answer = ran.answers.get(number)
        if answer is not None:
            results.append(_result(call, case, answer, function, language))
        elif ran.problem:
            results.append(CheckResult(Status.INCONCLUSIVE, ran.problem))
        elif number < last:
            results.append(CheckResult(Status.CRASHED, f"{call} ended the program"))
        elif number == last + 1 and ran.is_own_fault and not gave_up:
            results.append(CheckResult(Status.CRASHED, f"{call}: {ran.ending}"))
        else:
            results.append(
                CheckResult(Status.INCONCLUSIVE, f"not everything was run: {ran.ending}")
            )
    return results


def _result(
    call: str, case: Case, answer: Answer, function: Function, language: Language
) -> CheckResult:
    if answer.timed_out:
        return CheckResult(Status.TIMEOUT, f"{call} gives no answer in time")
    if answer.crashed:
        return CheckResult(Status.CRASHED, f"{call}: {answer.crashed}")
    if answer.raised:
        return CheckResult(Status.RAISED, f"{call}: {answer.raised}", answer.line)
    if answer.unrepresentable:
        return CheckResult(Status.INCONCLUSIVE, f"{call}: {answer.unrepresentable}")
    declared = function.result if language.has_own_types else ANY
    verdict = wire.matches(answer.value, case.expected, declared)
    if verdict:
        return CheckResult(Status.PASSED)
    difference = (
        f"{call} gives {wire.shown(answer.value)[:120]}, not {wire.shown(case.expected)[:120]}"
    )
    if verdict is None:
        note = f"{difference}, which {language.title} may say in a way of its own"
        return CheckResult(Status.INCONCLUSIVE, note)
    return CheckResult(Status.FAILED, difference)


def example_evidence(
    results: Sequence[CheckResult], set_aside: int, own: bool, notes: Sequence[str], shown: int
) -> Evidence:
    """Return the evidence of examples: those run, of those `shown`; `own` if the code's own."""
    if not results:
        if not shown:
            note = "no examples were found"
        else:
            note = (
                "no example has values of the declared types, or is one that the reference passes"
            )
        return Evidence(
            EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note, *notes)
        )
    evidence = to_evidence(EvidenceKind.EXAMPLES, results, set_aside)
    more = (*notes, _OWN_EXAMPLES) if own else tuple(notes)
    return replace(evidence, notes=(*evidence.notes, *more))


def reference_evidence(
    results: Sequence[CheckResult], set_aside: int, notes: Sequence[str]
) -> Evidence:
    """Return the evidence of inputs on which the reference was asked; slowness is none."""
    if not results:
        note = next(iter(notes), "neither examples nor types show what the inputs are like")
        return Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, notes=(note,))
    in_time = [
        replace(result, status=Status.INCONCLUSIVE) if result.status is Status.TIMEOUT else result
        for result in results
    ]
    return discount_rare_differences(to_evidence(EvidenceKind.DIFFERENTIAL, in_time, set_aside))
