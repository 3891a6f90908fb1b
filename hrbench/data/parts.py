"""Parts of images: what crops look at, asked for at one place and warped as of the whole image.

OpenCV's warp walks in whole steps of 1/1024 pixel from where a crop's rows begin in the image.
Where an image is cut off at whole pixels, that walk begins as many steps earlier; so the warp of a
part is that of the whole to the bit, if the part has all that the warp looks at. But for one case:
a row that begins in the middle between two steps is rounded to either by the last bits of its
place, which are others in a part. Crops are made of float32 points, so that one in a few has such
a row; these are warped from the part at its place in an image of the whole size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

MARGIN = 2  # pixels: bilinear neighbours, and what rounding to steps may add
STEPS = 1024  # of the warp, per pixel
UNDECIDED = 2**-20  # steps from the middle between two; rounding moves a place by less


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

    def mirrored(self, width: int) -> "Part":
        """Return the same part of the mirrored image of that width."""
        x, y = self.corner
        return Part(cv2.flip(self.pixels, 1), (width - x - self.pixels.shape[1], y))

    def placed(self, size: tuple[int, int]) -> "Part":
        """Return it at its place in an image of that width and height, of zeros besides."""
        (x, y), (height, width, channels) = self.corner, self.pixels.shape
        whole = np.zeros((size[1], size[0], channels), self.pixels.dtype)
        whole[y : y + height, x : x + width] = self.pixels
        return Part(whole, (0, 0))


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


def seen(inverses: Sequence[NDArray[np.float64]], size: tuple[int, int], image: Opened) -> Region:
    """Return what the warps to crops of `size` look at in an image, one pixel of it at least.

    `inverses` are (2, 3) matrices from crop pixels to image pixels.
    """
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
    inverse = _inverse(matrix)
    region, width = seen([inverse], size, image), image.size[0]
    part = image.part(region.mirrored(width) if mirrored else region)
    planes = np.empty((3, size[1], size[0]), dtype=np.uint8)
    _warp_into(planes, part.mirrored(width) if mirrored else part, image.size, inverse)
    return planes.transpose(1, 2, 0)


def warps(
    image: Opened, matrices: Sequence[NDArray[np.float64]], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return the (n, height, width, 3) crops of an image as `warp` does, of one part of it."""
    inverses = [_inverse(matrix) for matrix in matrices]
    part = image.part(seen(inverses, size, image))
    planes = np.empty((len(matrices), 3, size[1], size[0]), dtype=np.uint8)
    for inverse, out in zip(inverses, planes, strict=True):
        _warp_into(out, part, image.size, inverse)
    return planes.transpose(0, 2, 3, 1)


def undecided(inverse: NDArray[np.float64], height: int) -> bool:
    """Whether a row of a crop begins as good as in the middle between two steps in the image."""
    starts = (inverse[:, 1:2] * np.arange(height) + inverse[:, 2:]) * STEPS
    return bool((np.abs(starts - np.floor(starts) - 0.5) < UNDECIDED).any())


def _warp_into(
    planes: NDArray[np.uint8], part: Part, whole: tuple[int, int], inverse: NDArray[np.float64]
) -> None:
    """Write the (3, height, width) planes of a crop of a part: red, green, blue."""
    height, width = planes.shape[1:]
    if part.corner != (0, 0) and undecided(inverse, height):
        part = part.placed(whole)
    moved = inverse - np.array([[0, 0, part.corner[0]], [0, 0, part.corner[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # The warp treats each colour alike; they are exchanged and parted where pixels are few.
    cut = cv2.warpAffine(part.pixels, moved, (width, height), flags=flags)
    cv2.split(cut, mv=list(planes[::-1]))


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a (2, 3) matrix's inverse, computed as OpenCV's warp does it."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)
