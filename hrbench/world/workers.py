"""The same function over many numbers, in this process or in several."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
_CHUNK = 16  # numbers that travel to a process at a time


def in_order(
    function: Callable[[int], Result], numbers: Iterable[int], processes: int
) -> Iterator[Result]:
    """Yield function(number) for each number, in order, on any number of processes.

    Processes are spawned, not forked: a fork of a process in which torch or OpenCV has
    started threads can hang, and spawning is the one way that works everywhere.
    """
    if processes == 1:
        yield from map(function, numbers)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        yield from pool.map(function, numbers, chunksize=_CHUNK)
