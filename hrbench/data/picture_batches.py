"""Whole pictures and their classes, in batches: cut at random to train on, as agreed to measure.

Worker processes read, decode and resize, and send uint8; what a picture draws depends on the
seed, the epoch and its row alone.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from hrbench.data.image_crops import Crops, TrainingView, read_rgb
from hrbench.data.loader import load
from hrbench.data.pictures import Pictures
from hrbench.errors import DataError


@dataclass(frozen=True, slots=True)
class PictureBatch:
    """Pictures to train on."""

    images: Tensor  # (B, size, size, 3) uint8 RGB
    labels: Tensor  # (B,) int64 numbers of classes

    def pin_memory(self) -> "PictureBatch":
        """Return it in memory that a GPU copies from without waiting; torch calls this."""
        return PictureBatch(self.images.pin_memory(), self.labels.pin_memory())


class TrainingPictures(Dataset[PictureBatch | DataError]):
    """Random parts of pictures; an index is the epoch and the rows of one batch."""

    def __init__(self, pictures: Pictures, view: TrainingView, seed: int) -> None:
        self.pictures, self.view, self.seed = pictures, view, seed

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: tuple[int, NDArray[np.int64]]) -> PictureBatch | DataError:
        epoch, rows = index
        try:
            parts = [self._part(epoch, row) for row in rows.tolist()]
        except DataError as error:
            return error
        return PictureBatch(
            torch.from_numpy(np.stack(parts)), torch.from_numpy(self.pictures.labels[rows])
        )

    def _part(self, epoch: int, row: int) -> NDArray[np.uint8]:
        image = read_rgb(self.pictures.images[row])
        return self.view(image, self.seed, epoch, row)

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[PictureBatch]:
        """Yield the batches of an epoch, given the rows of each."""
        yield from load(self, [(epoch, rows) for rows in batches], workers=workers, pin=pin)

    def some(self, count: int) -> PictureBatch:
        """Return black pictures of the first class."""
        images = torch.zeros((count, self.view.size, self.view.size, 3), dtype=torch.uint8)
        return PictureBatch(images, torch.zeros(count, dtype=torch.int64))


class EvaluationPictures(Dataset[Tensor | DataError]):
    """The agreed crops of pictures; an index is the rows of one batch."""

    def __init__(self, pictures: Pictures, crops: Crops) -> None:
        self.pictures, self.crops = pictures, crops

    def __getitem__(self, rows: NDArray[np.int64]) -> Tensor | DataError:
        try:
            cut = [self.crops(read_rgb(self.pictures.images[row])) for row in rows.tolist()]
        except DataError as error:
            return error
        return torch.from_numpy(np.stack(cut))

    def batches(
        self, batches: Sequence[NDArray[np.int64]], *, workers: int, pin: bool
    ) -> Generator[Tensor]:
        """Yield (B, S, size, size, 3) uint8 pictures, S crops of each, given the rows."""
        yield from load(self, batches, workers=workers, pin=pin)
