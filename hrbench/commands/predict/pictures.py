"""The pictures of files: read, set upright, and grouped for the network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.commands.predict.placed_boxes import number_of
from hrbench.data.headers import UPRIGHT
from hrbench.data.media import Medium, timed
from hrbench.data.orientation import orientation, upright
from hrbench.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image, or a frame of a video."""

    path: Path
    frame: int | None  # of a video, from 0
    image_id: int  # that no other picture has
    turned: bool  # by its EXIF tag
    pixels: NDArray[Any]  # as the task's reader gives them
    time: float | None = None  # of a frame, in seconds from the first

    @property
    def name(self) -> str:
        """The file's name, and the frame's number."""
        return self.path.name if self.frame is None else f"{self.path.name}, frame {self.frame}"


Read = Callable[[Path], NDArray[Any]]
FromBgr = Callable[[NDArray[np.uint8]], NDArray[Any]]
Skip = Callable[[DataError], None]


def pictures(
    media: Sequence[Medium], ids: Mapping[Path, int], read: Read, from_bgr: FromBgr, skip: Skip
) -> Iterator[Picture]:
    """Yield every picture of some files, upright; a file that is not whole goes to `skip`.

    Frames are numbered from 0 where a video is alone, else behind all images.
    """
    following = count(max(ids.values(), default=-1) + 1)
    for medium in media:
        path = medium.path
        if medium.is_video:
            for number, (time, frame) in enumerate(timed(path)):
                pixels, own = from_bgr(frame), next(following)
                yield Picture(path, number, own, turned=False, pixels=pixels, time=time)
            continue
        try:
            yield picture(path, ids[path], read)
        except DataError as error:
            skip(error)


def picture(path: Path, image_id: int, read: Read) -> Picture:
    """Return the picture of an image file, upright.

    Raises:
        DataError: it is no whole one.
    """
    stored, tag = read(path), orientation(path)
    return Picture(path, None, image_id, turned=tag != UPRIGHT, pixels=upright(stored, tag))


def image_ids(media: Sequence[Medium], given: Mapping[Path, int]) -> dict[Path, int]:
    """Return a number for each image file that no other has.

    It is the one that a file of boxes gives it; else the one that it is called by, as in COCO;
    else its place among all, from 1; or the next one that is free.
    """
    images = [(place, m) for place, m in enumerate(media, start=1) if not m.is_video]
    numbered = {medium.path: given[medium.path] for _, medium in images if medium.path in given}
    taken = set(numbered.values())
    called = [(medium, number_of(medium)) for _, medium in images]
    for wishes in (called, [(medium, place) for place, medium in images]):
        for medium, wish in wishes:
            if medium.path not in numbered and wish is not None and wish not in taken:
                numbered[medium.path] = wish
                taken.add(wish)
    free = (number for number in count(1) if number not in taken)
    return numbered | {m.path: next(free) for _, m in images if m.path not in numbered}


def grouped(every: Iterator[Picture], size: int) -> Iterator[tuple[Picture, ...]]:
    """Yield pictures so many at a time."""
    group: list[Picture] = []
    for picture in every:
        group.append(picture)
        if len(group) == size:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)
