"""Whole pictures and their classes, in batches: cut at random to train on, as agreed to measure.

Worker processes read, decode and resize, and write uint8; what a picture draws depends on the
seed, the epoch and its row alone.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.image_crops import Crops, TrainingView, read_rgb
from hrbench.data.pictures import Pictures
from hrbench.data.workers import Rows, batches, split


@dataclass(frozen=True, slots=True)
class PictureBatch:
    """Pictures to train on."""

    images: Tensor  # (B, size, size, 3) uint8 RGB
    labels: Tensor  # (B,) int64 numbers of classes


@dataclass(frozen=True, slots=True)
class TrainingPictures:
    """Random parts of pictures."""

    pictures: Pictures
    view: TrainingView
    seed: int

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a part of a picture."""
        return self.view.size, self.view.size, 3

    def fill(self, out: NDArray[np.uint8], rows: Rows, epoch: int) -> None:
        """Write parts of pictures."""
        for place, row in zip(out, rows.tolist(), strict=True):
            place[:] = self.view(read_rgb(self.pictures.images[row]), self.seed, epoch, row)

    def batches(
        self, rows: Sequence[Rows], epoch: int, *, workers: int, pin: bool
    ) -> Generator[PictureBatch]:
        """Yield the batches of an epoch, given the rows of each."""
        sizes = [len(batch) for batch in rows]
        read = batches(self, split(rows), sizes, epoch, workers=workers, pin=pin)
        for batch, (images, _) in zip(rows, read, strict=True):
            labels = torch.from_numpy(self.pictures.labels[batch])
            yield PictureBatch(images, labels.pin_memory() if pin else labels)

    def some(self, count: int) -> PictureBatch:
        """Return black pictures of the first class."""
        images = torch.zeros((count, *self.shape), dtype=torch.uint8)
        return PictureBatch(images, torch.zeros(count, dtype=torch.int64))


@dataclass(frozen=True, slots=True)
class EvaluationPictures:
    """The agreed crops of pictures."""

    pictures: Pictures
    crops: Crops

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the S crops of a picture."""
        return self.crops.count, self.crops.size, self.crops.size, 3

    def fill(self, out: NDArray[np.uint8], rows: Rows, _: int) -> None:
        """Write the crops of pictures."""
        for place, row in zip(out, rows.tolist(), strict=True):
            place[:] = self.crops(read_rgb(self.pictures.images[row]))

    def batches(self, rows: Sequence[Rows], *, workers: int, pin: bool) -> Generator[Tensor]:
        """Yield (B, S, size, size, 3) uint8 pictures, S crops of each, given the rows."""
        sizes = [len(batch) for batch in rows]
        for images, _ in batches(self, split(rows), sizes, workers=workers, pin=pin):
            yield images
