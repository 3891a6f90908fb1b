"""What a kind of task finds in pictures of no dataset, or makes of what was found in them before.

Letters: N boxes, H x W pixels.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.engine.execution import Execution
from hrbench.kinds.found import Found

ABOUT = "about.json"  # beside the rows of all pictures: what a reader of them has to know


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How places of a video are smoothed by the one-euro filter."""

    cutoff: float = 1.0  # Hz, of what stands still
    beta: float = 15.0  # Hz more for each size of the object a second


class Follower(Protocol):
    """What follows objects through the frames of videos."""

    about: dict[str, Any]  # how

    def video(self, rate: float) -> Callable[[Any, float], Found]:
        """Return what takes what was found in each frame of a video, and its time in seconds.

        It returns that with the numbers of its objects, and with smoothed places if asked for.
        """


class PicturePredictor(Protocol):
    """What looks into pictures. They go through it as its reader gives them.

    `read` and `to_bgr` are pickled with what was found, so that they hold no network.
    """

    finds: str  # what is found, as its files are called
    header: tuple[str, ...]  # of the CSV file's cells
    about: dict[str, Any]  # of the rows
    in_boxes: bool  # whether it looks into boxes, or into whole pictures

    def read(self, path: Path) -> NDArray[Any]:
        """Return the pixels of an image file."""

    def from_bgr(self, image: Pixels) -> NDArray[Any]:
        """Return the pixels of a frame."""

    def to_bgr(self, image: NDArray[Any]) -> Pixels:
        """Return what a person sees."""

    def results(self, images: Sequence[NDArray[Any]], boxes: Sequence[Floats]) -> Sequence[Found]:
        """Return what is found in each picture, given its (N, 5) x, y, width, height, score."""

    def follower(self, smoothing: Smoothing | None) -> Follower:
        """Return what follows objects, and smooths their places.

        Raises:
            RunError: there is nothing to follow, or a library is missing.
        """

    def execution(self) -> Execution:
        """Return how pictures were computed."""

    def goes_on(self, folder: Path) -> str:
        """Return a command that goes on from a folder of results, and what it does; "" of none."""


@dataclass(frozen=True, slots=True, eq=False)
class Successive:
    """What was made of a file's pictures, between which there is no gap."""

    file: str
    rate: float | None  # pictures a second, of a video
    frames: tuple[int, ...]  # the number of each, of a video
    times: tuple[float, ...]  # of each, in seconds from the video's first; 0 of an image
    results: tuple[Found, ...]


class Continuation(Protocol):
    """What goes on from folders that `hrbench predict` has written."""

    finds: str
    header: tuple[str, ...]

    def results(self, folders: Sequence[str]) -> Iterator[Successive]:
        """Yield what is made of each file's pictures.

        Raises:
            DataError: a folder has nothing to go on from.
        """

    def of(self, found: Found) -> Found:
        """Return what is made of what was found in a picture.

        Raises:
            DataError: there is nothing to go on from.
        """
