"""What is said of a position in the editor: the question that hover and code actions share."""

from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lean.errors import DocumentError
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import LeanDocument, StepPlace
from stepcheck.use_cases.checked_suggestions import Note, SuggestionReport


@dataclass(frozen=True, slots=True)
class Answer:
    """A report about a place of a document; without a place, its notes say why there is none."""

    document: LeanDocument
    place: StepPlace | None
    report: SuggestionReport


async def find_answer(
    server: StepcheckLanguageServer,
    uri: str,
    position: types.Position,
    patience: float,
    *,
    is_caret: bool = False,
) -> Answer | None:
    """Return the checked suggestions for a position; see `Suggestions.report` for `patience`.

    `None`: the position is in no proof, nothing is to be proved there, or the text has changed
    since. Without patience, only what is known already is said.
    """
    document = server.lean_document(uri)
    if document is None:
        return None
    try:
        place = document.step_place(position, is_caret=is_caret)
    except DocumentError as error:
        return Answer(document, None, report_of_problem(error.problem, error.remedy))
    if place is None:
        return None
    session = await server.session()
    is_new = session.suggestions.known_report(place) is None
    if patience:
        report = await session.suggestions.report(document, place, patience)
    else:
        report = session.suggestions.known_report(place)
    if report is None or not server.is_current(document):
        return None
    if is_new and report.shown:
        server.refresh_code_lenses()
    return Answer(document, place, report)


def report_of_problem(problem: str, remedy: str) -> SuggestionReport:
    """Return a report that only says what is wrong."""
    return SuggestionReport(notes=(Note(problem, remedy),))
