"""`stepcheck judge`: whether a file of code does what is wanted, and how well the judge judges."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from stepcheck.commands.session import load_settings_or_exit
from stepcheck.exit_codes import ExitCode
from stepcheck.server.judge import benchmark
from stepcheck.server.judge.judgement import Judge, Question
from stepcheck.server.judge.verdict import Fault, Judgement, Verdict
from stepcheck.server.judging import make_judge, to_response

_LANGUAGES = {".py": "python", ".js": "js", ".cpp": "cpp", ".java": "java", ".go": "go"}
_STATUS = {
    Verdict.CORRECT: ExitCode.OK,
    Verdict.INCORRECT: ExitCode.NEGATIVE,
    Verdict.UNKNOWN: ExitCode.UNDECIDED,
}
_STYLE = {Verdict.CORRECT: "green", Verdict.INCORRECT: "red", Verdict.UNKNOWN: "yellow"}
_MAX_FILE_BYTES = 10_000_000


def judge(
    file: Annotated[Path | None, typer.Argument(help="The code, a whole module.")] = None,
    intent: Annotated[str, typer.Option(help="What it should do, in prose.")] = "",
    examples: Annotated[
        Path | None, typer.Option(help="A file with examples: >>> sessions, or prose.")
    ] = None,
    tests: Annotated[
        Path | None, typer.Option(help="A file of statements that assert, or test functions.")
    ] = None,
    reference: Annotated[Path | None, typer.Option(help="Code known to be right.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="The code as it was, whose signatures must stay.")
    ] = None,
    benchmark_file: Annotated[
        Path | None,
        typer.Option("--benchmark", metavar="PATH", help="Measure on labelled rows instead."),
    ] = None,
    use_reference: Annotated[
        bool,
        typer.Option("--use-reference/--no-reference", help="Whether the benchmark's is used."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="JSON; a line per row.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Judge Python code by static checks, and by its examples and tests, run in a sandbox.

    Examples are also looked for in the docstring of the file's last function. Where nothing could
    be run, or nothing decides, the verdict is unknown.

    Exit status: 0 correct, 1 incorrect, 8 unknown.

    Example: stepcheck judge square.py --intent 'square(3) => 9'
    """
    code_judge = make_judge(load_settings_or_exit(config).judge)
    if benchmark_file is not None:
        _measure(benchmark_file, code_judge, use_reference=use_reference, as_json=as_json)
        return
    if file is None:
        raise typer.BadParameter("name a file, or --benchmark PATH")
    question = Question(
        code=_read(file),
        language=_LANGUAGES.get(file.suffix, file.suffix.lstrip(".")),
        before=_read(before) if before else None,
        intent=intent,
        examples=_read(examples) if examples else "",
        tests=_read(tests) if tests else "",
        reference=_read(reference) if reference else None,
    )
    judgement = code_judge.judge(question)
    if as_json:
        typer.echo(to_response(judgement).model_dump_json())
    else:
        _show(file, judgement, Console())
    raise typer.Exit(_STATUS[judgement.verdict])


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            raise typer.BadParameter(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
        return content.decode()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None


def _show(file: Path, judgement: Judgement, output: Console) -> None:
    verdict = Text(judgement.verdict, _STYLE[judgement.verdict])
    output.print(verdict, _surety(judgement))
    for fault in judgement.faults:
        output.print(Text(_describe(file, fault)), soft_wrap=True)
    for evidence in judgement.evidence:
        if evidence.run:
            aside = f", {evidence.set_aside} set aside" if evidence.set_aside else ""
            output.print(f"{evidence.kind}: {evidence.passed} of {evidence.run} passed{aside}")
        for note in evidence.notes:
            output.print(Text(f"{evidence.kind}: {note}"), soft_wrap=True)


def _surety(judgement: Judgement) -> Text:
    if judgement.verdict is Verdict.UNKNOWN:
        return Text(f"({judgement.reason})")
    return Text(f"(confidence {judgement.confidence:.2f})")


def _describe(file: Path, fault: Fault) -> str:
    place = f"{file}:{fault.range.first_line}" if fault.range else f"{file}"
    return f"{place}: {fault.kind.replace('_', ' ')} ({fault.severity}): {fault.message}"


def _measure(path: Path, code_judge: Judge, *, use_reference: bool, as_json: bool) -> None:
    try:
        rows = benchmark.read_rows(path)
    except benchmark.BenchmarkError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    judged: dict[str, list[benchmark.Judged]] = defaultdict(list)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("judging", total=len(rows))
        for one in benchmark.judge_rows(rows, code_judge, use_reference=use_reference):
            judged[one.row.language].append(one)
            if as_json:
                typer.echo(benchmark.to_record(one).model_dump_json())
            progress.advance(task)
    if not as_json:
        Console().print(_tabulate(judged))


def _tabulate(judged: dict[str, list[benchmark.Judged]]) -> Table:
    table = Table("language", "labels", "rows", "coverage", "accuracy", "τ-b")
    for language, some in sorted(judged.items()):
        for recomputed in (False, True):
            summary = benchmark.summarize(some, recomputed=recomputed)
            if summary.rows:
                table.add_row(
                    language,
                    "recomputed" if recomputed else "published",
                    str(summary.rows),
                    *(_figure(each) for each in (summary.coverage, summary.accuracy, summary.tau)),
                )
    return table


def _figure(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"
