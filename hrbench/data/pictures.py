"""The pictures of a split and what they show, column by column."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """N pictures, each of one class."""

    images: tuple[Path, ...]  # (N,)
    labels: NDArray[np.int64]  # (N,) numbers of classes, as the network counts them
    ids: NDArray[np.int64]  # (N,) places in the whole split

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int | None) -> "Pictures":
        """Return some of them, spread over all: files lie class by class. None is all."""
        if count is None or count >= len(self):
            return self
        return self.rows(np.linspace(0, len(self), count, endpoint=False).astype(np.int64))

    def rows(self, rows: NDArray[np.integer]) -> "Pictures":
        """Return some of them."""
        images = tuple(self.images[row] for row in rows.tolist())
        return Pictures(images, self.labels[rows], self.ids[rows])
