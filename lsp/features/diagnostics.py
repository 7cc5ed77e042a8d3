"""Diagnostics of Python files: edits are judged on save, while typing or by command."""

import asyncio
from dataclasses import dataclass

from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.protocol.progress import shown_progress
from stepcheck.lsp.python.judgements import EditedDocument
from stepcheck.use_cases.code_edits import EditReport, Verdict

JUDGE = "stepcheck.judge"
JUDGE_AGAIN = "stepcheck.judgeAgain"
TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class FunctionVerdict:
    """The verdict on a function, as the result of a command."""

    name: str
    verdict: str
    confidence: float


def register(server: StepcheckLanguageServer) -> None:
    """Register the commands."""

    @server.command(JUDGE)
    async def judge(uri: str) -> list[FunctionVerdict] | None:
        """Judge what has changed in a file; `None`: the text changed, or the person cancelled."""
        return await _judge_with_progress(server, uri)

    @server.command(JUDGE_AGAIN)
    async def judge_again(uri: str) -> list[FunctionVerdict] | None:
        """Judge again, whatever is cached."""
        server.previous_texts.invalidate(uri)
        if (edit := await find_edited_document(server, uri)) is not None:
            (await server.session()).judgements.invalidate(edit)
        return await _judge_with_progress(server, uri)


async def find_edited_document(server: StepcheckLanguageServer, uri: str) -> EditedDocument | None:
    """Return the edit of an open Python file as it is now; `None` if it is none, or changes."""
    document = server.python_document(uri)
    if document is None:
        return None
    before = await server.previous_texts.text_before(document)
    return EditedDocument(document, before) if server.is_current(document) else None


async def judge(
    server: StepcheckLanguageServer, edit: EditedDocument, timeout: float = TIMEOUT_SECONDS
) -> EditReport | None:
    """Judge an edit and publish its faults as diagnostics; `None` if the text has changed since.

    `timeout` is in seconds: see `Judgements.report`.
    """
    session = await server.session()
    judging = asyncio.create_task(session.judgements.report(edit, timeout))
    server.refresh_code_lenses()
    try:
        report = await judging
    finally:
        judging.cancel()
        server.refresh_code_lenses()
    if report is None or not server.is_current(edit.document):
        return None
    if not report.notes:
        server.judgement_diagnostics.update(edit.document, report)
        await _publish(server, edit)
        await _prepare_fixes(server, edit, report)
    return report


async def judge_now(server: StepcheckLanguageServer, uri: str) -> None:
    """Judge a file as it is."""
    if (edit := await find_edited_document(server, uri)) is not None:
        await judge(server, edit)


async def schedule_judgement(server: StepcheckLanguageServer, uri: str) -> None:
    """Judge a file after a pause in typing, if the settings ask for that."""
    settings = (await server.session()).settings.editor
    if settings.judge == "change":
        seconds = settings.judge_delay_milliseconds / 1000
        server.debounce.run_after(f"judge {uri}", seconds, lambda: judge_now(server, uri))


async def update_diagnostics(server: StepcheckLanguageServer, uri: str) -> None:
    """Remove the faults of functions that have changed, and move those of the others."""
    edit = await find_edited_document(server, uri)
    if edit is None:
        return
    cached = (await server.session()).judgements.cached_report(edit)
    if cached is not None:
        server.judgement_diagnostics.update(edit.document, cached)
    if server.judgement_diagnostics.has_judgement(uri):
        await _publish(server, edit)


async def _prepare_fixes(
    server: StepcheckLanguageServer, edit: EditedDocument, report: EditReport
) -> None:
    """Look for fixes of what is wrong, so that they are there when they are asked for."""
    session = await server.session()
    for function in report.functions if session.settings.editor.prepare_fixes else ():
        if function.verdict is Verdict.INCORRECT:
            looking = session.judgements.fixes(edit, function.name, TIMEOUT_SECONDS)
            server.run_in_background(looking)


async def _publish(server: StepcheckLanguageServer, edit: EditedDocument) -> None:
    diagnostics = await asyncio.to_thread(server.judgement_diagnostics.diagnostics, edit.document)
    if server.is_current(edit.document):
        server.publish_diagnostics(edit.document, diagnostics)


async def _judge_with_progress(
    server: StepcheckLanguageServer, uri: str
) -> list[FunctionVerdict] | None:
    edit = await find_edited_document(server, uri)
    if edit is None:
        return None
    judging = asyncio.create_task(judge(server, edit))
    try:
        async with shown_progress(server, "stepcheck: judging the edit", judging.cancel):
            await asyncio.wait({judging})
    finally:
        judging.cancel()
    report = None if judging.cancelled() else judging.result()
    if report is None:
        return None
    for note in report.notes:
        server.show_warning(f"{note.problem} {note.remedy}")
    if not report.functions and not report.notes:
        server.show_message("No function has changed since the last commit.")
    return [FunctionVerdict(f.name, f.verdict.value, f.confidence) for f in report.functions]
