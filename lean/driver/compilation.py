"""Compiles modules in the order of their imports, several at a time."""

import os
from collections import deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

_MAX_PROCESSES = 4
"""A Lean that compiles may take 2 GB of memory."""


def compile_in_parallel(
    modules: Collection[str],
    imports: Mapping[str, Collection[str]],
    compile_module: Callable[[str], None],
    advance: Callable[[str], None],
) -> None:
    """Call `compile_module` for each of the `modules`, when those that it imports are done.

    Imports outside `modules` count as done. Runs as many at a time as there are processors, in
    threads. `advance` is told the name of each that begins, from the calling thread: it need not be
    safe for threads. Raises the first error of `compile_module`, after those under way have ended;
    no other is begun then.
    """
    graph = {name: [one for one in imports[name] if one in modules] for name in modules}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    processes = min(os.cpu_count() or 1, _MAX_PROCESSES)
    ready: deque[str] = deque()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(processes) as pool:
        while sorter.is_active():
            ready.extend(sorter.get_ready())
            while ready and len(running) < processes:
                name = ready.popleft()
                advance(name)
                running[pool.submit(compile_module, name)] = name
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                sorter.done(running.pop(future))
