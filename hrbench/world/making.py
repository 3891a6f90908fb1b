"""How a synthetic dataset is made: how much of it, of which seed, in this process or in several."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Counts = dict[str, dict[str, int]]  # of images, people, faces …, by split
_CHUNK = 16  # numbers that travel to a process at a time


def _nothing() -> None:
    """Do nothing after an image."""


@dataclass(frozen=True, slots=True)
class Making:
    """What is asked of the writer of a dataset."""

    images: int  # of the training set
    seed: int
    size: tuple[int, int]  # height, width of an image in pixels
    processes: int = 1
    after_each: Callable[[], None] = _nothing  # called when an image is done

    def share(self, of: int) -> int:
        """Return the images of a split that has one to so many of the training set, or just one."""
        return max(1, self.images // of)

    def drawn(self, draw: Callable[[int], Result], numbers: Iterable[int]) -> Iterator[Result]:
        """Yield draw(number) for the number of each image, in order.

        Processes are spawned, not forked: a fork of a process in which torch or OpenCV has
        started threads can hang, and spawning is the one way that works everywhere.
        """
        for result in self._in_order(draw, numbers):
            yield result
            self.after_each()

    def _in_order(self, draw: Callable[[int], Result], numbers: Iterable[int]) -> Iterator[Result]:
        if self.processes == 1:
            yield from map(draw, numbers)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, context) as pool:
            yield from pool.map(draw, numbers, chunksize=_CHUNK)
