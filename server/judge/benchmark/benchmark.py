"""Measure the judge on labelled candidates: rows of JSON lines, plain or xz-compressed."""

import lzma
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from stepcheck.server.judge.benchmark import completion
from stepcheck.server.judge.benchmark.agreement import kendall_tau_b, spearman_rho
from stepcheck.server.judge.benchmark.preludes import HUMANEVAL_X
from stepcheck.server.judge.evidence import tests
from stepcheck.server.judge.evidence.harness import gathering
from stepcheck.server.judge.judgement import LANGUAGES, Judge
from stepcheck.server.judge.languages.python.source import SourceError, main_function, parse
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Adequacy,
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Judgement,
    Severity,
    Verdict,
)
from stepcheck.server.sandbox.sandbox import Sandbox

_FOLLOWING = re.compile(r"\n(?=[^\s#)\]}])")


_ORDER = {Verdict.INCORRECT: 0.0, Verdict.UNKNOWN: 0.5, Verdict.CORRECT: 1.0}


class BenchmarkError(Exception):
    """The file is missing or not of the schema; the message says where."""


class Row(BaseModel):
    """A candidate that completes a declaration, with a label that says whether it is right."""

    model_config = ConfigDict(frozen=True)

    id: str
    language: str
    problem: str
    examples: str = ""
    declaration: str
    reference: str
    candidate: str
    tests: str = ""
    label: bool


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with what the judge made of it.

    `recomputed` is the label by the row's tests, None where they could not be run; the judge
    never sees these tests.
    """

    row: Row
    judgement: Judgement
    recomputed: bool | None


class EvidenceSummary(BaseModel):
    """What a record keeps of a piece of evidence: all that a calibration looks at."""

    model_config = ConfigDict(frozen=True)

    kind: EvidenceKind
    finding: Finding
    passed: int
    run: int
    severities: tuple[Severity, ...] = ()
    adequacy: Adequacy | None = None

    def to_evidence(self) -> Evidence:
        """Return evidence of these figures, with faults that have nothing but a severity."""
        faults = (Fault(None, each, FaultKind.WRONG_RESULT, "") for each in self.severities)
        return Evidence(
            self.kind,
            self.finding,
            self.passed,
            self.run,
            faults=tuple(faults),
            adequacy=self.adequacy,
        )


class Record(BaseModel):
    """A line of `stepcheck judge --benchmark --json`: what became of a row."""

    model_config = ConfigDict(frozen=True)

    id: str
    language: str
    label: bool
    recomputed: bool | None
    verdict: Verdict
    score: float
    confidence: float
    evidence: tuple[EvidenceSummary, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures for some rows; `accuracy` is of the decided ones, `coverage` their share.

    `tau` compares labels and verdicts, `unknown` between the others, as CodeJudge (arXiv
    2410.02184) compares its binary verdicts: τ-b falls with every distinct score. `rho` compares
    labels and scores.
    """

    rows: int
    coverage: float
    accuracy: float
    tau: float
    rho: float


def read_rows(path: Path) -> list[Row]:
    """Return the rows; raises `BenchmarkError`."""
    try:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
            return [_read_row(line, number) for number, line in enumerate(lines, 1)]
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}") from error


def _read_row(line: str, number: int) -> Row:
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the line"
        message = f"line {number}: {where}: {error.errors()[0]['msg']}"
        raise BenchmarkError(message) from None


def judge_rows(rows: Iterable[Row], judge: Judge, *, use_reference: bool) -> Iterator[JudgedRow]:
    """Judge each row without its tests, several at once; they come in their order.

    The labels of other languages are recomputed by Python's tests of the same problem, if there
    are any, where the rows have none of their own.
    """
    known = list(rows)
    shared = {row.problem: row.tests for row in known if row.language == "python" and row.tests}

    def judge_row(row: Row) -> JudgedRow:
        code = _complete(row, row.candidate)
        question = Question(
            code=code,
            language=row.language,
            before=None,
            intent=row.problem,
            examples=row.examples,
            reference=_complete(row, row.reference) if use_reference else None,
        )
        tests_given = row.tests.strip() or shared.get(row.problem, "")
        return JudgedRow(
            row, judge.judge(question), _recompute(row.language, code, tests_given, judge.sandbox)
        )

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [pool.submit(judge_row, row) for row in known]
        try:
            for future in waiting:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _complete(row: Row, candidate: str) -> str:
    if row.language == "python":
        return complete(row.declaration, candidate)
    if row.language in LANGUAGES:
        return completion.complete(row.language, row.declaration, candidate)
    return ""


def complete(declaration: str, candidate: str) -> str:
    """Return the module that the candidate stands for, with the imports that HumanEval-X supplies.

    Candidates are bodies, bodies whose first line lost its indentation, or whole functions; some
    are followed by a torn piece of something else.
    """
    name = _main_name(declaration + "    pass\n")
    head = HUMANEVAL_X + declaration[: declaration.rfind("def ")]
    if name is not None and _main_name(head + candidate) == name:
        return head + candidate
    declared = HUMANEVAL_X + declaration
    body = _FOLLOWING.split(candidate, maxsplit=1)[0]
    texts = (
        declared + candidate,
        declared + "    " + candidate.lstrip(),
        declared + body,
        declared + "    " + body.lstrip(),
    )
    return next((text for text in texts if _main_name(text) is not None), texts[0])


def _main_name(text: str) -> str | None:
    try:
        function = main_function(parse(text))
    except SourceError:
        return None
    return function.name if function else None


def _recompute(language: str, code: str, tests_given: str, sandbox: Sandbox) -> bool | None:
    if language not in LANGUAGES or not tests_given.strip():
        return None
    question = Question(code=code, language=language, tests=tests_given)
    if language in HARNESS_LANGUAGES:
        found = gathering.gather(question, sandbox, lambda: False)
        if any(evidence.finding is Finding.REFUTES for evidence in found):
            return False
        findings = [one.finding for one in found if one.kind is EvidenceKind.TESTS]
        return True if Finding.SUPPORTS in findings else None
    try:
        parse(code)
    except SourceError:
        return False
    finding = tests.examine(question, sandbox, lambda: False).finding
    return None if finding is Finding.NOTHING else finding is Finding.SUPPORTS


def summarize(judged: Sequence[JudgedRow], *, recomputed: bool) -> Summary:
    """Return the figures, against the published labels or those recomputed by the tests."""
    labelled = [
        (one.judgement, one.recomputed if recomputed else one.row.label)
        for one in judged
        if not recomputed or one.recomputed is not None
    ]
    decided = [
        (judgement.verdict is Verdict.CORRECT) == label
        for judgement, label in labelled
        if judgement.verdict is not Verdict.UNKNOWN
    ]
    labels = [float(bool(label)) for _, label in labelled]
    return Summary(
        rows=len(labelled),
        coverage=len(decided) / len(labelled) if labelled else float("nan"),
        accuracy=sum(decided) / len(decided) if decided else float("nan"),
        tau=kendall_tau_b([_ORDER[judgement.verdict] for judgement, _ in labelled], labels),
        rho=spearman_rho([judgement.score for judgement, _ in labelled], labels),
    )


def to_record(one: JudgedRow) -> Record:
    """Return what is kept of a judged row."""
    return Record(
        id=one.row.id,
        language=one.row.language,
        label=one.row.label,
        recomputed=one.recomputed,
        verdict=one.judgement.verdict,
        score=one.judgement.score,
        confidence=one.judgement.confidence,
        evidence=tuple(
            EvidenceSummary(
                kind=evidence.kind,
                finding=evidence.finding,
                passed=evidence.passed,
                run=evidence.run,
                severities=tuple(fault.severity for fault in evidence.faults),
                adequacy=evidence.adequacy,
            )
            for evidence in one.judgement.evidence
        ),
    )
