"""The judge and the chat model that the settings describe."""

from stepcheck.models.chat.interface import ChatModel
from stepcheck.models.interface import ModelError
from stepcheck.server.judge.cache import JudgementCache
from stepcheck.server.judge.cache_folder import cache_folder
from stepcheck.server.judge.evidence.project_tests import ProjectTests
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model.codejudge import VotingSettings
from stepcheck.server.repair.repair import Repairer
from stepcheck.server.sandbox.sandbox import Limits, Sandbox
from stepcheck.settings.schema import ChatSettings, JudgeSettings, Settings

NO_CHAT_MODEL_REMEDY = (
    "Name one in the settings: chat.url and chat.model for an OpenAI-compatible endpoint "
    "(vLLM, ollama, llama.cpp), or chat.path for a local folder."
)


def make_chat(settings: ChatSettings, threads: int | None = None) -> ChatModel | None:
    """Return the chat model, None if the settings name none. Raises `ModelError`.

    A local one is loaded, which takes its time, and computes with so many `threads`; a remote one
    is not asked yet.
    """
    if settings.path is not None and settings.url is not None:
        raise ModelError("chat.path and chat.url exclude each other: set one of them")
    if settings.path is not None:
        # Imported late: whoever asks a remote model should not wait for torch.
        from stepcheck.models.chat.local import load_chat

        return load_chat(
            settings.path, device=settings.device, dtype=settings.dtype, threads=threads
        )
    if settings.url is None:
        return None
    if not settings.model:
        raise ModelError(f"chat.model is missing: name a model that {settings.url} serves")
    from stepcheck.models.chat.remote import RemoteChat

    return RemoteChat(settings.url, settings.model, settings.token, settings.timeout_seconds)


def voting_settings(settings: ChatSettings) -> VotingSettings:
    """Return how the model is polled."""
    return VotingSettings(settings.votes, settings.max_tokens)


def make_judge(
    settings: JudgeSettings, chat: ChatModel | None = None, voting: VotingSettings | None = None
) -> Judge:
    """Return the judge that the settings describe, with a chat model beside it if there is one."""
    limits = Limits(
        seconds=settings.seconds,
        seconds_per_call=settings.seconds_per_call,
        memory_bytes=settings.memory_megabytes << 20,
    )
    return Judge(
        Sandbox(limits, allow_unsandboxed=settings.allow_unsandboxed),
        settings.least_confidence,
        chat,
        voting or VotingSettings(),
        open_cache(settings),
        ProjectTests(settings.project_tests_seconds),
    )


def make_repairer(
    settings: Settings, chat: ChatModel | None = None, seconds: float | None = None
) -> Repairer:
    """Return what repairs code, and judges each edit by facts; a `chat` model proposes some.

    `seconds` take the place of the settings' own.
    """
    return Repairer(make_judge(settings.judge), seconds or settings.repair.seconds, chat)


def open_cache(settings: JudgeSettings) -> JudgementCache | None:
    """Return the cache of judgements in the user's cache folder, if the settings want one."""
    if not settings.cache_megabytes:
        return None
    return JudgementCache(cache_folder() / "judgements", settings.cache_megabytes << 20)
