"""The suggestions for a position in a Lean file, for hovers, code actions and completions."""

from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lean.errors import DocumentError
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import InsertionPoint, LeanDocument
from stepcheck.use_cases.checked_suggestions import SuggestionReport
from stepcheck.use_cases.note import Note


@dataclass(frozen=True, slots=True)
class PositionSuggestions:
    """A report on a position of a document.

    Without an insertion point, the notes of the report say why there is none.
    """

    document: LeanDocument
    insertion_point: InsertionPoint | None
    report: SuggestionReport


async def find_suggestions(
    server: StepcheckLanguageServer,
    uri: str,
    position: types.Position,
    timeout: float,
    *,
    is_caret: bool = False,
) -> PositionSuggestions | None:
    """Return the checked suggestions for a position; see `Suggestions.report` for `timeout`.

    `None`: the position is in no proof, nothing is to be proved there, or the text has changed
    since. A timeout of 0 returns only what is cached.
    """
    document = server.lean_document(uri)
    if document is None:
        return None
    try:
        insertion_point = document.insertion_point(position, is_caret=is_caret)
    except DocumentError as error:
        report = SuggestionReport(notes=(Note(error.problem, error.remedy),))
        return PositionSuggestions(document, None, report)
    if insertion_point is None:
        return None
    session = await server.session()
    cached = session.suggestions.cached_report(insertion_point)
    found = cached
    if timeout:
        found = await session.suggestions.report(document, insertion_point, timeout)
    if found is None or not server.is_current(document):
        return None
    if cached is None and found.shown:
        server.refresh_code_lenses()
    server.observed_steps.show(document.uri, insertion_point.position.before, found)
    return PositionSuggestions(document, insertion_point, found)
