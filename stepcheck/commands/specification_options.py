"""The options that specify what code should do: intent, examples, tests, a reference."""

from pathlib import Path
from typing import Annotated

import typer

IntentOption = Annotated[str, typer.Option("--intent", help="What it should do, in prose.")]
ExamplesOption = Annotated[
    Path | None,
    typer.Option("--examples", help="A file with examples: >>> sessions, or prose."),
]
TestsOption = Annotated[
    Path | None,
    typer.Option("--tests", help="A file of statements that assert, or test functions."),
]
ReferenceOption = Annotated[
    Path | None, typer.Option("--reference", help="Code known to be right.")
]
BeforeOption = Annotated[
    Path | None,
    typer.Option("--before", help="The code as it was, whose signatures must stay."),
]
