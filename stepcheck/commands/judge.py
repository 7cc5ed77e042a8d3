"""`stepcheck judge`: whether code, or an edit of it, does what is wanted."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stepcheck.commands.chat_options import (
    ChatOptions,
    ChatUrlOption,
    ModelOption,
    NoModelOption,
    make_judge_or_exit,
)
from stepcheck.commands.judge_benchmark import measure
from stepcheck.commands.judge_display import show_judgement
from stepcheck.commands.judge_edits import EditOptions, judge_edits
from stepcheck.commands.source_files import language_of, read_source
from stepcheck.commands.specification_options import (
    BeforeOption,
    ExamplesOption,
    IntentOption,
    ReferenceOption,
    TestsOption,
)
from stepcheck.exit_codes import ExitCode
from stepcheck.models.chat.interface import ChatError
from stepcheck.server.api.judge_conversion import to_response
from stepcheck.server.factories import NO_CHAT_MODEL_REMEDY
from stepcheck.server.judge.cache import JudgementCache
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model.rating import NoChatModelError
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.working_tree import GitError, WorkingTree

_STATUS = {
    Verdict.CORRECT: ExitCode.OK,
    Verdict.INCORRECT: ExitCode.NEGATIVE,
    Verdict.UNKNOWN: ExitCode.UNDECIDED,
}


def judge(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE|FOLDER]...", help="What to judge; default: all changes."),
    ] = None,
    intent: IntentOption = "",
    against: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Judge what changed since the branch left REV; or HEAD."),
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Judge what is staged, not the working tree.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Of edits, fail where a verdict is unknown.")
    ] = False,
    examples: ExamplesOption = None,
    tests: TestsOption = None,
    reference: ReferenceOption = None,
    before: BeforeOption = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Also write the faults of edits as SARIF.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON; a line per changed file, or per row.")
    ] = False,
    benchmark_file: Annotated[
        Path | None,
        typer.Option("--benchmark", metavar="PATH", help="Measure on labelled rows instead."),
    ] = None,
    use_reference: Annotated[
        bool,
        typer.Option("--use-reference/--no-reference", help="Whether the benchmark's is used."),
    ] = True,
    use_cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Whether judgements are remembered.")
    ] = True,
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", help="Forget all remembered judgements instead.")
    ] = False,
    criterion: Annotated[
        Criterion | None,
        typer.Option(help="Of a whole file, a preference to be rated by too, by a chat model."),
    ] = None,
    model: ModelOption = None,
    chat_url: ChatUrlOption = None,
    no_model: NoModelOption = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Judge code by static checks, and by its examples and tests, run in a sandbox.

    Edits of Python; whole files of Python, JavaScript, C++, Java and Go, if their tools are there.

    In a git working tree, each function that changed since the last commit, or since the branch
    left --against, is judged by the examples of its docstring. With --examples, --tests,
    --reference or --before (and not --against), or outside git, one file is judged as a whole.
    Where nothing could be run, or nothing decides, the verdict is unknown. A chat model, if one is
    set, is heard beside the facts, and decides only where nothing could be run.

    Exit status, edits: 0 none incorrect, 1 some incorrect, 8 (only --strict) some unknown.
    A whole file: 0 correct, 1 incorrect, 8 unknown. 2: wrong usage, or git failed.

    Example: stepcheck judge --against main --sarif stepcheck.sarif
    """
    code_judge = make_judge_or_exit(config, ChatOptions(model, chat_url, no_model))
    if clear_cache:
        raise typer.Exit(_clear(code_judge.cache))
    if benchmark_file is not None or not use_cache:
        code_judge = replace(code_judge, cache=None)
    if benchmark_file is not None:
        measure(benchmark_file, code_judge, use_reference=use_reference, as_json=as_json)
        return
    given = paths or []
    for path in given:
        if not path.exists():
            raise typer.BadParameter(f"{path} does not exist")
    of_edits = against is not None or staged or sarif is not None
    for_a_whole_file = [option for option in (examples, reference, before) if option is not None]
    if of_edits and for_a_whole_file:
        raise typer.BadParameter("--examples, --reference and --before judge a whole file")
    if of_edits or not (for_a_whole_file or tests or _is_lone_file(given)):
        options = EditOptions(
            against=against or "HEAD",
            staged=staged,
            intent=intent,
            tests=read_source(tests) if tests else "",
            strict=strict,
        )
        raise typer.Exit(judge_edits(given, code_judge, options, as_json=as_json, sarif=sarif))
    if len(given) != 1 or given[0].is_dir():
        raise typer.BadParameter("name one file to judge as a whole")
    question = Question(
        code=read_source(given[0]),
        language=language_of(given[0]),
        before=read_source(before) if before else None,
        intent=intent,
        examples=read_source(examples) if examples else "",
        tests=read_source(tests) if tests else "",
        reference=read_source(reference) if reference else None,
    )
    _judge_whole(given[0], question, code_judge, criterion, as_json=as_json)


def _clear(cache: JudgementCache | None) -> ExitCode:
    if cache is None:
        typer.echo("stepcheck: nothing is remembered, as judge.cache_megabytes is 0", err=True)
        return ExitCode.USAGE
    try:
        typer.echo(f"{cache.clear()} judgements forgotten.")
    except OSError as error:
        typer.echo(f"stepcheck: {error.filename}: {error.strerror}", err=True)
        return ExitCode.FOLDER_UNUSABLE
    return ExitCode.OK


def _judge_whole(
    file: Path, question: Question, code_judge: Judge, criterion: Criterion | None, *, as_json: bool
) -> None:
    try:
        with Console(stderr=True).status("judging …"):
            rating = code_judge.rate(question, criterion)
            judgement = code_judge.judge(question)
    except NoChatModelError as error:
        typer.echo(f"stepcheck: {error} {NO_CHAT_MODEL_REMEDY}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except ChatError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.MODEL_UNAVAILABLE) from None
    if as_json:
        typer.echo(to_response(judgement, rating).model_dump_json())
    else:
        show_judgement(file, judgement, Console())
        if rating is not None:
            typer.echo(f"{rating.criterion}: {rating.value or 'not rated'}\n{rating.rationale}")
    raise typer.Exit(_STATUS[judgement.verdict])


def _is_lone_file(given: list[Path]) -> bool:
    """Whether a single file is named that lies in no git working tree."""
    if len(given) != 1 or given[0].is_dir():
        return False
    try:
        WorkingTree.at(given[0].absolute().parent)
    except GitError:
        return True
    return False
