"""How a synthetic dataset is made: how much of it, of which seed, in this process or in several."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from hrbench.threads import cores

Result = TypeVar("Result")
Counts = dict[str, dict[str, int]]  # of images, people, faces …, by split
PER_PROCESS = 100  # images that are worth a process: it imports for half a second
_CHUNK = 16  # numbers that travel to a process at a time


def _nothing() -> None:
    """Do nothing after an image."""


@dataclass(frozen=True, slots=True)
class Making:
    """What is asked of the writer of a dataset."""

    images: int  # of the training set
    seed: int
    size: tuple[int, int]  # height, width of an image in pixels
    pool: Executor | None = None  # of processes that draw; None: this one does
    after_each: Callable[[], None] = _nothing  # called when an image is done

    def share(self, of: int) -> int:
        """Return the images of a split that has one to so many of the training set, or just one."""
        return max(1, self.images // of)

    def drawn(self, draw: Callable[[int], Result], numbers: Iterable[int]) -> Iterator[Result]:
        """Yield draw(number) for the number of each image, in order."""
        results = (
            map(draw, numbers)
            if self.pool is None
            else self.pool.map(draw, numbers, chunksize=_CHUNK)
        )
        for result in results:
            yield result
            self.after_each()


def worth(images: int) -> int:
    """Return how many processes so many images are worth: all cores, but for a small set."""
    return min(cores(), 1 + images // PER_PROCESS)
