"""`stepcheck repair`: small edits of a file, each checked, after which it does what is wanted."""

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.commands.source_files import language_of, read_source
from stepcheck.commands.specification_options import (
    BeforeOption,
    ExamplesOption,
    IntentOption,
    ReferenceOption,
    TestsOption,
)
from stepcheck.exit_codes import ExitCode
from stepcheck.server.api.repair_conversion import to_repair_response
from stepcheck.server.factories import make_repairer
from stepcheck.server.judge.question import Question
from stepcheck.server.repair.repair import Fix
from stepcheck.server.repair.search import Progress

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def repair(
    file: Annotated[Path, typer.Argument(help="The code, a whole module.")],
    intent: IntentOption = "",
    examples: ExamplesOption = None,
    tests: TestsOption = None,
    reference: ReferenceOption = None,
    before: BeforeOption = None,
    function: Annotated[
        str | None, typer.Option(help='The function that is judged, such as "Stack.push".')
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many fixes at most.")] = 3,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=600, help="Time for the search.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the first fix to the file.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, as /v1/repair answers.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Find small edits of Python code after which its examples and tests pass.

    Each edit is run in a sandbox and judged; what no check would tell from another edit is not
    shown. Examples are also looked for in the docstrings.

    Exit status: 0 a fix was found, 1 none.

    Example: stepcheck repair square.py --intent 'square(3) => 9' --write
    """
    settings = load_settings_or_exit(config)
    code = read_source(file)
    question = Question(
        code=code,
        language=language_of(file),
        before=read_source(before) if before else None,
        intent=intent,
        examples=read_source(examples) if examples else "",
        tests=read_source(tests) if tests else "",
        reference=read_source(reference) if reference else None,
        function=function,
    )
    repairer = make_repairer(settings, seconds=seconds)
    with Status("searching", console=Console(stderr=True)) as status:

        def show(progress: Progress) -> None:
            found = len(progress.plausible)
            status.update(f"{progress.tried} edits tried, {found} pass")

        repaired = repairer.repair(question, limit, on_progress=show)
    if as_json:
        typer.echo(to_repair_response(code, repaired).model_dump_json())
    else:
        output = Console()
        for number, fix in enumerate(repaired.fixes, 1):
            _show(number, file, code, fix, output)
        seconds_taken = f"{repaired.milliseconds / 1000:.1f} s"
        output.print(f"{repaired.tried} edits tried in {seconds_taken}. {repaired.note}")
    if write and repaired.fixes:
        file.write_bytes(repaired.fixes[0].code.encode())
        typer.echo(f"{file}: the first fix is written.", err=True)
    raise typer.Exit(ExitCode.OK if repaired.fixes else ExitCode.NEGATIVE)


def _show(number: int, file: Path, code: str, fix: Fix, output: Console) -> None:
    output.print(Text(f"{number}. {fix.message}", "bold"), f"(confidence {fix.confidence:.2f})")
    old, new = (text.splitlines(keepends=True) for text in (code, fix.code))
    for line in difflib.unified_diff(old, new, str(file), str(file), n=2):
        output.print(Text(line.rstrip("\r\n"), _STYLES.get(line[:1], "")), soft_wrap=True)
