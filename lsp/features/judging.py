"""Edits of Python files are judged: on save, while typing, or on demand."""

import asyncio
from dataclasses import dataclass

from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.protocol.progress import shown_progress
from stepcheck.lsp.python.judgements import Edit
from stepcheck.use_cases.code_edits import EditReport, Verdict

JUDGE = "stepcheck.judge"
JUDGE_AGAIN = "stepcheck.judgeAgain"
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class FunctionVerdict:
    """What a client is told that runs a command."""

    name: str
    verdict: str
    confidence: float


def register(server: StepcheckLanguageServer) -> None:
    """Offer the commands."""

    @server.command(JUDGE)
    async def judge(uri: str) -> list[FunctionVerdict] | None:
        """Judge what has changed in a file; `None`: the text changed, or the person cancelled."""
        return await _judge_for_person(server, uri)

    @server.command(JUDGE_AGAIN)
    async def judge_again(uri: str) -> list[FunctionVerdict] | None:
        """Judge anew, whatever is remembered."""
        server.baselines.refresh(uri)
        if (edit := await edit_of(server, uri)) is not None:
            (await server.session()).judgements.forget(edit)
        return await _judge_for_person(server, uri)


async def edit_of(server: StepcheckLanguageServer, uri: str) -> Edit | None:
    """Return the edit of an open Python file as it is now; `None` if it is none, or changes."""
    document = server.python_document(uri)
    if document is None:
        return None
    before = await server.baselines.text_before(document)
    return Edit(document, before) if server.is_current(document) else None


async def judge(
    server: StepcheckLanguageServer, edit: Edit, patience: float = PATIENCE_SECONDS
) -> EditReport | None:
    """Have an edit judged and show its faults; `None` if the text has changed since."""
    session = await server.session()
    judging = asyncio.create_task(session.judgements.report(edit, patience))
    server.refresh_code_lenses()
    try:
        report = await judging
    finally:
        judging.cancel()
        server.refresh_code_lenses()
    if report is None or not server.is_current(edit.document):
        return None
    if not report.notes:
        server.faults.put(edit.document, report)
        await _show(server, edit)
        await _prepare_fixes(server, edit, report)
    return report


async def judge_now(server: StepcheckLanguageServer, uri: str) -> None:
    """Judge a file as it is."""
    if (edit := await edit_of(server, uri)) is not None:
        await judge(server, edit)


async def judge_later(server: StepcheckLanguageServer, uri: str) -> None:
    """Judge a file when it is no longer typed in, if that is wanted."""
    settings = (await server.session()).settings.editor
    if settings.judge == "change":
        seconds = settings.judge_delay_milliseconds / 1000
        server.debounce.run_after(f"judge {uri}", seconds, lambda: judge_now(server, uri))


async def show_faults_that_stand(server: StepcheckLanguageServer, uri: str) -> None:
    """Take back the faults of functions that have changed, and move those of the others."""
    edit = await edit_of(server, uri)
    if edit is None:
        return
    known = (await server.session()).judgements.known_report(edit)
    if known is not None:
        server.faults.put(edit.document, known)
    if server.faults.has(uri):
        await _show(server, edit)


async def _prepare_fixes(server: StepcheckLanguageServer, edit: Edit, report: EditReport) -> None:
    """Look for fixes of what is wrong, so that they are there when they are asked for."""
    session = await server.session()
    for function in report.functions if session.settings.editor.prepare_fixes else ():
        if function.verdict is Verdict.INCORRECT:
            looking = session.judgements.fixes(edit, function.name, PATIENCE_SECONDS)
            server.run_in_background(looking)


async def _show(server: StepcheckLanguageServer, edit: Edit) -> None:
    diagnostics = await asyncio.to_thread(server.faults.diagnostics, edit.document)
    if server.is_current(edit.document):
        server.show_diagnostics(edit.document, diagnostics)


async def _judge_for_person(
    server: StepcheckLanguageServer, uri: str
) -> list[FunctionVerdict] | None:
    edit = await edit_of(server, uri)
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
