"""The chat model that the settings name."""

from stepcheck.models.chat import ChatModel
from stepcheck.models.interface import ModelError
from stepcheck.server.judge.codejudge import Deliberation
from stepcheck.settings import ChatSettings

REMEDY = (
    "Name one in the settings: chat.url and chat.model for an OpenAI-compatible endpoint "
    "(vLLM, ollama, llama.cpp), or chat.path for a local folder."
)


def make_chat(settings: ChatSettings) -> ChatModel | None:
    """Return the chat model, None if the settings name none. Raises `ModelError`.

    A local one is loaded, which takes its time; a remote one is not asked yet.
    """
    if settings.path is not None and settings.url is not None:
        raise ModelError("chat.path and chat.url exclude each other: set one of them")
    if settings.path is not None:
        # Imported late: whoever asks a remote model should not wait for torch.
        from stepcheck.models.local_chat import load_chat

        return load_chat(settings.path, device=settings.device, dtype=settings.dtype)
    if settings.url is None:
        return None
    if not settings.model:
        raise ModelError(f"chat.model is missing: name a model that {settings.url} serves")
    from stepcheck.models.remote import RemoteChat

    return RemoteChat(settings.url, settings.model, settings.token, settings.timeout_seconds)


def deliberation(settings: ChatSettings) -> Deliberation:
    """Return how the model comes to an opinion."""
    return Deliberation(settings.votes, settings.max_tokens)
