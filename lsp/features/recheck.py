"""The last check of a chosen step: the whole file, by a Lean of its own, after the edit."""

import asyncio

from lsprotocol import types

from stepcheck.lean.errors import LeanError
from stepcheck.lean.recheck import VerifiedStep
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.hover_text import shorten_goal
from stepcheck.lsp.proposed_edits import ProposedStep
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.edits import apply_edits
from stepcheck.lsp.protocol.progress import shown_progress

RECHECK = "stepcheck.recheck"
INSERT = "stepcheck.insert"

_REFUSED = "The inserted step does not hold on the whole file."
_NOT_CHECKED = "The inserted step could not be checked on the whole file."
OUTCOMES = {
    StepVerdict.PROVED: "The whole file agrees: proved.",
    StepVerdict.PROGRESS: "The step stands; its declaration is not finished.",
    StepVerdict.NO_PROGRESS: _REFUSED,
    StepVerdict.REJECTED: _REFUSED,
    StepVerdict.UNSOUND: _REFUSED,
    StepVerdict.TIMEOUT: _NOT_CHECKED,
    StepVerdict.UNKNOWN: _NOT_CHECKED,
}


def register(server: StepcheckLanguageServer) -> None:
    """Check the whole file when a step that was shown as proved has been inserted."""
    # Each check is a Lean of its own: one at a time is what a machine can bear.
    one_at_a_time = asyncio.Lock()

    @server.command(RECHECK)
    async def recheck(identifier: str) -> str | None:
        """Return the verdict on the whole file; `None` for a step that is no longer kept."""
        proposed = server.proposed_edits.find(identifier)
        return await check(proposed) if isinstance(proposed, ProposedStep) else None

    @server.command(INSERT)
    async def insert(identifier: str) -> str | None:
        """Insert a proposed step and return the verdict on the whole file."""
        proposed = server.proposed_edits.find(identifier)
        if not isinstance(proposed, ProposedStep) or not server.is_current(proposed.document):
            server.show_message("The file has changed since; look for suggestions again.")
            return None
        label = "stepcheck: insert a step"
        if await apply_edits(server, proposed.document, proposed.edits(), label):
            return await check(proposed)
        server.show_message(f"The editor did not insert the step:\n{proposed.step}")
        return None

    async def check(proposed: ProposedStep) -> str | None:
        async with one_at_a_time:
            verified = await _verify(server, proposed)
        if verified is None:
            return None
        if warning := _describe_failure(verified):
            _warn(server, proposed, warning)
        return verified.verdict.value


async def _verify(server: StepcheckLanguageServer, proposed: ProposedStep) -> VerifiedStep | None:
    """Return what the whole file says; `None` if the person cancelled."""

    async def verify() -> VerifiedStep:
        session = await server.session()
        checker = await session.lean.checker_for(proposed.document.path)
        return await checker.verify(proposed.position, proposed.step)

    verifying = asyncio.create_task(verify())
    title = "stepcheck: checking the whole file"
    try:
        async with shown_progress(server, title, verifying.cancel) as report:
            await asyncio.wait({verifying})
            if verifying.cancelled():
                return None
            verified = _result(verifying)
            report(OUTCOMES[verified.verdict])
            return verified
    finally:
        verifying.cancel()


def _result(verifying: asyncio.Task[VerifiedStep]) -> VerifiedStep:
    try:
        return verifying.result()
    except LeanError as error:
        return VerifiedStep(StepVerdict.UNKNOWN, f"{error.problem} {error.remedy}")


def _describe_failure(verified: VerifiedStep) -> str | None:
    """Return why the step, which was shown as proved, is not; `None` if it is.

    `progress` is no failure: the step stands, another part of the declaration is unfinished.
    """
    if verified.verdict.is_shown:
        return None
    details = (message.text for message in verified.messages)
    return " ".join([OUTCOMES[verified.verdict], verified.reason, *details]).strip()


def _warn(server: StepcheckLanguageServer, proposed: ProposedStep, warning: str) -> None:
    """Warn in a message, and at the step if the file is still what was checked."""
    text = markdown.show_invisible(shorten_goal(warning))
    server.show_warning(text)
    document = server.lean_document(proposed.document.uri)
    position = proposed.position
    if document is None or document.text != position.insert(proposed.step):
        return
    end = position.start + len(position.replacement(proposed.step))
    inserted = document.positions.range_of(position.start + len(position.lead), end)
    severity = types.DiagnosticSeverity.Warning
    diagnostic = types.Diagnostic(inserted, text, severity, source="stepcheck")
    server.publish_diagnostics(document, [diagnostic])
