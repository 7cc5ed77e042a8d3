"""Evidence about a program: samples of its problem, tests as data, and a reference."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.examples import docstring_of
from stepcheck.server.judge.evidence.programs import recognition
from stepcheck.server.judge.evidence.programs.output_rules import OutputRules, read_rules
from stepcheck.server.judge.evidence.programs.problem_input import read_problem_input
from stepcheck.server.judge.evidence.programs.program_differential import (
    Comparison,
    examine_without_reference,
)
from stepcheck.server.judge.evidence.programs.runs import RunLimits
from stepcheck.server.judge.evidence.programs.sample_checks import (
    ProgramRunner,
    check_samples,
    judge_run,
)
from stepcheck.server.judge.evidence.programs.samples import Sample, find_samples
from stepcheck.server.judge.evidence.programs.test_data import TestData, read_test_data
from stepcheck.server.judge.languages.python.source import SourceError, definitions, parse
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Sandbox, Status

_OWN_SAMPLES = "the samples are the code's own"


@dataclass(frozen=True, slots=True)
class ProgramQuestion:
    """What is known about what a program should do.

    `is_module` says that functions of it can be judged as well: importing it reads nothing.
    """

    text: str
    samples: tuple[Sample, ...]
    tests: TestData | None
    rules: OutputRules
    is_module: bool
    own: bool = False

    def of_functions(self, question: Question) -> Question | None:
        """Return the question about the functions of the program; None if there is none.

        Only sessions are about them: samples and the reference are the program's.
        """
        if not self.is_module:
            return None
        blocks = re.split(r"\n\s*\n", self.text)
        sessions = "\n\n".join(block for block in blocks if ">>>" in block)
        tests = "" if read_test_data(question.tests) else question.tests
        return replace(question, intent="", examples=sessions, tests=tests, reference=None)


def read_question(question: Question) -> ProgramQuestion | None:
    """Return what is known about a program, or None where the code is there to be called."""
    if question.function is not None or question.language != "python":
        return None
    traits = recognition.describe(question.code)
    text = "\n\n".join((question.examples, question.intent))
    data, shown = read_test_data(question.tests), read_test_data(question.examples)
    samples = shown.samples if shown else find_samples(text)
    own = False
    if not samples and traits.reads:
        samples = find_samples(docstring_of(question.code))
        own = bool(samples)
    tests = data if data and data.samples else None
    if not _is_judged_as_program(question, traits, [*samples, *(tests.samples if tests else ())]):
        return None
    is_module = ">>>" in text + question.code and not traits.reads_on_import
    return ProgramQuestion(text, samples, tests, read_rules(text), is_module, own)


def is_program(question: Question) -> bool:
    """Whether the code is judged as a program."""
    return read_question(question) is not None


def _is_judged_as_program(
    question: Question, traits: recognition.Traits, samples: Sequence[Sample]
) -> bool:
    if traits.reads:
        return True
    reference = recognition.describe(question.reference) if question.reference else None
    expects_program = bool(samples) or (reference is not None and reference.reads)
    if not expects_program:
        return False
    if traits.mentions_input:
        return True
    # It reads nothing: its functions, if it has any, may be what the text is about.
    reads_nothing = all(not sample.input.strip() for sample in samples)
    return (traits.is_program and reads_nothing) or not _has_definitions(question.code)


def _has_definitions(source: str) -> bool:
    try:
        return bool(definitions(parse(source)))
    except SourceError:
        return False


def gather(
    question: Question,
    known: ProgramQuestion,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> list[Evidence]:
    """Gather all evidence about a program; raises what `Sandbox.run` does."""
    runner = ProgramRunner(question.code, sandbox, is_cancelled)
    reference = None
    if question.reference is not None:
        reference = ProgramRunner(question.reference, sandbox, is_cancelled)
    gathered = [_examine_samples(runner, reference, known)]
    if known.tests is not None:
        results = check_samples(runner, known.tests.samples, known.rules)
        gathered.append(to_evidence(EvidenceKind.TESTS, results))
    if not any(evidence.finding is Finding.REFUTES for evidence in gathered):
        gathered += _examine_made_inputs(runner, reference, known)
    return gathered


def _examine_made_inputs(
    runner: ProgramRunner, reference: ProgramRunner | None, known: ProgramQuestion
) -> Iterator[Evidence]:
    samples = known.samples or (known.tests.samples if known.tests else ())
    problem_input = read_problem_input(known.text, samples)
    if reference is not None:
        yield Comparison(runner, reference, problem_input, samples, known.rules).examine()
    else:
        found = examine_without_reference(runner, problem_input)
        if found is not None:
            yield found


def _examine_samples(
    runner: ProgramRunner, reference: ProgramRunner | None, known: ProgramQuestion
) -> Evidence:
    """Run the samples, without those on which the reference itself fails."""
    samples = list(known.samples)
    if not samples:
        return Evidence(EvidenceKind.EXAMPLES, Finding.NOTHING, notes=("no samples were found",))
    if reference is not None:
        samples = _confirmed(reference, samples, known.rules)
        if not samples:
            note = "the reference fails every sample"
            set_aside = len(known.samples)
            return Evidence(
                EvidenceKind.EXAMPLES, Finding.NOTHING, set_aside=set_aside, notes=(note,)
            )
    results = check_samples(runner, samples, known.rules)
    evidence = to_evidence(EvidenceKind.EXAMPLES, results, len(known.samples) - len(samples))
    return replace(evidence, notes=(*evidence.notes, _OWN_SAMPLES)) if known.own else evidence


def _confirmed(
    reference: ProgramRunner, samples: Sequence[Sample], rules: OutputRules
) -> list[Sample]:
    """Return the samples that the reference passes, or whose output is one of several."""
    limits = RunLimits(reference.sandbox.limits.seconds_per_call, output_bytes=1 << 20)
    runs = reference.run([sample.input for sample in samples], limits)
    judged = [judge_run(run, sample, rules) for run, sample in zip(runs, samples, strict=True)]
    return [
        sample
        for sample, run, result in zip(samples, runs, judged, strict=True)
        if result.status is Status.PASSED
        or (result.status is Status.INCONCLUSIVE and run.ended_well)
    ]
