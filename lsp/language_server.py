"""The state of the language server that its features share: session, documents, client."""

import asyncio
import functools
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from stepcheck import __version__
from stepcheck.lsp.configuration import SECTION, load_session_settings
from stepcheck.lsp.lean_document import LeanDocument
from stepcheck.lsp.offers import OfferBook
from stepcheck.lsp.progress import shown_progress
from stepcheck.lsp.session import EditorSession

CONFIGURATION_SECONDS = 5.0
LEAN_LANGUAGES = frozenset({"lean", "lean4"})

logger = logging.getLogger(__name__)


class StepcheckLanguageServer(LanguageServer):
    """A language server that suggests checked proof steps in Lean files."""

    def __init__(self) -> None:
        # Full synchronization, because pygls applies partial changes to lines that it splits
        # where clients do not, and the mirror would drift from what the person sees.
        super().__init__(
            "stepcheck", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self._initialization_options: object = None
        self._session: EditorSession | None = None
        self._has_session = asyncio.Event()
        self._documents: dict[str, LeanDocument] = {}
        self._warned: set[str] = set()
        self._background: set[asyncio.Task[None]] = set()
        self.offers = OfferBook()

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
        """Keep what the client set when it started the server."""
        self._initialization_options = params.initialization_options

    async def begin_session(self) -> None:
        """Begin a session with the settings as they are now; the one before it ends."""
        folder = Path(self.workspace.root_path or Path.cwd())
        configuration = await self._client_configuration()
        settings, complaints = await asyncio.to_thread(
            load_session_settings, self._initialization_options, configuration, folder
        )
        before = self._session
        if before is None or before.settings != settings:
            self._session = EditorSession.begin(settings, functools.partial(shown_progress, self))
        self._has_session.set()
        if complaints:
            self.show_warning("Some settings were left out. " + " ".join(complaints))
        if before is not None and before is not self._session:
            await before.end()

    async def end_session(self) -> None:
        """End the session and every child process, for good."""
        session, self._session = self._session, None
        self._has_session.set()
        for task in self._background:
            task.cancel()
        if session is not None:
            await session.end()

    def lean_document(self, uri: str) -> LeanDocument | None:
        """Return the open Lean document at `uri` as it is now; `None` for any other."""
        mirror = self.workspace.text_documents.get(unquote(uri))
        if mirror is None or not _is_lean(mirror):
            return None
        known = self._documents.get(mirror.uri)
        if known is None or known.version != mirror.version or known.text is not mirror.source:
            encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
            known = LeanDocument(mirror.uri, mirror.version, mirror.source, encoding)
            self._documents[mirror.uri] = known
        return known

    def lean_uris(self) -> list[str]:
        """Return the open Lean documents."""
        return [d.uri for d in self.workspace.text_documents.values() if _is_lean(d)]

    def forget_document(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._documents.pop(uri, None)

    def is_current(self, document: LeanDocument) -> bool:
        """Whether the editor still shows this text."""
        return self.lean_document(document.uri) is document

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the handlers until it is done or the server ends."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def show_warning(self, message: str) -> None:
        """Tell the person something that they must know."""
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Warning, f"stepcheck: {message}")
        )

    def warn_at(self, document: LeanDocument, warning: types.Diagnostic) -> None:
        """Show a warning in a document until its text changes."""
        self._warned.add(document.uri)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, [warning], document.version)
        )

    def clear_warnings(self, uri: str) -> None:
        """Take back the warning in a document, if there is one."""
        if uri in self._warned:
            self._warned.discard(uri)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

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
        wanted = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            async with asyncio.timeout(CONFIGURATION_SECONDS):
                sections = await self.workspace_configuration_async(wanted)
        except (TimeoutError, JsonRpcException):
            return None
        return sections[0] if sections else None


def _is_lean(mirror: TextDocument) -> bool:
    return mirror.language_id in LEAN_LANGUAGES or mirror.uri.endswith(".lean")
