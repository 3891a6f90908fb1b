"""Parts of images: what crops look at, asked for at one place and warped as of the whole image.

OpenCV's warp rounds the places that it looks at, so that a crop of a part, moved to where the part
begins, may be another. A part is therefore warped at its place in an image of the whole size, of
which nothing else is touched: its other pixels are memory that nobody has written or read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

MARGIN = 2  # pixels: bilinear neighbours, and what rounding to steps may add


@dataclass(frozen=True, slots=True)
class Region:
    """Pixels of an image; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def mirrored(self, width: int) -> "Region":
        """Return where it lies in the mirrored image of that width."""
        return Region(width - self.right, self.top, width - self.left, self.bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Pixels of an image, from a corner on."""

    pixels: NDArray[Any]  # (h, w, 3), as `Cutting.read` gives those of a file
    corner: tuple[int, int]  # x, y of its top-left pixel in the image

    def placed(self, region: Region, size: tuple[int, int], *, mirrored: bool) -> NDArray[Any]:
        """Return an image of that width and height with a region of it, or of its mirror."""
        (x, y), (height, width) = self.corner, self.pixels.shape[:2]
        if (width, height) == size and not mirrored:
            return self.pixels
        there = region.mirrored(size[0]) if mirrored else region
        cut = self.pixels[there.top - y : there.bottom - y, there.left - x : there.right - x]
        whole = np.empty((size[1], size[0], *cut.shape[2:]), dtype=cut.dtype)
        place = whole[region.top : region.bottom, region.left : region.right]
        if mirrored:
            cv2.flip(cut, 1, dst=place)
        else:
            place[:] = cut
        return whole


class Opened(Protocol):
    """An image that is open: it has a size, and parts that can be asked for."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, in the frame of the positions in it."""

    def part(self, region: Region) -> Part:
        """Return a part that has every pixel of a region, which lies within the image.

        Raises:
            DataError: it cannot be read.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """An image of which every pixel is there."""

    pixels: NDArray[Any]  # (height, width, 3)

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels.shape[:2]
        return width, height

    def part(self, _: Region) -> Part:
        return Part(self.pixels, (0, 0))


def seen(matrices: Sequence[NDArray[np.float64]], size: tuple[int, int], image: Opened) -> Region:
    """Return what the warps to crops of `size` look at in an image, one pixel of it at least.

    `matrices` are (2, 3), from image pixels to crop pixels.
    """
    inverses = [cv2.invertAffineTransform(matrix) for matrix in matrices]
    spans = []
    for axis, length in enumerate(image.size):
        lows, highs = [], []
        for inverse in inverses:
            x, y, start = inverse[axis].tolist()
            across, down = x * (size[0] - 1), y * (size[1] - 1)
            lows.append(start + min(across, 0.0) + min(down, 0.0))
            highs.append(start + max(across, 0.0) + max(down, 0.0))
        # Clipped first: a float may be no number, or too large for one of pixels.
        low = int(min(max(0.0, min(lows) - MARGIN), length - 1))
        high = int(max(min(length, max(highs) + MARGIN + 1), low + 1))
        spans.append((low, high))
    (left, right), (top, bottom) = spans
    return Region(left, top, right, bottom)


def warp(
    image: Opened, matrix: NDArray[np.float64], size: tuple[int, int], *, mirrored: bool = False
) -> NDArray[np.uint8]:
    """Return the (height, width, 3) RGB crop of a BGR image; black outside of it.

    Its planes lie apart in memory, as networks take them.

    Args:
        image: of bytes.
        matrix: (2, 3), from pixels of the image, mirrored if it is, to those of the crop.
        size: width and height of the crop.
        mirrored: whether the image is to be mirrored first.
    """
    crop: NDArray[np.uint8] = warps(image, [matrix], size, mirrored=mirrored)[0]
    return crop


def warps(
    image: Opened,
    matrices: Sequence[NDArray[np.float64]],
    size: tuple[int, int],
    *,
    mirrored: bool = False,
) -> NDArray[np.uint8]:
    """Return the (n, height, width, 3) crops of an image as `warp` does, of one part of it."""
    region = seen(matrices, size, image)
    part = image.part(region.mirrored(image.size[0]) if mirrored else region)
    pixels = part.placed(region, image.size, mirrored=mirrored)
    planes = np.empty((len(matrices), 3, size[1], size[0]), dtype=np.uint8)
    for matrix, (red, green, blue) in zip(matrices, planes, strict=True):
        cut = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR)
        # The warp treats each colour alike; they are parted where pixels are few.
        cv2.split(cut, mv=(blue, green, red))
    return planes.transpose(0, 2, 3, 1)
