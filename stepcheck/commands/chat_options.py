"""The options that choose a chat model, and the judge that is made with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stepcheck.exit_codes import ExitCode
from stepcheck.models.interface import ModelError
from stepcheck.server.factories import NO_CHAT_MODEL_REMEDY, make_chat, make_judge, voting_settings
from stepcheck.server.judge.judgement import Judge
from stepcheck.settings.loading import Flag, SettingsError, load_settings
from stepcheck.settings.schema import ChatSettings

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FOLDER|NAME",
        help="A chat model to hear as well: a local folder, or its name at chat.url.",
    ),
]
ChatUrlOption = Annotated[
    str | None,
    typer.Option(
        "--chat-url", metavar="URL", help="The OpenAI-compatible endpoint of the chat model."
    ),
]
NoModelOption = Annotated[
    bool, typer.Option("--no-model", help="Leave the chat model of the settings out.")
]


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """The options of the command line for the chat model."""

    model: str | None = None
    url: str | None = None
    without: bool = False


def make_judge_or_exit(config: Path | None, chat: ChatOptions) -> Judge:
    """Return the judge, with its chat model loaded if there is one.

    A wrong setting, or a model that cannot be loaded, ends the command.
    """
    try:
        settings = load_settings([Flag("--chat-url", "chat.url", chat.url)], config=config)
        chosen = _choose(settings.chat, chat)
        with Console(stderr=True).status("loading the chat model …"):
            model = None if chat.without else make_chat(chosen, settings.model.threads)
    except SettingsError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except ModelError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.MODEL_UNAVAILABLE) from None
    return make_judge(settings.judge, model, voting_settings(chosen))


def _choose(settings: ChatSettings, chat: ChatOptions) -> ChatSettings:
    """Override the settings by the options."""
    if chat.url is not None:
        settings = settings.model_copy(update={"path": None})
    if chat.model is None:
        return settings
    if Path(chat.model).expanduser().is_dir():
        return settings.model_copy(update={"path": chat.model, "url": None})
    if settings.url is None:
        raise ModelError(
            f"{chat.model} is no folder, and no endpoint is set. {NO_CHAT_MODEL_REMEDY}"
        )
    return settings.model_copy(update={"model": chat.model, "path": None})
