"""The persons of a split, column by column, as readers give them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data.parts import Opened
from hrbench.geometry import Floats

# Fields that are no column of N.
NOT_OF_BOXES = {
    "images",
    "inside",
    "image_ids",
    "sizes",
    "upright",
    "left_out",
    "allowed",
    "prepared",
}
Inside = Callable[[Path], Pixels]  # gives the (height, width, 3) RGB pixels of an image


class Ready(Protocol):
    """Images that need no decoding, with all that crops are cut from."""

    def opened(self, image: int) -> Opened:
        """Return an image by its index, in the frame of positions.

        Raises:
            DataError: it is damaged.
        """

    def whole(self, image: int) -> NDArray[Any]:
        """Return its (height, width, 3) pixels as the cutting reads them; zeros in between.

        Raises:
            DataError: it is damaged.
        """


def in_words(left_out: Mapping[str, int]) -> str:
    """Return what was left out, and why, in words."""
    return ", ".join(f"{count} {reason}" for reason, count in left_out.items())


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """N boxes to crop from M images, each with K keypoints.

    Columns rather than N objects: a training set of 150,000 is shared by the loader's
    processes, and each object that one of them touches would be copied.

    Positions are in pixels of the whole image: x to the right, y down, (0, 0) at the centre
    of the top-left pixel. Readers convert to this; nothing later undoes it. The image is what
    its file stores or, with `upright`, that turned as its EXIF tag says.
    """

    images: tuple[Path, ...]  # (M,) files, or places inside of files: COFW.mat/17
    image_ids: NDArray[np.int64]  # (M,)
    image: NDArray[np.int64]  # (N,) index into `images`
    ids: NDArray[np.int64]  # (N,) annotation id, or row of the detections file
    boxes: NDArray[np.float64]  # (N, 4) x, y, width, height as the file has them
    centers: Floats  # (N, 2) of the crops, as in `geometry`; the precision is the official code's
    scales: Floats  # (N, 2)
    scores: NDArray[np.float64]  # (N,) of the boxes; 1 for annotated ones
    keypoints: NDArray[np.float64]  # (N, K, 2) x, y; whatever the file says where not visible
    visible: NDArray[np.bool_]  # (N, K) labelled, hidden or not; all False for detections
    sizes: NDArray[np.int64] | None = None  # (M, 2) width, height as annotated; 0 where unknown
    upright: bool = False
    inside: Inside | None = None  # opens the images where they are no files of their own
    left_out: Mapping[str, int] = field(default_factory=dict)  # what the file has besides, by why
    allowed: tuple[str, ...] = ()  # in words, faults that --allow let pass or that are put right
    prepared: Ready | None = None  # gives the images; None: they are read from their files

    def __len__(self) -> int:
        return len(self.image)

    @property
    def num_keypoints(self) -> int:
        """K."""
        return int(self.visible.shape[1])

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "People":
        """Return some of the boxes; the images stay."""
        columns = (column.name for column in fields(self) if column.name not in NOT_OF_BOXES)
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def in_images(self, image_ids: NDArray[np.int64]) -> "People":
        """Return the boxes of the images named."""
        return self.rows(np.isin(self.image_ids[self.image], image_ids))


def used_images(people: People) -> list[Path]:
    """Return the files of the images that have boxes."""
    return [people.images[image] for image in np.unique(people.image).tolist()]


def unlabelled(
    images: Sequence[Path],
    image: NDArray[np.int64],
    boxes: NDArray[np.float64],
    crops: tuple[Floats, Floats],
    num_keypoints: int,
) -> People:
    """Return N boxes in images of which nothing else is known.

    Shapes: image (N,), indices into `images`; boxes (N, 4); crops their (N, 2) centers and scales.
    """
    count = len(boxes)
    return People(
        images=tuple(images),
        image_ids=np.arange(len(images)),
        image=image,
        ids=np.arange(count),
        boxes=boxes,
        centers=crops[0],
        scales=crops[1],
        scores=np.ones(count),
        keypoints=np.zeros((count, num_keypoints, 2)),
        visible=np.zeros((count, num_keypoints), dtype=np.bool_),
    )


def join(parts: Sequence[People]) -> People:
    """Return the boxes of several sets of images as one set."""
    offsets = np.cumsum([0, *(len(part.images) for part in parts[:-1])])
    shifted = [
        replace(part, image=part.image + offset)
        for part, offset in zip(parts, offsets, strict=True)
    ]
    columns: dict[str, Any] = {
        column.name: np.concatenate([getattr(part, column.name) for part in shifted])
        for column in fields(People)
        if column.name not in NOT_OF_BOXES - {"image_ids"}
    }
    sizes = [np.zeros((len(p.images), 2), np.int64) if p.sizes is None else p.sizes for p in parts]
    return People(
        sizes=np.concatenate(sizes),
        images=tuple(path for part in parts for path in part.images),
        left_out=sum((Counter(part.left_out) for part in parts), Counter()),
        allowed=tuple(words for part in parts for words in part.allowed),
        **columns,
    )
