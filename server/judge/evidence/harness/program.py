"""Run a program of another language in the sandbox, and read what it reports."""

import json
import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tree_sitter

from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.declarations import Function
from stepcheck.server.judge.languages.language import BuildError, Language, Program, Tools
from stepcheck.server.sandbox.sandbox import (
    CommandRequest,
    CompletedCommand,
    Limits,
    Sandbox,
    StopReason,
)

_BUILD_SECONDS = 30.0
_MEGABYTE = 1 << 20
_MAX_PRINTED = 20_000
_BUILT, _NOT_BUILT = "stepcheck: built", "stepcheck: not built"
_KILLED = (-9, 124, 137)
"""How a program ends that timeout(1) stopped."""
# Compilers that were stopped or gave up, which says nothing about the code.
_ENVIRONMENT_PROBLEMS = (
    *("internal compiler error", "Killed", "annot allocate memory", "out of memory"),
    *("OutOfMemoryError", "insufficient memory", "No space left", "annot fork", "pthread_create"),
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A language, the tools that build its programs, and the sandbox that these run in."""

    language: Language
    tools: Tools
    sandbox: Sandbox


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a call: a `value`, or one of the others.

    `unrepresentable` is why the arguments or the result have no place in the other's notation.
    """

    value: object = None
    raised: str = ""
    crashed: str = ""
    unrepresentable: str = ""
    timed_out: bool = False
    line: int | None = None

    @property
    def has_value(self) -> bool:
        """Whether the call returned."""
        return not (self.raised or self.crashed or self.unrepresentable or self.timed_out)


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """What came of a program: answers by the number of their call, as far as there are any.

    `errors` are a compiler's about the code; `problem` is why nothing was found out. `ending` says
    how a program ended before its last call; `is_own_fault` if the code is the cause.
    """

    answers: dict[int, Answer]
    errors: tuple[BuildError, ...] = ()
    problem: str = ""
    ending: str = ""
    is_own_fault: bool = False


def run_calls(
    toolchain: Toolchain,
    source: str,
    function: Function,
    calls: Sequence[str],
    is_cancelled: Callable[[], bool],
) -> ProgramRun:
    """Answer calls, each the JSON of its arguments; raises what `Sandbox.run` does."""
    secret = secrets.token_hex(16)
    language = toolchain.language
    program = language.call_program(source, function, toolchain.tools)
    seconds = max(1, round(toolchain.sandbox.limits.seconds_per_call))
    stdin = "\n".join((secret, str(seconds), *calls, ""))
    built = _build_and_run(program, stdin, toolchain, is_cancelled)
    if isinstance(built, CompletedCommand):
        answers = _read_answers(built.stdout.decode(errors="replace"), secret, len(calls))
        if not answers and (problem := _environment_problem(built.stderr.decode(errors="replace"))):
            return ProgramRun({}, problem=f"{language.title} could not be run here: {problem}")
        return ProgramRun(answers, ending=_ending(built), is_own_fault=_is_own_fault(built))
    return _explain(built, language, source)


def build(toolchain: Toolchain, source: str, is_cancelled: Callable[[], bool]) -> ProgramRun:
    """Find out whether code can be built, without running it; raises as `run_calls`."""
    language = toolchain.language
    program = language.check_program(source, toolchain.tools)
    built = _build_and_run(program, "", toolchain, is_cancelled)
    return (
        ProgramRun({}) if isinstance(built, CompletedCommand) else _explain(built, language, source)
    )


def run_tests(
    toolchain: Toolchain, source: str, tests: str, is_cancelled: Callable[[], bool]
) -> tuple[bool, ProgramRun]:
    """Return whether tests in the language itself came to their end; raises as `run_calls`."""
    secret = secrets.token_hex(16)
    language = toolchain.language
    program = language.test_program(source, tests, toolchain.tools)
    built = _build_and_run(program, secret + "\n", toolchain, is_cancelled)
    if not isinstance(built, CompletedCommand):
        return False, _explain(built, language, source)
    ended_well = built.exit_status == 0 and secret in built.stdout.decode(errors="replace").split()
    shown = built.stderr.decode(errors="replace").strip()[-400:]
    if not ended_well and (problem := _environment_problem(shown)):
        return False, ProgramRun({}, problem=f"{language.title} could not be run here: {problem}")
    return ended_well, ProgramRun(
        {}, ending=shown or _ending(built), is_own_fault=_is_own_fault(built)
    )


def _build_and_run(
    program: Program, stdin: str, toolchain: Toolchain, is_cancelled: Callable[[], bool]
) -> CompletedCommand | str:
    """Return how the program ended, or what its compiler printed."""
    tools, sandbox = toolchain.tools, toolchain.sandbox
    script = (
        f"{shlex.join(program.build)} >stepcheck.log 2>&1 </dev/null\n"
        "status=$?\n"
        f"if [ $status -ne 0 ]; then echo '{_NOT_BUILT}' $status; "
        f"head -c {_MAX_PRINTED} stepcheck.log; exit; fi\n"
        f"rm -f stepcheck.log stepcheck.sh; echo '{_BUILT}'\n"
        # What the compiler did not need of the time is not the program's.
        f"exec timeout -s KILL {sandbox.limits.seconds:g} {shlex.join(program.run)}\n"
    )
    request = CommandRequest(
        ["/bin/sh", "stepcheck.sh"],
        files={**program.files, "stepcheck.sh": script.encode()},
        readable=tools.folders,
        environment=tools.environment,
        stdin=stdin.encode(),
        limits=_limits(sandbox.limits),
    )
    completed = sandbox.run(request, is_cancelled=is_cancelled)
    first, _, rest = completed.stdout.partition(b"\n")
    if first == _BUILT.encode():
        return replace(completed, stdout=rest)
    if first.startswith(_NOT_BUILT.encode()):
        return f"{first.decode().removeprefix(_NOT_BUILT).strip()}\n{rest.decode(errors='replace')}"
    cause = (
        f"stopped for its {completed.stopped.replace('_', ' ')}" if completed.stopped else "lost"
    )
    return f"255\nthe compiler was {cause}"


def _environment_problem(printed: str) -> str:
    """Return the line that says that the machine, and not the code, is to blame, or nothing."""
    lines = (
        line for line in printed.splitlines() if any(mark in line for mark in _ENVIRONMENT_PROBLEMS)
    )
    return next(lines, "")


def _limits(limits: Limits) -> Limits:
    """Return limits with room for a compiler, and for machines that reserve what they never use."""
    return replace(
        limits,
        seconds=limits.seconds + _BUILD_SECONDS,
        cpu_seconds=None,
        memory_bytes=None,
        file_bytes=max(limits.file_bytes, 128 * _MEGABYTE),
        writable_bytes=max(limits.writable_bytes, 512 * _MEGABYTE),
        output_bytes=max(limits.output_bytes, 4 * _MEGABYTE),
        processes=max(limits.processes, 64),
        open_files=max(limits.open_files, 256),
    )


def _explain(printed: str, language: Language, source: str) -> ProgramRun:
    """Return what a failed build says: errors if they are in the code itself."""
    status, _, text = printed.partition("\n")
    errors = language.build_errors(text)
    own = tuple(
        error
        for error in errors
        if error.file == language.candidate_name(source)
        and not language.is_missing_dependency(error.message)
    )
    if _environment_problem(text) or not status.isdigit() or int(status) > 128:
        last = text.strip().splitlines()[-1:] or ["it was ended"]
        return ProgramRun(
            {}, problem=f"the {language.title} compiler could not do its work: {last[0]}"
        )
    missing = [error.message for error in errors if language.is_missing_dependency(error.message)]
    if missing:
        return ProgramRun({}, problem=f"not installed here: {missing[0]}")
    if own:
        return ProgramRun({}, errors=own)
    if line := _first_syntax_error_line(declarations.parse(language.grammar, source)):
        name = language.candidate_name(source)
        return ProgramRun(
            {}, errors=(BuildError(name, line, "it is incomplete: something is not closed"),)
        )
    reason = (
        errors[0].message if errors else next(iter(text.strip().splitlines()), "no reason given")
    )
    return ProgramRun({}, problem=f"it cannot be called from outside: {reason}")


def _first_syntax_error_line(root: tree_sitter.Node) -> int | None:
    """Return the line of the first error in a syntax tree, if there is one."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            return declarations.range_of(node).first_line
        waiting.extend(reversed([child for child in node.children if child.has_error]))
    return None


def _is_own_fault(completed: CompletedCommand) -> bool:
    return (
        not _is_late(completed)
        and completed.stopped in (None, StopReason.MEMORY, StopReason.PROCESSOR_TIME)
        and not completed.truncated
    )


def _is_late(completed: CompletedCommand) -> bool:
    return completed.timed_out or completed.exit_status in _KILLED


def _ending(completed: CompletedCommand) -> str:
    if _is_late(completed):
        return "it takes too long"
    match completed.stopped:
        case StopReason.MEMORY:
            return "it takes too much memory"
        case StopReason.LOST:
            return "the sandbox was lost"
    if completed.truncated:
        return "it prints too much"
    return f"the program ended early, with status {completed.exit_status}"


def _read_answers(printed: str, secret: str, count: int) -> dict[int, Answer]:
    answers: dict[int, Answer] = {}
    for line in printed.split("\n"):
        if not line.startswith(secret + " "):
            continue
        _, number, text = [*line.split(" ", 2), "", ""][:3]
        if number.isdigit() and int(number) < count:
            answers.setdefault(int(number), _read_answer(text))
    return answers


def _read_answer(text: str) -> Answer:
    try:
        answer: Any = json.loads(text)
        match answer:
            case {"value": value}:
                return Answer(value=wire.decode(value))
            case {"timeout": True}:
                return Answer(timed_out=True)
            case {"raised": str(message)}:
                line = answer.get("line")
                return Answer(raised=message, line=line if isinstance(line, int) else None)
            case {"crashed": str(message)}:
                return Answer(crashed=message)
            case {"unrepresentable": str(message)}:
                return Answer(unrepresentable=message)
    except (ValueError, RecursionError, wire.UnrepresentableError):
        pass
    return Answer(unrepresentable="the answer is no value")
