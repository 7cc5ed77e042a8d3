"""A real chat model behind the judge: what it says alone, and what facts add to it.

    pip install -r bench/chat_judge.requirements.txt
    python -m bench.chat_judge judge-dev.jsonl.xz --ranked judge-dev-more.jsonl.xz --weights FOLDER

FOLDER keeps the weights, unpacked, for another time (1.1 GB). Python rows are taken right and wrong
in turn; each is judged without a reference. The model is asked in CodeJudge's two ways (arXiv
2410.02184), once told no fact and once those that were established. Of RANKED, tasks with three
candidates each are compared pair by pair, in both orders, as the better and as the worse.
"""

import argparse
import dataclasses
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.chat_preferences import Preferences, choose_tasks, prefer
from bench.chat_weights import make_folder
from bench.datasets import alternate
from stepcheck.models.chat.interface import ChatMessage, ChatModel, OptionProbabilities, Sampling
from stepcheck.models.chat.local import load_chat
from stepcheck.server.judge.benchmark.agreement import kendall_tau_b
from stepcheck.server.judge.benchmark.benchmark import Row, complete, judge_rows, read_rows
from stepcheck.server.judge.benchmark.preludes import HUMANEVAL_X
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model import codejudge
from stepcheck.server.judge.model.parsing import read_claims, read_yes_or_no
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, Finding, Judgement, Verdict
from stepcheck.server.sandbox.sandbox import Sandbox

_UNDECIDED = 0.5
_ANSWERS = 3
_VERDICTS = {Verdict.INCORRECT: 0.0, Verdict.UNKNOWN: _UNDECIDED, Verdict.CORRECT: 1.0}
_FINDINGS = {Finding.REFUTES: 0.0, Finding.NOTHING: _UNDECIDED, Finding.SUPPORTS: 1.0}


class Recorded:
    """A chat model whose answers and seconds are kept."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat
        self.name = chat.name
        self.identity = chat.identity
        self.answers: list[str] = []
        self.seconds: list[float] = []
        """Of each request, answers and choices."""

    def complete(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> str:
        started = time.perf_counter()
        self.answers.append(self._chat.complete(messages, sampling, is_cancelled))
        self.seconds.append(time.perf_counter() - started)
        return self.answers[-1]

    def choose(
        self,
        messages: Sequence[ChatMessage],
        options: Sequence[str],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> OptionProbabilities:
        started = time.perf_counter()
        try:
            return self._chat.choose(messages, options, is_cancelled)
        finally:
            self.seconds.append(time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model said of a row; None where it cannot be read."""

    approves: bool | None
    score: float | None
    evidence: Evidence
    """The same, once facts have refuted what they can."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A row with the judge's verdict, and the model's opinions without and with facts."""

    label: bool
    facts: Judgement
    alone: Opinion
    informed: Opinion
    both: Judgement


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures: τ-b by what judges, shares unreadable, median seconds a request."""

    rows: int
    tau: dict[str, float]
    unreadable: dict[str, float]
    preferences: dict[str, Preferences]
    seconds: dict[str, float]


def hear(question: Question, facts: Sequence[Evidence], chat: Recorded, max_tokens: int) -> Opinion:
    """Ask the model about code, as the judge does."""
    before = len(chat.answers)
    model = codejudge.ModelJudge(chat, codejudge.VotingSettings(max_tokens=max_tokens))
    evidence = codejudge.examine(question, facts, model, Sandbox(), lambda: False)
    answers = chat.answers[before:]
    if evidence.unfinished or len(answers) != _ANSWERS:
        return Opinion(None, None, evidence)
    _analysis, summary, faults = answers
    claims = read_claims(faults)
    score = None if claims is None else codejudge.score([claim.severity for claim in claims])
    return Opinion(read_yes_or_no(summary), score, evidence)


def hear_rows(rows: Sequence[Row], chat: Recorded, max_tokens: int) -> Iterator[Heard]:
    """Judge rows, and ask the model of each."""
    judge = Judge(Sandbox())
    for judged in list(judge_rows(rows, judge, use_reference=False)):
        row, facts = judged.row, judged.judgement
        # A model need not read the data set's imports, which are longer than most candidates.
        code = complete(row.declaration, row.candidate).removeprefix(HUMANEVAL_X)
        question = Question(code, intent=row.problem, examples=row.examples)
        informed = hear(question, facts.evidence, chat, max_tokens)
        yield Heard(
            row.label if judged.recomputed is None else judged.recomputed,
            facts,
            hear(question, (), chat, max_tokens),
            informed,
            codejudge.apply_opinion(facts, informed.evidence, judge.least_confidence),
        )


def correlate(heard: Sequence[Heard]) -> dict[str, float]:
    """Return τ-b with the labels of each way of judging; what is undecided is in the middle."""

    def approval(opinion: Opinion) -> float:
        return _UNDECIDED if opinion.approves is None else float(opinion.approves)

    def score(opinion: Opinion) -> float:
        return _UNDECIDED if opinion.score is None else opinion.score

    ways: Mapping[str, Callable[[Heard], float]] = {
        "the model: analyze, then summarize": lambda each: approval(each.alone),
        "the model: fault localization": lambda each: score(each.alone),
        "… told the facts: analyze, then summarize": lambda each: approval(each.informed),
        "… told the facts: fault localization": lambda each: score(each.informed),
        "… after facts refuted it": lambda each: _FINDINGS[each.informed.evidence.finding],
        "the facts: verdict": lambda each: _VERDICTS[each.facts.verdict],
        "the facts: score": lambda each: each.facts.score,
        "both: verdict": lambda each: _VERDICTS[each.both.verdict],
        "both: score": lambda each: each.both.score,
    }
    labels = [float(each.label) for each in heard]
    return {
        name: kendall_tau_b([way(each) for each in heard], labels) for name, way in ways.items()
    }


def count_unreadable(heard: Sequence[Heard]) -> dict[str, float]:
    """Return the shares of answers that are none."""
    opinions = [each for one in heard for each in (one.alone, one.informed)]
    return {
        "no yes or no": statistics.mean(each.approves is None for each in opinions),
        "no list of faults": statistics.mean(each.score is None for each in opinions),
    }


def print_tables(measured: Measured) -> None:
    """Print what was measured."""
    console = Console()
    table = Table("judged by", "τ-b", title=f"{measured.rows} rows")
    for name, tau in measured.tau.items():
        table.add_row(name, "-" if math.isnan(tau) else f"{tau:.3f}")
    console.print(table)
    table = Table("of pairs", *measured.preferences)
    for field in dataclasses.fields(Preferences):
        figures = (getattr(each, field.name) for each in measured.preferences.values())
        table.add_row(field.name.replace("_", " "), *map(_show, figures))
    console.print(table)
    for name, share in measured.unreadable.items():
        console.print(f"{name}: {share:.0%} of the answers")
    for name, seconds in measured.seconds.items():
        console.print(f"{name}: {seconds:.1f} s (median)")


def _show(figure: float | int | None) -> str:
    if figure is None:
        return "-"
    return str(figure) if isinstance(figure, int) else f"{figure:.2f}"


def to_json(measured: Measured) -> str:
    """Return the figures as JSON, where null stands for a τ-b that has no meaning."""
    figures = dataclasses.asdict(measured)
    figures["tau"] = {name: None if math.isnan(tau) else tau for name, tau in measured.tau.items()}
    return json.dumps(figures, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path)
    parser.add_argument("--ranked", type=Path, help="rows with several candidates a task")
    parser.add_argument("--weights", type=Path, required=True, help="where to keep the weights")
    parser.add_argument("--model", type=Path, help="another chat model's folder, instead")
    parser.add_argument("--limit", type=int, default=12, help="rows")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no row after")
    parser.add_argument("--tasks", type=int, default=4, help="tasks of RANKED")
    parser.add_argument("--tokens", type=int, default=64, help="of an answer, at most")
    parser.add_argument("--answers", type=Path, help="where to write what the model said")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    chat = Recorded(load_chat(given.model or make_folder(given.weights)))
    known = [row for row in read_rows(given.rows) if row.language == "python"]
    rows = alternate(known, lambda row: row.label)[: given.limit]
    heard: list[Heard] = []
    end = time.monotonic() + given.seconds
    for each in hear_rows(rows, chat, given.tokens):
        heard.append(each)
        print(f"{len(heard)} of {len(rows)} rows", end="\r", flush=True)
        if time.monotonic() > end:
            break
    answered = len(chat.seconds)
    ranked = (
        [row for row in read_rows(given.ranked) if row.language == "python"] if given.ranked else []
    )
    preferences = prefer(choose_tasks(ranked, given.tasks), chat)
    seconds = {"an answer": chat.seconds[:answered], "a comparison": chat.seconds[answered:]}
    measured = Measured(
        len(heard),
        correlate(heard),
        count_unreadable(heard),
        preferences,
        {name: statistics.median(found) for name, found in seconds.items() if found},
    )
    print_tables(measured)
    if given.json:
        given.json.write_text(to_json(measured) + "\n")
    if given.answers:
        given.answers.write_text("".join(json.dumps(text) + "\n" for text in chat.answers))


if __name__ == "__main__":
    main()
