"""Evidence of a reference: whether a program prints the same on many inputs.

Inputs are made from the format and the constraints that the text states; where these were not read,
from the samples. Only on inputs that follow from what was read does one difference refute.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.programs.input_drawing import LARGE, SMALL, TINY, draw_inputs
from stepcheck.server.judge.evidence.programs.mutation import mutate
from stepcheck.server.judge.evidence.programs.output_comparison import Match, compare
from stepcheck.server.judge.evidence.programs.output_rules import OutputRules
from stepcheck.server.judge.evidence.programs.problem_input import Allowed, ProblemInput
from stepcheck.server.judge.evidence.programs.runs import Ending, ProgramRun, RunLimits
from stepcheck.server.judge.evidence.programs.sample_checks import (
    PATIENCE,
    ProgramRunner,
    judge_ending,
    show,
    show_input,
)
from stepcheck.server.judge.evidence.programs.samples import Sample
from stepcheck.server.judge.evidence.rare_differences import discount_rare_differences
from stepcheck.server.judge.verdict import (
    Counterexample,
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.sandbox import Status

INPUTS = 48
_SMALLER_INPUTS = 24
_SCALES = (TINY[0], SMALL[0], TINY[1], SMALL[1], LARGE[0], TINY[2], SMALL[2], LARGE[1], LARGE[2])
_FAR_FASTER = 20
"""How many times as long as the reference a program has to take for its time to refute it."""

_COMMON = 0.2
"""Without a reference, the share of small inputs on which a program has to fail to be refuted."""

_OTHER_SEED = 1
_FAULTS = {
    Status.RAISED: (Severity.MAJOR, FaultKind.EXCEPTION),
    Status.CRASHED: (Severity.FATAL, FaultKind.CRASH),
    Status.TIMEOUT: (Severity.MAJOR, FaultKind.TIMEOUT),
}


@dataclass(frozen=True, slots=True)
class _Compared:
    """An input on which the reference ended well, and what both did."""

    given: str
    got: ProgramRun
    wanted: ProgramRun
    status: Status
    match: Match | None = None

    @property
    def differs(self) -> bool:
        return self.status not in (Status.PASSED, Status.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A program, its reference, and what is known about their input and output."""

    judged: ProgramRunner
    reference: ProgramRunner
    known: ProblemInput
    samples: tuple[Sample, ...]
    rules: OutputRules

    def examine(self) -> Evidence:
        """Compare the two on many inputs; raises what `Sandbox.run` does."""
        inputs = self._inputs()
        if not inputs:
            return _nothing("neither the text nor samples show what the inputs are like")
        compared = self._compare(inputs)
        counted = [one for one in compared if one.status is not Status.INCONCLUSIVE]
        set_aside = len(inputs) - len(counted)
        different = [one for one in counted if one.differs]
        if not different:
            return replace(_agreement(compared, counted), set_aside=set_aside)
        smallest = self._shrink(different)
        if not self._is_stable(smallest):
            return replace(_nothing("results vary from run to run"), set_aside=set_aside)
        evidence = Evidence(
            EvidenceKind.DIFFERENTIAL,
            Finding.REFUTES,
            len(counted) - len(different),
            len(counted),
            set_aside,
            (_fault(smallest),),
            counterexamples=(_counterexample(smallest),),
        )
        match self.known.allowed:
            case Allowed.SURELY:
                return evidence
            case Allowed.LIKELY:
                return discount_rare_differences(evidence)
        return replace(
            evidence,
            finding=Finding.NOTHING,
            faults=(replace(_fault(smallest), severity=Severity.SMALL),),
            notes=("differs from the reference, on inputs that may not be allowed",),
        )

    def _inputs(self) -> list[str]:
        if self.known.items:
            return draw_inputs(self.known, INPUTS, _SCALES)
        return mutate(self.samples, INPUTS)

    def _compare(
        self, inputs: Sequence[str], *, hash_seed: int = 0, patience: int = 1
    ) -> list[_Compared]:
        """Run both, and return what they did on the inputs that the reference answers."""
        seconds = self.judged.sandbox.limits.seconds_per_call * patience
        limits = RunLimits(seconds, output_bytes=1 << 18, hash_seed=hash_seed)
        answers = self.reference.run(inputs, limits)
        answered = [
            (given, wanted)
            for given, wanted in zip(inputs, answers, strict=True)
            if wanted.ended_well and not wanted.message
        ]
        runs = self.judged.run([given for given, _ in answered], limits)
        return [
            self._judge(given, got, wanted)
            for (given, wanted), got in zip(answered, runs, strict=True)
        ]

    def _judge(self, given: str, got: ProgramRun, wanted: ProgramRun) -> _Compared:
        failed = judge_ending(got, given)
        if failed is not None:
            status = failed.status
            is_slow = got.ending is Ending.PROCESSOR_TIME
            if is_slow and got.cpu_seconds < _FAR_FASTER * wanted.cpu_seconds:
                status = Status.INCONCLUSIVE
            return _Compared(given, got, wanted, status)
        match = compare(got.output, (wanted.output,), self.rules)
        if match is Match.EQUAL:
            return _Compared(given, got, wanted, Status.PASSED, match)
        status = Status.FAILED if match is Match.DIFFERENT else Status.INCONCLUSIVE
        return _Compared(given, got, wanted, status, match)

    def _shrink(self, different: Sequence[_Compared]) -> _Compared:
        """Return the smallest input found on which the two differ."""
        smallest = min(different, key=_size)
        if not self.known.items or smallest.got.ending is Ending.PROCESSOR_TIME:
            return smallest
        drawn = draw_inputs(self.known, 2 * _SMALLER_INPUTS, TINY, seed=1)
        smaller = [given for given in drawn if len(given) < len(smallest.given)][:_SMALLER_INPUTS]
        found = [one for one in self._compare(smaller) if one.differs] if smaller else []
        return min([smallest, *found], key=_size)

    def _is_stable(self, one: _Compared) -> bool:
        """Tell whether both do the same again with more time and another order of sets."""
        again = self._compare([one.given], hash_seed=_OTHER_SEED, patience=PATIENCE)
        return bool(again) and again[0].differs and again[0].wanted.output == one.wanted.output


def examine_without_reference(judged: ProgramRunner, known: ProblemInput) -> Evidence | None:
    """Return evidence of small inputs on which the program fails; None where it ends well on all.

    Raises what `Sandbox.run` does.
    """
    if known.allowed is not Allowed.SURELY:
        return None
    inputs = draw_inputs(known, _SMALLER_INPUTS, (*TINY, SMALL[0]), seed=2)
    runs = judged.run(inputs, RunLimits(judged.sandbox.limits.seconds_per_call))
    ended = [
        (given, run, judge_ending(run, given)) for given, run in zip(inputs, runs, strict=True)
    ]
    failed = sorted(
        (
            (given, run, result.status)
            for given, run, result in ended
            if result is not None and result.status in (Status.RAISED, Status.CRASHED)
        ),
        key=lambda one: len(one[0]),
    )
    if not failed:
        return None
    given, run, status = failed[0]
    one = _Compared(given, run, ProgramRun(Ending.NORMAL), status)
    count = sum(each.ending is not Ending.NOT_RUN for each in runs)
    note = f"fails on {len(failed)} of {count} small inputs made from the constraints"
    fault = _fault(one)
    if len(failed) >= _COMMON * count:
        return Evidence(
            EvidenceKind.EXAMPLES, Finding.REFUTES, 0, len(failed), faults=(fault,), notes=(note,)
        )
    suspicion = replace(fault, severity=Severity.SMALL)
    return Evidence(EvidenceKind.EXAMPLES, Finding.NOTHING, faults=(suspicion,), notes=(note,))


def _agreement(compared: Sequence[_Compared], counted: Sequence[_Compared]) -> Evidence:
    """Return the evidence of two that never differ: it supports if that was seen often enough."""
    if not compared:
        return _nothing("the reference answers none of the inputs tried")
    unsure = [one for one in compared if one not in counted]
    if len(unsure) >= len(counted):
        return _nothing(f"nothing follows from most of the inputs: {_difference(unsure[0])}")
    agreed = len(counted)
    return Evidence(EvidenceKind.DIFFERENTIAL, Finding.SUPPORTS, agreed, agreed)


def _size(one: _Compared) -> tuple[int, str]:
    return len(one.given), one.given


def _fault(one: _Compared) -> Fault:
    line = Range(one.got.line, one.got.line) if one.got.line else None
    severity, kind = _FAULTS.get(one.status, (Severity.MAJOR, FaultKind.WRONG_RESULT))
    return Fault(line, severity, kind, _difference(one))


def _difference(one: _Compared) -> str:
    failed = judge_ending(one.got, one.given)
    if failed is not None:
        return failed.message
    doubt = "" if one.match is None or one.match.decides else f", {one.match}"
    printed, wanted = show(one.got.output), show(one.wanted.output)
    return f"{show_input(one.given)} it prints {printed}, not {wanted}{doubt}"


def _counterexample(one: _Compared) -> Counterexample:
    failed = judge_ending(one.got, one.given)
    got = one.got.message or failed.message if failed else one.got.output
    return Counterexample(one.given, got, one.wanted.output)


def _nothing(note: str) -> Evidence:
    return Evidence(EvidenceKind.DIFFERENTIAL, Finding.NOTHING, notes=(note,))
