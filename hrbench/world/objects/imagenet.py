"""Write the world as ImageNet: drawn objects in a folder for each class."""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.world.background import add_grain, paint_background
from hrbench.world.camera import look_at
from hrbench.world.files import write_jpeg
from hrbench.world.making import Counts, Making
from hrbench.world.objects.brush import Brush, Color
from hrbench.world.objects.shapes import OBJECTS


@dataclass(frozen=True, slots=True)
class Split:
    """A part of the set."""

    name: str
    number: int  # of its seeds
    share: int  # one picture to so many of the training set
    file: str  # what its files are called, of class and number


SPLITS = (
    Split("train", 0, 1, "{0}_{1}.JPEG"),
    Split("val", 1, 4, "ILSVRC2012_val_{1:08d}.JPEG"),
)
_CLASSES = tuple(OBJECTS)
_ASPECT = 1.4  # of the longer side over the shorter, at most
_SIZES = (0.85, 1.2)  # of a picture over the size asked for
_EXTENT = (0.26, 0.47)  # of an object's half side over the picture's shorter side
_TILT = 20.0  # degrees, the deviation of an object's turn
_GREY = 0.03  # how often a picture has no colours
_CONTRAST = 60.0  # least distance of an object's two colours


def write_imagenet(folder: Path, making: Making) -> Counts:
    """Write ImageNet's tree into `folder`; return the number of pictures of each split.

    The classes take turns, so that every class has as many pictures, or one more.
    """
    counts = {}
    for split in SPLITS:
        number = making.share(split.share)
        for name in _CLASSES[:number]:
            (folder / "images" / split.name / name).mkdir(parents=True)
        draw = partial(_draw_image, folder / "images" / split.name, split, making.seed, making.size)
        for _ in making.drawn(draw, range(number)):
            pass  # each is in its file
        counts[split.name] = {"images": number, "classes": min(number, len(_CLASSES))}
    return counts


def _draw_image(folder: Path, split: Split, seed: int, size: tuple[int, int], index: int) -> None:
    """Draw one picture into its class's folder. Its number decides all of it."""
    name = _CLASSES[index % len(_CLASSES)]
    rng = np.random.default_rng((seed, split.number, index))
    write_jpeg(folder / name / split.file.format(name, index + 1), picture(rng, name, size))


def picture(rng: np.random.Generator, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a BGR picture of an object, about as large as (height, width) `size`."""
    height, width = _drawn_size(rng, size)
    position = np.array([rng.uniform(-500, 500), -4000.0, rng.uniform(800, 2000)])
    camera = look_at(position, np.array([0.0, 0.0, 1000.0]), (height, width))
    image = paint_background(rng, (height, width), camera)
    body, other = _colors(rng)
    OBJECTS[name](Brush(image, _place(rng, (height, width)), body, other), rng)
    if rng.random() < _GREY:
        image[:] = image.mean(axis=2, keepdims=True).astype(np.uint8)
    return add_grain(rng, image)


def _drawn_size(rng: np.random.Generator, size: tuple[int, int]) -> tuple[int, int]:
    aspect = math.exp(rng.uniform(-1, 1) * math.log(_ASPECT) / 2)
    scale = rng.uniform(*_SIZES)
    return round(size[0] * scale * aspect), round(size[1] * scale / aspect)


def _place(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return where an object lies: turned, stretched a little, mirrored half the time."""
    height, width = size
    shorter = min(size)
    extent = shorter * math.exp(rng.uniform(*np.log(_EXTENT)))
    angle = math.radians(rng.normal(0, _TILT))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    stretch = np.diag([rng.uniform(0.85, 1.15) * rng.choice([-1.0, 1.0]), rng.uniform(0.85, 1.15)])
    low = np.array([extent, extent])
    middle = rng.uniform(low, np.maximum((width - extent, height - extent), low + 1))
    return np.concatenate([turn @ stretch * extent, middle[:, None]], axis=1)


def _colors(rng: np.random.Generator) -> tuple[Color, Color]:
    """Return two colours of the same range, which differ."""
    while True:
        both = rng.uniform(20, 250, (2, 3))
        if np.abs(both[0] - both[1]).max() > _CONTRAST:
            body, other = (tuple(color) for color in both.tolist())
            return body, other
