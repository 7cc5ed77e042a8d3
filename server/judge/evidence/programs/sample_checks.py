"""Checks of a program by samples: each is a run, and what it prints is compared with the sample."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.programs.output_comparison import Match, compare
from stepcheck.server.judge.evidence.programs.output_rules import OutputRules
from stepcheck.server.judge.evidence.programs.runs import (
    Ending,
    ProgramRun,
    RunLimits,
    run_program,
)
from stepcheck.server.judge.evidence.programs.samples import Sample
from stepcheck.server.sandbox.sandbox import CheckResult, Sandbox, Status

PATIENCE = 3
"""How many times as long a program may take that is slow on a sample, before it is blamed."""

_MAX_SHOWN = 120
_OUTPUT_ROOM = 1 << 16
_OTHER_SEED = 1
# What a machine refuses, or lacks: neither is the program's fault.
_MACHINE_ERRORS = (
    *(
        "ModuleNotFoundError",
        "MemoryError",
        "PermissionError",
        "BlockingIOError",
        "FileNotFoundError",
    ),
    *(
        "OSError",
        "RuntimeError: can't start new thread",
        "ImportError",
        "_queue.",
        "ConnectionError",
    ),
)
_OWN_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV"}


@dataclass(frozen=True, slots=True)
class ProgramRunner:
    """Runs one program in a sandbox, as long as it is wanted."""

    source: str
    sandbox: Sandbox
    is_cancelled: Callable[[], bool]

    def run(self, inputs: Sequence[str], limits: RunLimits) -> tuple[ProgramRun, ...]:
        """Run the program on each input; raises what `Sandbox.run` does."""
        return run_program(self.source, inputs, self.sandbox, limits, self.is_cancelled)


def check_samples(
    runner: ProgramRunner, samples: Sequence[Sample], rules: OutputRules
) -> list[CheckResult]:
    """Run the samples and return how each went; raises what `Sandbox.run` does.

    One that takes long is given more time, and one that fails is run again with another order of
    sets: a result that varies says nothing.
    """
    wanted = [max(map(len, sample.outputs)) for sample in samples]
    seconds = runner.sandbox.limits.seconds_per_call
    limits = RunLimits(seconds, output_bytes=_OUTPUT_ROOM + 4 * max(wanted, default=0))
    runs = list(runner.run([sample.input for sample in samples], limits))
    for number, run in enumerate(runs):
        if run.ending is Ending.PROCESSOR_TIME:
            patient = replace(limits, seconds=PATIENCE * seconds)
            runs[number:] = runner.run([sample.input for sample in samples[number:]], patient)
            break
    results = [judge_run(run, sample, rules) for run, sample in zip(runs, samples, strict=True)]
    wrong = [at for at, result in enumerate(results) if result.status is Status.FAILED]
    again = runner.run([samples[at].input for at in wrong], replace(limits, hash_seed=_OTHER_SEED))
    for at, other in zip(wrong, again, strict=True):
        if other.ended_well and other.output != runs[at].output:
            message = f"{results[at].message}, and another time something else"
            results[at] = CheckResult(Status.INCONCLUSIVE, message)
    return results


def judge_run(run: ProgramRun, sample: Sample, rules: OutputRules) -> CheckResult:
    """Return how a run went for its sample."""
    shown = show_input(sample.input)
    failed = judge_ending(run, sample.input)
    if failed is not None:
        return failed
    wanted = sample.outputs[-1]
    match = compare(run.output, sample.outputs, rules)
    if match is Match.EQUAL:
        return CheckResult(Status.PASSED)
    message = f"{shown} it prints {show(run.output)}, not {show(wanted)}"
    if match is Match.DIFFERENT and _may_end_earlier(run.output, wanted, rules):
        return CheckResult(Status.INCONCLUSIVE, f"{message}, whose second part may explain it")
    if match is Match.DIFFERENT:
        # A thread that fails does not end the program.
        cause = f" ({run.message})" if run.message else ""
        return CheckResult(Status.FAILED, message + cause, run.line)
    return CheckResult(Status.INCONCLUSIVE, f"{message}, {match}")


def _may_end_earlier(printed: str, wanted: str, rules: OutputRules) -> bool:
    """Tell whether what was printed is what stands before the first blank line of a sample."""
    first, *others = re.split(r"\n\s*\n", wanted.strip("\n"), maxsplit=1)
    return bool(others) and compare(printed, (first,), rules) is Match.EQUAL


def judge_ending(run: ProgramRun, given: str) -> CheckResult | None:
    """Return what the end of a run says, or None where it ended well.

    What the limits here cause says nothing about the program, but for the processor time.
    """
    shown = show_input(given)
    if run.truncated:
        return CheckResult(
            Status.FAILED, f"{shown} it prints {len(run.output)} characters and more"
        )
    match run.ending:
        case Ending.NORMAL:
            return None
        case Ending.EXCEPTION if run.message.startswith(_MACHINE_ERRORS):
            return CheckResult(Status.INCONCLUSIVE, f"{shown} it fails here: {run.message}")
        case Ending.EXCEPTION:
            return CheckResult(Status.RAISED, f"{shown} it raises {run.message}", run.line)
        case Ending.EXIT_STATUS:
            message = f"{shown} it ends with exit status {run.status}"
            return CheckResult(Status.CRASHED, message, run.line)
        case Ending.SIGNAL if -run.status in _OWN_SIGNALS:
            name = _OWN_SIGNALS[-run.status]
            return CheckResult(Status.CRASHED, f"{shown} it dies of {name}", run.line)
        case Ending.PROCESSOR_TIME:
            message = f"{shown} it does not end within {run.cpu_seconds:.0f} s of processor time"
            return CheckResult(Status.TIMEOUT, message)
        case Ending.WALL_TIME:
            message = f"{shown} it waits, having computed for {run.cpu_seconds:.1f} s"
        case Ending.MEMORY:
            message = f"{shown} it needs more memory than it gets here"
        case Ending.SIGNAL:
            message = f"{shown} it was killed; by whom is unknown"
        case _:
            message = f"{shown} it was not run to its end"
    return CheckResult(Status.INCONCLUSIVE, message)


def show_input(given: str) -> str:
    """Return the beginning of a message about a run."""
    return f"given {show(given)}" if given else "without input"


def show(text: str) -> str:
    """Return a text as a message shows it: quoted, and not too long."""
    shown = repr(text.rstrip())
    if len(shown) <= _MAX_SHOWN:
        return shown
    return f"{shown[: _MAX_SHOWN // 2]} … {shown[-_MAX_SHOWN // 3 :]}"
