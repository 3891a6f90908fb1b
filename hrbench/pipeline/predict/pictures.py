"""The pictures of files: read, set upright, and grouped for the network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.headers import UPRIGHT
from hrbench.data.media import Medium, frames
from hrbench.data.orientation import orientation, upright


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image, or a frame of a video."""

    path: Path
    frame: int | None  # of a video, from 0
    image_id: int  # the digits that the file is called by, as in COCO; else its place, from 1
    turned: bool  # by its EXIF tag
    pixels: NDArray[Any]  # as the task's reader gives them

    @property
    def name(self) -> str:
        """The file's name, and the frame's number."""
        return self.path.name if self.frame is None else f"{self.path.name}, frame {self.frame}"


Read = Callable[[Path], NDArray[Any]]
FromBgr = Callable[[NDArray[np.uint8]], NDArray[Any]]


def pictures(media: Sequence[Medium], read: Read, from_bgr: FromBgr) -> Iterator[Picture]:
    """Yield every picture of some files, upright."""
    for place, medium in enumerate(media, start=1):
        if medium.is_video:
            for number, frame in enumerate(frames(medium.path)):
                yield Picture(medium.path, number, number, turned=False, pixels=from_bgr(frame))
            continue
        tag = orientation(medium.path)
        pixels, number = upright(read(medium.path), tag), image_id(medium.path, place)
        yield Picture(medium.path, None, number, turned=tag != UPRIGHT, pixels=pixels)


def image_id(path: Path, place: int) -> int:
    """Return the number that an image file is called by, or its place among all."""
    return int(path.stem) if path.stem.isascii() and path.stem.isdigit() else place


def grouped(found: Iterator[Picture], size: int) -> Iterator[tuple[Picture, ...]]:
    """Yield pictures so many at a time."""
    group: list[Picture] = []
    for picture in found:
        group.append(picture)
        if len(group) == size:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)
