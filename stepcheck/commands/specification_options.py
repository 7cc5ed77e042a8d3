"""The options that specify what code should do: intent, examples, tests, a reference."""

from pathlib import Path
from typing import Annotated

import typer

IntentOption = Annotated[str, typer.Option("--intent", help="What it should do, in prose.")]
ExamplesOption = Annotated[
    Path | None,
    typer.Option("--examples", help="Examples: >>> sessions, prose, samples."),
]
TestsOption = Annotated[
    Path | None,
    typer.Option(
        "--tests", help="Statements that assert, test functions, or inputs and outputs as JSON."
    ),
]
ReferenceOption = Annotated[
    Path | None, typer.Option("--reference", help="Code known to be right.")
]
BeforeOption = Annotated[
    Path | None,
    typer.Option("--before", help="The code as it was, whose signatures must stay."),
]
