"""Every setting of stepcheck: its type, default, bounds and meaning."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr
from pydantic.config import JsonDict

from stepcheck.models.interface import GenerationMethod

DEFAULT_PORT = 8010

DEFAULT_SUGGESTION_SECONDS = 0.4
"""A person waits for them."""

USER_ONLY: JsonDict = {"user_only": True}
"""Marks a setting that a project file may not set."""


def _checked_url(url: str) -> str:
    HttpUrl(url)
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_checked_url)]


def check_token(token: str) -> str:
    """Return `token` if an HTTP header can carry it, else raise `ValueError`."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("must be ASCII, not empty, without spaces and control characters")
    return token


def _check_secret(token: SecretStr | None) -> SecretStr | None:
    if token is not None:
        check_token(token.get_secret_value())
    return token


Token = Annotated[SecretStr | None, AfterValidator(_check_secret)]


class Section(BaseModel):
    """Base of every group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ServerSettings(Section):
    """The model server."""

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535, description="0 lets the system choose.")
    token: Token = Field(
        default=None,
        description="Bearer token that requests must carry; always required beyond loopback.",
        json_schema_extra=USER_ONLY,
    )
    token_file: Path | None = Field(
        default=None,
        description="File with the token, readable by its owner only.",
        json_schema_extra=USER_ONLY,
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Further names accepted in the Host header.",
        json_schema_extra=USER_ONLY,
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="Web origins whose pages may post requests.",
        json_schema_extra=USER_ONLY,
    )
    queue_size: int = Field(
        default=64, ge=1, le=1024, description="Requests admitted at once, waiting or running."
    )
    max_batch_rows: int = Field(
        default=128, ge=1, le=4096, description="Sequences generated at once."
    )
    batch_wait_milliseconds: float = Field(
        default=4.0,
        ge=0,
        le=1000,
        description="How long a request waits for others to share its batch.",
    )
    request_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="After this a request is answered with what there is.",
    )
    drain_seconds: float = Field(
        default=10.0,
        ge=0,
        le=600,
        description="How long a stopping server finishes admitted requests.",
    )
    head_seconds: float = Field(
        default=10.0, gt=0, le=600, description="How long the head of a request may take to arrive."
    )
    body_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="How long the body of a request may take to arrive.",
    )
    max_body_bytes: int = Field(
        default=2**21, ge=1024, le=2**26, description="Largest request body."
    )
    max_goal_characters: int = Field(default=100_000, ge=1, le=100_000, description="Longest goal.")
    max_prefix_characters: int = Field(
        default=2_000, ge=0, le=100_000, description="Longest prefix."
    )
    max_context_characters: int = Field(
        default=100_000, ge=0, le=100_000, description="Longest context."
    )
    max_suggestions: int = Field(
        default=64, ge=1, le=64, description="Most suggestions a request gets."
    )
    max_tokens: int = Field(
        default=512, ge=1, le=4096, description="Longest suggestion, in tokens."
    )


class ModelSettings(Section):
    """The language model."""

    path: str = Field(
        default="bundled", description='A folder or a known name; "bundled" is built in.'
    )
    device: str = Field(default="auto", description='"auto", "cpu", "cuda", "cuda:1", …')
    dtype: str = Field(default="auto", description='"auto", "float32", "bfloat16", …')
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="Processors one product may use."
    )
    prompt_format: str | None = Field(
        default=None, description="How the model is asked; by default, as its folder says."
    )


class LeanSettings(Section):
    """The Lean that checks suggestions."""

    toolchain: str = Field(
        default="auto",
        description='"auto" (the project\'s own, else embedded), "embedded", or a path.',
        json_schema_extra=USER_ONLY,
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Lean processes, for as many documents at once.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Candidates a process tries at once; by default one a processor, at most 4.",
    )
    memory_megabytes: int | None = Field(
        default=None,
        ge=256,
        description="A worker above this is restarted; by default 2560, 8192 for a native Lean.",
    )
    heartbeats: int = Field(
        default=200_000, ge=1, description="Budget of one candidate, in Lean's maxHeartbeats units."
    )
    milliseconds_per_candidate: int = Field(
        default=2_000, ge=1, description="Wall-clock budget of one candidate."
    )


class SuggestionSettings(Section):
    """Steps: what is asked of the model, and how long those of others are tried."""

    n: int = Field(default=10, ge=1, le=64, description="How many suggestions.")
    temperature: float = Field(default=1.0, ge=0, le=4, description="Of sampling.")
    max_tokens: int = Field(default=64, ge=1, le=4096, description="Longest suggestion, in tokens.")
    method: GenerationMethod = Field(
        default="beam",
        description="sample: draws; distinct: without replacement; beam: a beam search's best.",
    )
    seconds: float = Field(
        default=DEFAULT_SUGGESTION_SECONDS,
        gt=0,
        le=600,
        description="How long steps are tried once Lean has proposed; the model's late, half.",
    )


class JudgeSettings(Section):
    """The judge of code, and the sandbox that it runs code in."""

    concurrent: int = Field(default=2, ge=1, le=64, description="Judgements at once.")
    seconds: float = Field(
        default=10.0, gt=0, le=600, description="Time for all examples, or all tests, of a code."
    )
    seconds_per_call: float = Field(
        default=3.0, gt=0, le=600, description="Time for one call of a judged function."
    )
    project_tests_seconds: float = Field(
        default=20.0, ge=0, le=3600, description="Processor time of a project's test run; 0: none."
    )
    memory_megabytes: int = Field(
        default=512, ge=128, description="Address space of one process of judged code."
    )
    least_confidence: float = Field(
        default=0.5, ge=0, le=1, description="A verdict less sure than this is withheld."
    )
    cache_megabytes: int = Field(
        default=100, ge=0, le=100_000, description="Size of the cache of judgements; 0: none."
    )
    allow_unsandboxed: bool = Field(
        default=False,
        description="Run code without a sandbox where there is none: it may then do all you may.",
        json_schema_extra=USER_ONLY,
    )
    project_roots: tuple[Path, ...] = Field(
        default=(),
        description="Folders below which a request may name a project for its code to be run in.",
        json_schema_extra=USER_ONLY,
    )


class RepairSettings(Section):
    """The search for edits that make code pass its checks."""

    concurrent: int = Field(default=1, ge=1, le=64, description="Repairs at once.")
    seconds: float = Field(
        default=5.0, gt=0, le=600, description="Time for the search of a repair."
    )


class ChatSettings(Section):
    """The chat model that judges what cannot be run; without `url` and `path` there is none."""

    url: Url | None = Field(
        default=None,
        description="An OpenAI-compatible endpoint, such as http://127.0.0.1:11434/v1.",
        json_schema_extra=USER_ONLY,
    )
    model: str = Field(
        default="",
        max_length=200,
        description="The model's name there.",
        json_schema_extra=USER_ONLY,
    )
    token: Token = Field(
        default=None, description="The endpoint's bearer token.", json_schema_extra=USER_ONLY
    )
    path: str | None = Field(
        default=None,
        description="A folder with a chat model instead, run in this process.",
        json_schema_extra=USER_ONLY,
    )
    device: str = Field(default="auto", description='Of a local one: "auto", "cpu", "cuda", …')
    dtype: str = Field(default="auto", description='Of a local one: "auto", "float32", …')
    timeout_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="Time for one answer, retries included."
    )
    max_tokens: int = Field(default=1024, ge=16, le=65536, description="Longest answer, in tokens.")
    votes: int = Field(
        default=1,
        ge=1,
        le=15,
        description="Runs whose majority counts: 1 at temperature 0; open models gain from 3.",
    )


class ClientSettings(Section):
    """How the model server is reached."""

    server_url: Url = Field(
        default=f"http://127.0.0.1:{DEFAULT_PORT}",
        description="Where the model server is.",
        json_schema_extra=USER_ONLY,
    )
    token: Token = Field(
        default=None, description="The server's bearer token.", json_schema_extra=USER_ONLY
    )
    timeout_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Time for one request, retries included."
    )
    spool: str = Field(
        default="",
        description="A folder that `stepcheck bridge` answers in, for a Lean without network.",
        json_schema_extra=USER_ONLY,
    )


class EditorSettings(Section):
    """What the language server does of itself."""

    judge: Literal["save", "change", "demand"] = Field(
        default="save", description="When edits of Python files are judged."
    )
    judge_delay_milliseconds: int = Field(
        default=800, ge=50, le=60_000, description='How long "change" waits for more changes.'
    )
    prepare_fixes: bool = Field(
        default=True, description="Look for verified fixes as soon as an edit is found incorrect."
    )
    code_lens: bool = Field(
        default=True, description="Show verdicts, and the search for proofs, between the lines."
    )
    inline_completion: bool = Field(
        default=True, description="Show the best proved step as ghost text."
    )
    search_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="Time for the search of a whole proof."
    )


class Settings(Section):
    """Every setting."""

    server: ServerSettings = ServerSettings()
    model: ModelSettings = ModelSettings()
    lean: LeanSettings = LeanSettings()
    suggestion: SuggestionSettings = SuggestionSettings()
    judge: JudgeSettings = JudgeSettings()
    repair: RepairSettings = RepairSettings()
    chat: ChatSettings = ChatSettings()
    client: ClientSettings = ClientSettings()
    editor: EditorSettings = EditorSettings()
