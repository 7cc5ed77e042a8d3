"""`stepcheck serve`: run the model server."""

import logging
import threading
from pathlib import Path
from typing import Annotated

import typer

from stepcheck.exit_codes import ExitCode
from stepcheck.settings.loading import Flag, SettingsError, load_settings


def serve(
    model: Annotated[
        str | None,
        typer.Option(
            help="A model's folder; default: the bundled one, or what it has learned from you."
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 lets the system choose.")] = None,
    device: Annotated[str | None, typer.Option(help='"auto", "cpu", "cuda", …')] = None,
    prompt_format: Annotated[
        str | None, typer.Option(help="How the model is asked; by default, as its folder says.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the token that requests must carry.")
    ] = None,
    judge_only: Annotated[
        bool, typer.Option("--judge-only", help="Judge code; load no language model.")
    ] = False,
    stop_with_stdin: Annotated[
        bool,
        typer.Option(help="Stop when stdin ends: with the program that started this one."),
    ] = False,
    verbose: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Run the model server until it is interrupted."""
    # Imported late: the other commands should not wait for Flask and torch.
    from stepcheck.models.interface import Generator, ModelError
    from stepcheck.models.own_models import OwnModels
    from stepcheck.server.http.wsgi_server import AddressError
    from stepcheck.server.serve import serve as run
    from stepcheck.server.serve import set_on_end_of_input, set_on_signals
    from stepcheck.use_cases.own_steps import own_models_folder

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    stop = threading.Event()
    set_on_signals(stop)
    if stop_with_stdin:
        set_on_end_of_input(stop)
    try:
        settings = load_settings(
            [
                Flag("--model", "model.path", model),
                Flag("--host", "server.host", host),
                Flag("--port", "server.port", port),
                Flag("--device", "model.device", device),
                Flag("--prompt-format", "model.prompt_format", prompt_format),
                Flag("--token-file", "server.token_file", token_file),
            ],
            config=config,
        )

        def load() -> list[Generator]:
            if judge_only:
                return []
            path: str | Path = settings.model.path
            if model is None:
                path = OwnModels(own_models_folder()).serving(settings.model.path) or path
            typer.echo(f"Loading the model {path} …", err=True)
            from stepcheck.models.generation.registry import load_generator

            options = settings.model.model_dump(exclude={"path"})
            return [load_generator(path, **options)]

        run(settings, load, typer.echo, stop)
    except (SettingsError, AddressError) as error:
        typer.echo(f"stepcheck serve: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except ModelError as error:
        typer.echo(f"stepcheck serve: {error}", err=True)
        raise typer.Exit(ExitCode.MODEL_UNAVAILABLE) from None
