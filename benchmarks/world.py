"""Time the drawing of the synthetic sets: images of 640 x 480 a second and core, of each dataset.

    python benchmarks/world.py --images 64     of each training set; a minute

A second is one of this process's processor time, so that a busy machine takes nothing away. Beside
it, for the people of COCO: the canvas as it was at first, a pixel's colours together and every step
an array of its own; and the whole of `hrbench make coco` on all cores beside one.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray
from sidebyside import agree, figure, race

from hrbench import world
from hrbench.threads import cores
from hrbench.world.canvas import Canvas, Disc, Light, _surface
from hrbench.world.making import PER_PROCESS, Making
from hrbench.world.people import picture

IMAGE_SIZE = (480, 640)  # height, width: COCO's most frequent


class PlainCanvas(Canvas):
    """A canvas whose pixels have their three colours beside each other."""

    def __init__(self, background: NDArray[np.uint8], focal: float, light: Light) -> None:
        super().__init__(background[:1, :1], focal, light)
        self.pixels = background.astype(np.float32)
        self.depth = np.full(background.shape[:2], np.inf, np.float32)
        self.owner = np.full(background.shape[:2], -1, np.int16)

    def limb(self, start: Disc, end: Disc, color: NDArray[np.float32], owner: int) -> None:
        """Draw a limb as `Canvas` does."""
        window = self._window(start, end)
        if window is None:
            return
        rows, columns = window
        surface = _surface(start, end, rows, columns)
        depth = surface.depth * (1 - surface.rise / self.focal)
        edge = surface.radius - np.hypot(surface.along, surface.across) + 0.5
        cover = np.clip(edge, 0, 1) * (depth < self.depth[rows, columns])
        region = self.pixels[rows, columns]
        region += cover[..., None] * (surface.shade(self.light)[..., None] * color - region)
        np.copyto(self.depth[rows, columns], depth, where=cover >= 0.5)
        np.copyto(self.owner[rows, columns], np.int16(owner), where=cover >= 0.5)

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture."""
        return np.rint(np.clip(self.pixels, 0, 255)).astype(np.uint8)


def painted(numbers: range, canvas: type[Canvas]) -> list[NDArray[np.uint8]]:
    """Return pictures of people, painted on such a canvas."""
    with patch.object(picture, "Canvas", canvas):
        return [
            picture.sample_picture(np.random.default_rng((0, 0, number)), IMAGE_SIZE).image
            for number in numbers
        ]


def a_second(dataset: str, images: int) -> float:
    """Return how many images of a dataset one core draws and writes in a second."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        making = Making(images, 0, IMAGE_SIZE, after_each=lambda: times.append(time.process_time()))
        world.WRITERS[dataset](Path(folder) / dataset, making)
    return (len(times) - 1) / (times[-1] - times[0])


def whole(images: int, processes: int) -> float:
    """Return how many images of the training set `hrbench make coco` makes in a second."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        options: dict[str, Any] = {"images": images, "size": IMAGE_SIZE, "processes": processes}
        world.make("coco", Path(folder), **options)
        return images / (time.perf_counter() - start)


def main() -> None:
    """Print a line for each dataset."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    some = range(16)
    agree("pictures of people", painted(some, Canvas), painted(some, PlainCanvas))
    race(
        f"{len(some)} pictures of people",
        lambda: painted(some, PlainCanvas),
        lambda: painted(some, Canvas),
        chosen.rounds,
        peer="plain canvas",
    )
    for dataset in world.WRITERS:
        figure(f"{dataset}, one core", "images/s", a_second(dataset, chosen.images))
    number = max(cores() * PER_PROCESS, chosen.images)
    one, many = (whole(number, processes) for processes in (1, cores()))
    figure(f"make coco --images {number} on {cores()} cores", "images/s", many, one, "one core")


if __name__ == "__main__":
    main()
