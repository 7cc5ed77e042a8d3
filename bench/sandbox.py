"""How long a candidate takes to be confined, examined and ended: python bench/sandbox.py."""

import statistics
import time

from stepcheck.server.judge.evidence.sandbox import Check, Sandbox, unavailable_reason

RUNS = 30


def main() -> None:
    print(unavailable_reason() or "confined")
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        Sandbox().examine("def f(x):\n    return x + 1\n", ["f"], [Check("f(1)", "2")])
        seconds.append(time.perf_counter() - started)
    print(f"{RUNS} runs: median {statistics.median(seconds):.3f} s, most {max(seconds):.3f} s")


if __name__ == "__main__":
    main()
