"""The command that searches for a whole proof, and inserts what the whole file accepts."""

import asyncio

from lsprotocol import types

from stepcheck.lean.errors import LeanError
from stepcheck.lean.search import SearchBudget, SearchEnd
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import LeanDocument
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.edits import apply_edits
from stepcheck.lsp.protocol.markup import format_count
from stepcheck.lsp.protocol.progress import Report, shown_progress
from stepcheck.lsp.scheduling.document_tasks import ContentModifiedError
from stepcheck.use_cases.proof_search import ProofReport, Prover

PROVE = "stepcheck.prove"
MAX_REQUESTS = 1_000
"""To the model; more than fit into the time limit, so that this is what ends a search."""

_REASONS = {
    SearchEnd.EXHAUSTED: "nothing that was proposed leads further",
    SearchEnd.TIME: "the time was over (editor.search_seconds)",
    SearchEnd.REQUESTS: "the model was asked as often as allowed",
}


def register(server: StepcheckLanguageServer) -> None:
    """Register the command."""

    @server.command(PROVE)
    async def prove(uri: str, position: types.Position) -> str | None:
        """Insert a proof of the goal at a position, and return it; `None` if none was found."""
        document = server.lean_document(uri)
        if document is None:
            return None
        report: Report = lambda _message: None  # noqa: E731
        searching = asyncio.create_task(
            _search(server, document, position, lambda message: report(message))
        )
        title = "stepcheck: searching a proof"
        try:
            async with shown_progress(server, title, searching.cancel) as report:
                await asyncio.wait({searching})
                if searching.cancelled():
                    return None
                found = searching.result()
                report("proved" if found else "no proof")
        finally:
            searching.cancel()
        return await _insert(server, document, found) if found else None


async def _search(
    server: StepcheckLanguageServer,
    document: LeanDocument,
    position: types.Position,
    report: Report,
) -> ProofReport | None:
    """Return a proof that the whole file accepts; else tell the person why there is none."""
    settings = (await server.session()).settings
    budget = SearchBudget(settings.editor.search_seconds, MAX_REQUESTS, settings.suggestion.n)

    async def work() -> ProofReport | None:
        session = await server.session()
        insertion_point = document.insertion_point(position)
        if insertion_point is None:
            return None
        checker = await session.lean.checker_for(document.path)
        prover = Prover(checker, session.client, session.settings.suggestion)
        return await prover.prove(insertion_point.position, budget, report)

    try:
        found = await server.proof_searches.run(document.uri, work(), 2 * budget.seconds + 600)
    except (ContentModifiedError, TimeoutError):
        server.show_message("The search for a proof was given up: the file has changed.")
        return None
    except LeanError as error:
        server.show_warning(markdown.show_invisible(f"{error.problem} {error.remedy}".strip()))
        return None
    if found is None:
        server.show_message("There is no proof to search for at this place.")
        return None
    verified = found.verified
    if verified is not None and verified.verdict is StepVerdict.PROVED:
        return found
    server.show_message(_explain(found))
    return None


def _explain(found: ProofReport) -> str:
    search = found.search
    if found.verified is not None:
        verdict = found.verified.verdict.value.replace("_", " ")
        return (
            "Steps were found that prove the goal, but the whole file does not agree "
            f"({verdict}): {found.verified.reason}"
        )
    effort = f"{format_count(search.states, 'state')}, {format_count(search.tried, 'step')} tried"
    notes = [f" {note.problem} {note.remedy}".rstrip() for note in found.notes]
    outcome = f"No proof was found ({effort}): {_REASONS[search.end]}."
    return outcome + markdown.show_invisible("".join(notes))


async def _insert(
    server: StepcheckLanguageServer, document: LeanDocument, found: ProofReport
) -> str | None:
    position, script = found.position, found.script
    edit = types.TextEdit(
        document.positions.range_of(position.start, position.end), position.replacement(script)
    )
    label = "stepcheck: insert a proof"
    if not (server.is_current(document) and await apply_edits(server, document, [edit], label)):
        server.show_message(f"A proof was found, and not inserted:\n{script}")
    return script
