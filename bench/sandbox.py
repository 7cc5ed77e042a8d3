"""What becomes of attacks, and how long isolating takes: python bench/sandbox.py."""

import os
import statistics
import sys
import time

from attacks import ATTACKS, EXAMPLE
from attacks_on_tests import ALL

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Judgement
from stepcheck.server.sandbox.sandbox import (
    Check,
    CommandRequest,
    Limits,
    Sandbox,
    unavailable_reason,
)

RUNS = 30
LIMITS = Limits(seconds=20, seconds_per_call=1)


def main() -> None:
    if reason := unavailable_reason():
        sys.exit(f"nothing can be sandboxed here: {reason}")
    _time("a command, from start to end", lambda: Sandbox().run(CommandRequest(["true"])))
    _time("a candidate isolated, examined and ended", _examine)
    judge = Judge(Sandbox(LIMITS))
    wrong = []
    print("\n| attack | what happened | verdict | seconds |\n|---|---|---|---|")
    for attack in ATTACKS:
        started = time.perf_counter()
        judgement = judge.judge(Question(attack.code, intent=EXAMPLE))
        seconds = time.perf_counter() - started
        print(f"| {attack.name} | {_tell(judgement)} | {judgement.verdict} | {seconds:.1f} |")
        if judgement.verdict == "correct" or attack.calls_for not in ("", judgement.verdict):
            wrong.append(attack.name)
    for name, code, tests in ALL:
        started = time.perf_counter()
        judgement = judge.judge(Question(code, tests=tests))
        seconds = time.perf_counter() - started
        print(f"| tests: {name} | {_tell(judgement)} | {judgement.verdict} | {seconds:.1f} |")
        if judgement.verdict == "correct":
            wrong.append(name)
    count = len(ATTACKS) + len(ALL)
    print(f"\n{count} attacks, {len(wrong)} with another verdict than called for: {wrong}")


def _examine() -> None:
    Sandbox().examine("def f(x):\n    return x + 1\n", ["f"], [Check("f(1)", "2")])


def _time(what, run) -> None:
    seconds, before = [], os.times()
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    used = (sum(os.times()[:4]) - sum(before[:4])) / RUNS
    median, most = statistics.median(seconds), max(seconds)
    print(f"{what}: median {median:.3f} s, most {most:.3f} s, {used:.3f} s of processor time each")


def _tell(judgement: Judgement) -> str:
    told = [fault.message for fault in judgement.faults] or [
        note for evidence in judgement.evidence[::-1] for note in evidence.notes
    ]
    return told[0].replace("|", "/").replace("\n", " ")[:90] if told else "nothing"


if __name__ == "__main__":
    main()
