"""Crops in batches: augmented persons to train on, whole images to predict on.

Worker processes read, decode and warp, and send uint8; all arithmetic on floats happens on
the network's device. What a sample draws depends on the seed, the epoch and its row alone, so
any number of workers and processes gives the same samples in the same order.
"""

import signal
import warnings
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hrbench.data import remarks
from hrbench.data.augment import Crop, Draw, draw
from hrbench.data.cutting import Cutting
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.spec import Augment

_Item = TypeVar("_Item")
ORDER, SAMPLE = 0, 1  # apart, so that the order of an epoch and its draws are independent


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops to train on."""

    images: Tensor  # (B, height, width, 3) uint8 RGB
    keypoints: Tensor  # (B, K, 2) float64 crop pixels
    visible: Tensor  # (B, K) bool

    def pin_memory(self) -> "Batch":
        """Return it in memory that a GPU copies from without waiting; torch calls this."""
        return Batch(*(part.pin_memory() for part in (self.images, self.keypoints, self.visible)))


def order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the rows in the order in which an epoch takes them."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def drawn(augment: Augment, visible: NDArray[np.bool_], seed: int, epoch: int, row: int) -> Draw:
    """Return what the person `row` draws in an epoch."""
    rng = np.random.default_rng((seed, SAMPLE, epoch, row))
    return draw(augment, int(visible.sum()), rng)


class TrainingCrops(Dataset[Batch | DataError]):
    """Augmented crops of persons; an index is the epoch and the rows of one batch."""

    def __init__(self, people: People, cutting: Cutting, augment: Augment, seed: int) -> None:
        self.people, self.cutting, self.augment, self.seed = people, cutting, augment, seed

    def __getitem__(self, index: tuple[int, NDArray[np.int64]]) -> Batch | DataError:
        epoch, rows = index
        try:
            crops = [self._crop(epoch, row) for row in rows.tolist()]
        except DataError as error:
            return error  # raised in the main process: torch would wrap it in a traceback
        return Batch(
            torch.from_numpy(np.stack([c.pixels for c in crops])),
            torch.from_numpy(np.stack([c.keypoints for c in crops])),
            torch.from_numpy(np.stack([c.visible for c in crops])),
        )

    def __len__(self) -> int:
        return len(self.people)

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[Batch]:
        """Yield the batches of an epoch, given the rows of each."""
        yield from load(self, [(epoch, rows) for rows in batches], workers=workers, pin=pin)

    def some(self, count: int) -> Batch:
        """Return black crops with the first person's keypoints."""
        width, height = self.cutting.size
        points = self.people.keypoints[:1].repeat(count, axis=0)
        pixels = torch.zeros((count, height, width, 3), dtype=torch.uint8)
        visible = torch.ones(points.shape[:2], dtype=torch.bool)
        return Batch(pixels, torch.from_numpy(points), visible)

    def _crop(self, epoch: int, row: int) -> Crop:
        visible = self.people.visible[row]
        chance = drawn(self.augment, visible, self.seed, epoch, row)
        return self.cutting.augmented(self.people, row, chance)


class ImageCrops(Dataset[tuple[NDArray[np.int64], Tensor] | DataError]):
    """All boxes of an image, cut from one decoding of it; an index is the rows of the boxes."""

    def __init__(self, people: People, cutting: Cutting) -> None:
        self.people, self.cutting = people, cutting

    def __getitem__(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Tensor] | DataError:
        try:
            return rows, torch.from_numpy(self.cutting.plain(self.people, rows))
        except DataError as error:
            return error


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
    rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    cut: list[Tensor] = []
    for more, pixels in load(crops, [of_image[i] for i in images], workers=workers, pin=pin):
        rows = np.concatenate([rows, more])
        cut.append(pixels)
        while len(rows) >= batch_size:
            joined = torch.cat(cut)
            yield rows[:batch_size], joined[:batch_size]
            rows, cut = rows[batch_size:], [joined[batch_size:]]
    if len(rows):
        yield rows, torch.cat(cut)


def rows_by_image(people: People) -> dict[int, NDArray[np.int64]]:
    """Return the rows of each image that has any, images in the order of their first box."""
    by_image = np.argsort(people.image, kind="stable")
    images, starts = np.unique(people.image[by_image], return_index=True)
    parts = np.split(by_image, starts[1:])
    first = sorted(zip(images.tolist(), parts, strict=True), key=lambda item: item[1][0])
    return dict(first)


class Remarked(Dataset[tuple[_Item, remarks.Remarks]]):
    """A dataset whose items bring along what was odd in their files."""

    def __init__(self, dataset: Dataset[_Item]) -> None:
        self.dataset = dataset

    def __getitem__(self, index: Any) -> tuple[_Item, remarks.Remarks]:
        return self.dataset[index], remarks.taken()


def load(
    dataset: Dataset[_Item | DataError], indices: Sequence[object], *, workers: int, pin: bool
) -> Generator[_Item]:
    """Yield what a dataset has at each index, read by `workers` processes.

    Raises:
        DataError: the dataset gave one in place of an item.
    """
    with warnings.catch_warnings():
        # More workers than cores: the user has asked for them.
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        loader: DataLoader[tuple[_Item | DataError, remarks.Remarks]] = DataLoader(
            Remarked(dataset),
            batch_size=None,
            sampler=indices,
            num_workers=workers,
            collate_fn=_as_it_is,
            worker_init_fn=_begin_worker,
            pin_memory=pin,
        )
        items = iter(loader)
    try:
        for item, odd in items:
            remarks.add([odd])
            if isinstance(item, DataError):
                raise item
            yield item
    finally:
        # Ends the workers now: a traceback would hold them until the process waits for them.
        del items


def _as_it_is(item: object) -> object:
    return item


def _begin_worker(_: int) -> None:
    cv2.setNumThreads(0)  # the workers are as many as the cores that are meant for reading
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all; the main process ends us
        signal.signal(number, signal.SIG_IGN)
