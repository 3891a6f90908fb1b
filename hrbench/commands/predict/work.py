"""What a kind of task makes of pictures: rows for files, and pictures to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hrbench.commands.predict.pictures import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What was found in one picture."""

    rows: list[dict[str, Any]]  # of the JSON file
    cells: list[list[Any]]  # of the CSV file
    drawn: NDArray[np.uint8]  # (H, W, 3) BGR
    size: tuple[int, int]  # width, height of the picture


class Work(Protocol):
    """One kind of task."""

    file: str  # the name of its files, without an ending
    header: tuple[str, ...]  # of the CSV file
    about: dict[str, Any]  # what a reader of the rows has to know

    def read(self, path: Path) -> NDArray[Any]:
        """Return the pixels of an image file as `results` takes them."""

    def from_bgr(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the pixels of a frame as `results` takes them."""

    def results(self, pictures: Sequence[Picture]) -> list[Result]:
        """Return what is found in each picture."""
