"""Squares of whole pictures, to the byte as the official classification code cuts them.

That code takes torchvision's transforms, and those take Pillow's resizing, which is used here
without it: torchvision's wheels cannot be imported beside every build of torch.

Sizes of PIL images are (width, height); arrays are (height, width, 3) uint8 RGB.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from hrbench.arrays import Pixels
from hrbench.data.pillow import UNREADABLE, rgb
from hrbench.errors import DataError

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
RATIO = (3 / 4, 4 / 3)  # of a training crop's width over its height
TRIES = 10  # to draw one inside of the picture
PICTURE = 2  # apart from the draws of other loaders with the same seed


def read_rgb(path: Path) -> Image.Image:
    """Return a picture as the official code sees it: Pillow's, converted to RGB.

    Grey, palette and CMYK files become RGB by Pillow's rules, values of 16 bits above 255 become
    255, transparency is dropped, and an orientation in EXIF is not followed.

    Raises:
        DataError: the file is no whole picture.
    """
    try:
        return rgb(path)
    except UNREADABLE as error:
        raise DataError(f"{path} is no whole picture ({error}); fetch it again") from error


@dataclass(frozen=True)
class Crops:
    """What is measured of a picture.

    Source: HRNet-Image-Classification, tools/valid.py; ten crops: Krizhevsky et al. 2012.
    """

    size: int  # pixels, of a crop's side
    share: float = 0.875  # of the resized picture's shorter side
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    ten: bool = False  # the corners and the middle, and their mirrors; else the middle

    @property
    def count(self) -> int:
        """S, crops of a picture."""
        return 10 if self.ten else 1

    def __call__(self, image: Image.Image) -> Pixels:
        """Return (S, size, size, 3) crops."""
        resized = padded(self.resized(image), self.size)
        cut = [np.asarray(resized.crop(box)) for box in self.boxes(resized.size)]
        if self.ten:
            cut += [crop[:, ::-1] for crop in cut]
        return np.stack(cut)

    def resized(self, image: Image.Image) -> Image.Image:
        """Return a picture whose shorter side has int(size / share) pixels; the longer is cut."""
        side, short = int(self.size / self.share), min(image.size)
        width, height = (side if s == short else int(side * s / short) for s in image.size)
        return image.resize((width, height), FILTERS[self.interpolation])

    def boxes(self, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
        """Return left, top, right and bottom of the crops of a resized picture."""
        # Python rounds halves to even, and so does the official code.
        right, bottom = (edge - self.size for edge in size)
        corners = [(round(right / 2), round(bottom / 2))]
        if self.ten:
            corners += [(x, y) for x in (0, right) for y in (0, bottom)]
        return [(x, y, x + self.size, y + self.size) for x, y in corners]


def padded(image: Image.Image, size: int) -> Image.Image:
    """Return a picture with black edges where it is smaller than `size`, the odd row below."""
    width, height = (max(0, size - edge) for edge in image.size)
    if not (width or height):
        return image
    edges = (width // 2, height // 2, width - width // 2, height - height // 2)
    return ImageOps.expand(image, edges)


@dataclass(frozen=True)
class TrainingView:
    """A random part of a picture, resized, and in half of all cases mirrored.

    The part is distributed as by torchvision's RandomResizedCrop; what is drawn depends on the
    seed, the epoch and the row alone, so that any number of processes gives the same.

    Source: HRNet-Image-Classification, tools/train.py.
    """

    size: int  # pixels, of the result's side
    smallest: float = 0.08  # of the picture's area
    flip: float = 0.5

    def __call__(self, image: Image.Image, seed: int, epoch: int, row: int) -> Pixels:
        """Return (size, size, 3)."""
        rng = np.random.default_rng((seed, PICTURE, epoch, row))
        left, top, width, height = self.part(image.size, rng)
        box = (left, top, left + width, top + height)
        square = image.crop(box).resize((self.size, self.size), Image.Resampling.BILINEAR)
        if rng.random() < self.flip:
            square = ImageOps.mirror(square)
        return np.asarray(square)

    def part(self, size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a part of a picture of that size."""
        width, height = size
        for _ in range(TRIES):
            area = width * height * rng.uniform(self.smallest, 1.0)
            ratio = math.exp(rng.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                return int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1)), w, h
        ratio = min(max(width / height, RATIO[0]), RATIO[1])
        w, h = min(width, round(height * ratio)), min(height, round(width / ratio))
        w, h = max(w, 1), max(h, 1)
        return (width - w) // 2, (height - h) // 2, w, h
