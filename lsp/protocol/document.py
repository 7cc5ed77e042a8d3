"""A file as the editor has it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from stepcheck.lsp.protocol.positions import TextPositions


@dataclass(frozen=True)
class OpenDocument:
    """One version of a document: what the editor shows, saved or not."""

    uri: str
    version: int | None
    text: str
    encoding: types.PositionEncodingKind | str = types.PositionEncodingKind.Utf16

    @property
    def path(self) -> Path | None:
        """The file that the document is, or will be when it is saved."""
        path = to_fs_path(self.uri)
        return Path(path) if path else None

    @cached_property
    def positions(self) -> TextPositions:
        """Offsets and positions in the units of the client."""
        return TextPositions(self.text, self.encoding)
