"""The status of the model server, as an editor shows it in its status bar."""

import asyncio
from dataclasses import dataclass

from stepcheck.client.errors import ClientError
from stepcheck.lsp.language_server import StepcheckLanguageServer

MODEL_SERVER = "stepcheck.modelServer"
TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class ModelServerStatus:
    """Whether the model server at `url` can be asked for proof steps; if not, why."""

    url: str
    ready: bool
    models: tuple[str, ...] = ()
    problem: str = ""
    remedy: str = ""


def register(server: StepcheckLanguageServer) -> None:
    """Register the command."""

    @server.command(MODEL_SERVER)
    async def model_server() -> ModelServerStatus:
        """Return the status of the model server that the settings name."""
        session = await server.session()
        url = session.settings.client.server_url
        try:
            info = await asyncio.wait_for(session.client.info(), TIMEOUT_SECONDS)
        except ClientError as error:
            return ModelServerStatus(url, ready=False, problem=str(error), remedy=error.remedy)
        except TimeoutError:
            return ModelServerStatus(url, ready=False, problem=f"{url} does not answer in time.")
        if info.judge_only:
            problem = f"The server at {url} judges code and has no language model."
            return ModelServerStatus(url, ready=False, problem=problem)
        models = tuple(model.name for model in info.models)
        problem = "" if info.state == "ready" else f"The model server is {info.state}."
        return ModelServerStatus(url, info.state == "ready", models, problem)
