"""The text of a file before it was edited: as last committed or, without git, as opened."""

import asyncio
from contextlib import suppress
from pathlib import Path

from stepcheck.git_command import git_command, git_environment
from stepcheck.lsp.protocol.document import OpenDocument

GIT_SECONDS = 5.0


class PreviousTexts:
    """Finds and caches the previous texts of open documents."""

    def __init__(self) -> None:
        self._opened: dict[str, str] = {}
        self._cached: dict[str, str | None] = {}

    def record_opened(self, uri: str, text: str) -> None:
        """Keep the text that a document had when it was opened."""
        self._opened[uri] = text

    def forget(self, uri: str) -> None:
        """Forget a document."""
        self._opened.pop(uri, None)
        self._cached.pop(uri, None)

    def invalidate(self, uri: str) -> None:
        """Ask git again when the text is next needed: there may be a new commit."""
        self._cached.pop(uri, None)

    async def text_before(self, document: OpenDocument) -> str | None:
        """Return the document's previous text: `None` if it is new in a git repository."""
        if document.uri in self._cached:
            return self._cached[document.uri]
        text = await self._look_up(document)
        if document.uri in self._opened:
            self._cached[document.uri] = text
        return text

    async def _look_up(self, document: OpenDocument) -> str | None:
        opened = self._opened.get(document.uri, document.text)
        file = document.path
        if file is None or not file.parent.is_dir():
            return opened
        committed = await _git(file.parent, "cat-file", "blob", f"HEAD:./{file.name}")
        if committed is not None:
            with suppress(UnicodeDecodeError):
                return committed.decode("utf-8-sig")
            return opened
        is_in_repository = await _git(file.parent, "rev-parse", "--is-inside-work-tree")
        return None if is_in_repository == b"true\n" else opened


async def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what git prints; `None` if it fails, is not there or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *git_command(*arguments),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # The person waits: nothing is fetched for a look at the last commit.
            env=git_environment(may_fetch=False),
        )
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), GIT_SECONDS)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output if process.returncode == 0 else None
