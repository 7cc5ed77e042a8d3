"""The language server object that all features share: its documents, its client, its session.

What depends on the settings is in the session (`stepcheck.lsp.session`); `stepcheck.lsp.server`
registers the features and runs the server.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from stepcheck import __version__
from stepcheck.lsp.configuration import SECTION, load_session_settings
from stepcheck.lsp.lean.document import LeanDocument
from stepcheck.lsp.lean.observed_steps import ObservedSteps
from stepcheck.lsp.proposed_edits import ProposedEdits
from stepcheck.lsp.protocol.progress import shown_progress
from stepcheck.lsp.python.document import PythonDocument
from stepcheck.lsp.python.judgement_diagnostics import JudgementDiagnostics
from stepcheck.lsp.python.previous_texts import PreviousTexts
from stepcheck.lsp.scheduling.debounce import Debounce
from stepcheck.lsp.scheduling.document_tasks import DocumentTasks
from stepcheck.lsp.session import EditorSession
from stepcheck.use_cases.own_steps import OwnSteps, own_folder

CONFIGURATION_SECONDS = 5.0
LEAN_LANGUAGES = frozenset({"lean", "lean4"})
PYTHON_LANGUAGES = frozenset({"python"})

logger = logging.getLogger(__name__)


class _Protocol(LanguageServerProtocol):
    """The protocol of pygls, without its leak: it keeps the futures of all notifications (2.1)."""

    def _execute_handler(self, msg_id: Any, *args: Any, **kwargs: Any) -> None:
        super()._execute_handler(msg_id, *args, **kwargs)
        if (future := self._request_futures.get(msg_id)) is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))


class StepcheckLanguageServer(LanguageServer):
    """A language server: checked proof steps in Lean files, judged edits in Python files."""

    def __init__(self) -> None:
        # Full synchronization, because pygls applies partial changes to lines that it splits
        # where clients do not, and the text would drift from what the person sees.
        super().__init__(
            "stepcheck",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=_Protocol,
        )
        self._initialization_options: object = None
        self._session: EditorSession | None = None
        self._has_session = asyncio.Event()
        self._documents: dict[str, LeanDocument | PythonDocument] = {}
        self._uris_with_diagnostics: set[str] = set()
        self._background_tasks: set[asyncio.Task[object]] = set()
        self.proposed_edits = ProposedEdits()
        self.previous_texts = PreviousTexts()
        self.own_steps = OwnSteps(own_folder())
        self.observed_steps = ObservedSteps()
        self.last_change = time.monotonic()
        """When a document was last changed, on the monotonic clock in seconds."""
        self.judgement_diagnostics = JudgementDiagnostics()
        self.debounce = Debounce()
        self.proof_searches = DocumentTasks()

    async def session(self) -> EditorSession:
        """Return the session; wait for the client's configuration, but not forever."""
        try:
            await asyncio.wait_for(self._has_session.wait(), 2 * CONFIGURATION_SECONDS)
        except TimeoutError:
            await self.begin_session()
        if self._session is None:
            raise asyncio.CancelledError("the server is shutting down")
        return self._session

    def remember_initialization(self, params: types.InitializeParams) -> None:
        """Keep the initialization options of the client."""
        self._initialization_options = params.initialization_options

    async def begin_session(self) -> None:
        """Begin a session with the settings as they are now; the one before it ends."""
        folders = self._folders()
        configuration = await self._client_configuration()
        settings, problems = await asyncio.to_thread(
            load_session_settings,
            self._initialization_options,
            configuration,
            folders[0] if folders else Path.cwd(),
        )
        previous = self._session
        if previous is None or (previous.settings, previous.folders) != (settings, folders):
            show = functools.partial(shown_progress, self)
            self._session = EditorSession.begin(settings, folders, show)
        self._has_session.set()
        if problems:
            self.show_warning("Some settings were left out. " + " ".join(problems))
        if previous is not None and previous is not self._session:
            await previous.end()

    async def end_session(self) -> None:
        """End the session and every child process, for good."""
        session, self._session = self._session, None
        self.debounce.cancel_all()
        self.proof_searches.cancel_all()
        self._has_session.set()
        for task in self._background_tasks:
            task.cancel()
        if session is not None:
            await session.end()

    def lean_document(self, uri: str) -> LeanDocument | None:
        """Return the open Lean document at `uri` as it is now; `None` for any other."""
        document = self.document(uri)
        return document if isinstance(document, LeanDocument) else None

    def python_document(self, uri: str) -> PythonDocument | None:
        """Return the open Python document at `uri` as it is now; `None` for any other."""
        document = self.document(uri)
        return document if isinstance(document, PythonDocument) else None

    def document(self, uri: str) -> LeanDocument | PythonDocument | None:
        """Return the open document at `uri` as it is now; `None` for other languages."""
        source = self.workspace.text_documents.get(unquote(uri))
        document_type = _choose_document_type(source) if source is not None else None
        if source is None or document_type is None:
            return None
        cached = self._documents.get(source.uri)
        if cached is None or cached.version != source.version or cached.text is not source.source:
            encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
            cached = document_type(source.uri, source.version, source.source, encoding)
            self._documents[source.uri] = cached
        return cached

    def lean_uris(self) -> list[str]:
        """Return the open Lean documents."""
        return [
            source.uri
            for source in self.workspace.text_documents.values()
            if _choose_document_type(source) is LeanDocument
        ]

    def forget_document(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._documents.pop(unquote(uri), None)
        self.previous_texts.forget(uri)
        self.observed_steps.close(uri)
        self.judgement_diagnostics.forget(uri)

    def is_current(self, document: LeanDocument | PythonDocument) -> bool:
        """Whether the editor still shows this text."""
        return self.document(document.uri) is document

    def run_in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` beside the handlers until it is done or the server ends."""
        task = asyncio.create_task(work)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    def show_message(self, message: str) -> None:
        """Tell the person the result of a command."""
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Info, f"stepcheck: {message}")
        )

    def show_warning(self, message: str) -> None:
        """Warn the person."""
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Warning, f"stepcheck: {message}")
        )

    def publish_diagnostics(
        self, document: LeanDocument | PythonDocument, diagnostics: Sequence[types.Diagnostic]
    ) -> None:
        """Publish the diagnostics of a document, in place of those before."""
        if not diagnostics and document.uri not in self._uris_with_diagnostics:
            return
        self._uris_with_diagnostics.add(document.uri)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, list(diagnostics), document.version)
        )
        if not diagnostics:
            self._uris_with_diagnostics.discard(document.uri)

    def clear_diagnostics(self, uri: str) -> None:
        """Remove the diagnostics of a document, if it has any."""
        if uri in self._uris_with_diagnostics:
            self._uris_with_diagnostics.discard(uri)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def refresh_code_lenses(self) -> None:
        """Have the client ask for code lenses again, if it can."""
        workspace = self.client_capabilities.workspace
        support = workspace.code_lens if workspace else None
        if support and support.refresh_support:
            self.run_in_background(self._refresh_code_lenses())

    async def _refresh_code_lenses(self) -> None:
        with contextlib.suppress(JsonRpcException):
            await self.workspace_code_lens_refresh_async(None)

    def report_server_error(
        self, error: Exception, source: type[PyglsError | JsonRpcException]
    ) -> None:
        """Log what went wrong without a popup, and without the message: it may quote the file."""
        logger.error("%s: %s", source.__name__, type(error).__name__)

    async def _client_configuration(self) -> object:
        """Return the client's `stepcheck` section; `None` if it has none or does not answer."""
        workspace = self.client_capabilities.workspace
        if not (workspace and workspace.configuration):
            return None
        request = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            async with asyncio.timeout(CONFIGURATION_SECONDS):
                sections = await self.workspace_configuration_async(request)
        except (TimeoutError, JsonRpcException):
            return None
        return sections[0] if sections else None

    def _folders(self) -> tuple[Path, ...]:
        """Return the folders of the workspace, which may have none."""
        uris = [folder.uri for folder in self.workspace.folders.values()]
        paths = [to_fs_path(uri) for uri in uris] or [self.workspace.root_path]
        return tuple(Path(path) for path in paths if path)


def _choose_document_type(
    source: TextDocument,
) -> type[LeanDocument] | type[PythonDocument] | None:
    """Choose by the document's language or, where the client names none, by its file's name."""
    if source.language_id in LEAN_LANGUAGES:
        return LeanDocument
    if source.language_id in PYTHON_LANGUAGES:
        return PythonDocument
    if source.uri.endswith(".lean"):
        return LeanDocument
    if source.uri.endswith(".py"):
        return PythonDocument
    return None
