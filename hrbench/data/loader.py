"""Crops in batches: augmented persons to train on, whole images to predict on.

Worker processes read, decode and warp, and write uint8; all arithmetic on floats happens on
the network's device. What a sample draws depends on the seed, the epoch and its row alone, so
any number of workers and processes gives the same samples in the same order.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.augment import Draw, draw
from hrbench.data.cutting import Cutting
from hrbench.data.sample import People
from hrbench.data.workers import PART, Rows, batches, split
from hrbench.spec import Augment

ORDER, SAMPLE = 0, 1  # apart, so that the order of an epoch and its draws are independent
Points = tuple[NDArray[np.float64], NDArray[np.bool_]]  # (n, K, 2) crop pixels, (n, K) visible


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops to train on."""

    images: Tensor  # (B, height, width, 3) uint8 RGB
    keypoints: Tensor  # (B, K, 2) float64 crop pixels
    visible: Tensor  # (B, K) bool


def order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the rows in the order in which an epoch takes them."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def drawn(augment: Augment, visible: NDArray[np.bool_], seed: int, epoch: int, row: int) -> Draw:
    """Return what the person `row` draws in an epoch."""
    rng = np.random.default_rng((seed, SAMPLE, epoch, row))
    return draw(augment, int(visible.sum()), rng)


@dataclass(frozen=True, slots=True)
class TrainingCrops:
    """Augmented crops of persons."""

    people: People
    cutting: Cutting
    augment: Augment
    seed: int

    def __len__(self) -> int:
        return len(self.people)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a crop's planes."""
        return planes(self.cutting)

    def fill(self, out: NDArray[np.uint8], rows: Rows, epoch: int) -> Points:
        """Write the planes of crops; return their keypoints and which of them are visible."""
        # All at once: behind an image in the processor's caches each takes twice as long.
        chances = [
            drawn(self.augment, self.people.visible[row], self.seed, epoch, row)
            for row in rows.tolist()
        ]
        crops = []
        for place, row, chance in zip(out, rows.tolist(), chances, strict=True):
            crop = self.cutting.augmented(self.people, row, chance)
            place[:] = crop.pixels.transpose(2, 0, 1)
            crops.append(crop)
        return np.stack([c.keypoints for c in crops]), np.stack([c.visible for c in crops])

    def batches(
        self, rows: Sequence[Rows], epoch: int, *, workers: int, pin: bool
    ) -> Generator[Batch]:
        """Yield the batches of an epoch, given the rows of each."""
        sizes = [len(batch) for batch in rows]
        for images, rest in batches(self, split(rows), sizes, epoch, workers=workers, pin=pin):
            keypoints, visible = (
                torch.from_numpy(np.concatenate(of)) for of in zip(*rest, strict=True)
            )
            if pin:
                keypoints, visible = keypoints.pin_memory(), visible.pin_memory()
            yield Batch(images.permute(0, 2, 3, 1), keypoints, visible)

    def some(self, count: int) -> Batch:
        """Return black crops with the first person's keypoints."""
        points = self.people.keypoints[:1].repeat(count, axis=0)
        pixels = torch.zeros((count, *self.shape), dtype=torch.uint8).permute(0, 2, 3, 1)
        visible = torch.ones(points.shape[:2], dtype=torch.bool)
        return Batch(pixels, torch.from_numpy(points), visible)


@dataclass(frozen=True, slots=True)
class ImageCrops:
    """Crops of boxes, all those of an image from one decoding of it."""

    people: People
    cutting: Cutting

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the planes of a box's crops, at S scales."""
        return (len(self.cutting.scales), *planes(self.cutting))

    def fill(self, out: NDArray[np.uint8], rows: Rows, _: int) -> None:
        """Write the planes of crops; the boxes of an image follow each other."""
        at = 0
        for _image, boxes in groupby(rows.tolist(), lambda row: int(self.people.image[row])):
            mine = np.array(list(boxes))
            crops = self.cutting.plain(self.people, mine)
            out[at : at + len(mine)] = crops.transpose(0, 1, 4, 2, 3)
            at += len(mine)


def planes(cutting: Cutting) -> tuple[int, int, int]:
    """Return the shape of a crop whose colours are apart, as networks take them."""
    width, height = cutting.size
    return 3, height, width


def prediction_batches(
    crops: ImageCrops,
    images: Sequence[int],
    batch_size: int,
    *,
    workers: int,
    pin: bool,
) -> Generator[tuple[NDArray[np.int64], Tensor]]:
    """Yield rows and their (B, S, height, width, 3) uint8 crops, image after image.

    Batches are filled across images; only the last may be smaller.
    """
    of_image = rows_by_image(crops.people)
    parts = together([of_image[image] for image in images])
    rows = np.concatenate([np.empty(0, dtype=np.int64), *parts])
    chosen = np.split(rows, range(batch_size, len(rows), batch_size)) if len(rows) else []
    sizes = [len(batch) for batch in chosen]
    read = batches(crops, parts, sizes, workers=workers, pin=pin)
    for batch, (cut, _) in zip(chosen, read, strict=True):
        yield batch, cut.permute(0, 1, 3, 4, 2)


def together(of_images: Sequence[Rows]) -> list[Rows]:
    """Return the boxes of images in parts of `PART` or a little more; of more than that, alone."""
    parts: list[list[Rows]] = []
    held = PART
    for rows in of_images:
        for some in split([rows]):
            if held + len(some) > PART:
                parts.append([])
                held = 0
            parts[-1].append(some)
            held += len(some)
    return [np.concatenate(part) for part in parts]


def rows_by_image(people: People) -> dict[int, NDArray[np.int64]]:
    """Return the rows of each image that has any, images in the order of their first box."""
    by_image = np.argsort(people.image, kind="stable")
    images, starts = np.unique(people.image[by_image], return_index=True)
    parts = np.split(by_image, starts[1:])
    first = sorted(zip(images.tolist(), parts, strict=True), key=lambda item: item[1][0])
    return dict(first)
