"""Compiles modules in the order of their imports, several at a time."""

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

_MAX_PROCESSES = 4
"""A Lean that compiles may take 2 GB of memory."""


def compile_in_parallel(
    modules: Collection[str],
    imports: Mapping[str, Collection[str]],
    compile_module: Callable[[str], None],
) -> None:
    """Call `compile_module` for each of the `modules`, when those that it imports are done.

    Imports outside `modules` count as done. Runs as many at a time as there are processors, in
    threads. Raises the first error of `compile_module`, after those under way have ended; no other
    is begun then.
    """
    graph = {name: [one for one in imports[name] if one in modules] for name in modules}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    running: dict[Future[None], str] = {}
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, _MAX_PROCESSES))
    try:
        while sorter.is_active():
            for name in sorter.get_ready():
                running[pool.submit(compile_module, name)] = name
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                sorter.done(running.pop(future))
    finally:
        pool.shutdown(cancel_futures=True)
