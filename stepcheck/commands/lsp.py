"""`stepcheck lsp`: run the language server."""

import logging
from typing import Annotated

import typer


def lsp(
    verbose: Annotated[
        bool, typer.Option(help="Log more, to stderr; never what files say.")
    ] = False,
) -> None:
    """Run the language server for an editor, which speaks to it over stdin and stdout.

    Editors start this command themselves; how to set them up is in docs/editors.md.
    """
    # Imported late: the other commands should not wait for the protocol's types.
    from stepcheck.lsp.server import configure_logging, serve_stdio

    configure_logging(logging.INFO if verbose else logging.WARNING)
    raise typer.Exit(serve_stdio())
