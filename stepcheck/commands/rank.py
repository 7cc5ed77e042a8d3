"""`stepcheck rank`: which of several pieces of code for one task is the best."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stepcheck.commands.chat_options import (
    ChatOptions,
    ChatUrlOption,
    ModelOption,
    NoModelOption,
    make_judge_or_exit,
)
from stepcheck.commands.source_files import language_of, read_source
from stepcheck.commands.specification_options import (
    ExamplesOption,
    IntentOption,
    ReferenceOption,
    TestsOption,
)
from stepcheck.exit_codes import ExitCode
from stepcheck.models.chat.interface import ChatError
from stepcheck.server.api.rank_conversion import to_rank_response
from stepcheck.server.api.rank_schemas import MAX_CANDIDATES, MeasuredShare, RankResponse
from stepcheck.server.factories import NO_CHAT_MODEL_REMEDY
from stepcheck.server.judge.criteria import Basis, Criterion, Method
from stepcheck.server.judge.model.rating import NoChatModelError
from stepcheck.server.judge.ranking.ranking import RankingError, RankQuestion, rank_code


def rank(
    files: Annotated[list[Path], typer.Argument(help="The candidates, each a whole module.")],
    intent: IntentOption = "",
    criterion: Annotated[
        Criterion, typer.Option(help="What to rank by; all but correctness need a chat model.")
    ] = Criterion.CORRECTNESS,
    examples: ExamplesOption = None,
    tests: TestsOption = None,
    reference: ReferenceOption = None,
    method: Annotated[
        Method,
        typer.Option(help="Comparing pairs (greedy, beam, anchors for many), or rating each."),
    ] = Method.GREEDY,
    basis: Annotated[
        Basis | None,
        typer.Option(help="Default: evidence, and for correctness the model too if there is one."),
    ] = None,
    full_consistency: Annotated[
        bool, typer.Option("--full-consistency", help="Compare every pair, for the report.")
    ] = False,
    model: ModelOption = None,
    chat_url: ChatUrlOption = None,
    no_model: NoModelOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, as POST /v1/rank.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Rank pieces of code for one task, best first.

    By correctness, evidence decides: examples and tests are run in a sandbox, and a candidate that
    fails loses to one that passes. A chat model, if one is set, compares those that no fact tells
    apart. By a preference (readability, style, …), the model compares alone.

    Exit status: 0 ranked, 2 wrong usage or no chat model where one is needed, 6 the model failed.

    Example: stepcheck rank a.py b.py c.py --intent 'square(3) => 9'
    """
    if len(files) > MAX_CANDIDATES:
        raise typer.BadParameter(f"at most {MAX_CANDIDATES} candidates")
    judge = make_judge_or_exit(config, ChatOptions(model, chat_url, no_model))
    languages = {language_of(file) for file in files}
    if len(languages) > 1:
        raise typer.BadParameter("the candidates are in different languages")
    question = RankQuestion(
        candidates=tuple(read_source(file) for file in files),
        intent=intent,
        language=languages.pop(),
        examples=read_source(examples) if examples else "",
        tests=read_source(tests) if tests else "",
        reference=read_source(reference) if reference else None,
        criterion=criterion,
        method=method,
        basis=basis,
        full_consistency=full_consistency,
    )
    try:
        with Console(stderr=True).status("ranking …") as status:
            found = rank_code(
                judge, question, on_progress=lambda stage: status.update(f"{stage} …")
            )
    except NoChatModelError as error:
        typer.echo(f"stepcheck: {error} {NO_CHAT_MODEL_REMEDY}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except RankingError as error:
        raise typer.BadParameter(str(error)) from None
    except ChatError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.MODEL_UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    answer = to_rank_response(question, found, judge.chat.name if judge.chat else None)
    if as_json:
        typer.echo(answer.model_dump_json())
    else:
        _show(files, answer, Console(highlight=False))


def _show(files: list[Path], answer: RankResponse, output: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    columns = ["", "candidate"]
    columns += ["verdict", "score"] if any(each.verdict for each in answer.order) else []
    columns += ["rating"] if any(each.rating for each in answer.order) else []
    columns += ["uncertainty"] if answer.pairs else []
    for column in columns:
        table.add_column(column, overflow="fold")
    for each in answer.order:
        cells = {
            "": f"{each.place}",
            "candidate": str(files[each.candidate]),
            "verdict": each.verdict or "",
            "score": _figure(each.score),
            "rating": "" if each.rating is None else f"{each.rating}",
            "uncertainty": _figure(each.uncertainty),
        }
        table.add_row(*(Text(cells[column]) for column in columns))
    output.print(table)
    for candidate in answer.unranked:
        output.print(Text(f"{files[candidate]} could not be rated"), soft_wrap=True)
    if answer.pairs:
        by = f"by {answer.basis}" + (f" ({answer.model})" if answer.model else "")
        told = f"{answer.comparisons} comparisons of {answer.pairs} pairs, {by}"
        output.print(Text(told), soft_wrap=True)
    if answer.consistency:
        report = answer.consistency
        shares = (
            _share("without a cycle", report.transitivity),
            _share("alike in both orders", report.commutativity),
            _share("negated alike", report.negation),
        )
        output.print(Text("consistency: " + "; ".join(filter(None, shares))), soft_wrap=True)
    for note in answer.notes:
        output.print(Text(note), soft_wrap=True)


def _share(meaning: str, share: MeasuredShare) -> str:
    return f"{share.value:.2f} {meaning} (of {share.total})" if share.value is not None else ""


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
