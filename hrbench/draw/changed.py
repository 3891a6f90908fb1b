"""Samples that two runs answered differently, each as the one had it beside the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data.evaluation import Evaluation
from hrbench.draw.drawing import WHITE
from hrbench.draw.lettering import strip
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.report.comparison import better_of
from hrbench.report.predictions import Stored

UNFOUND = 1e9  # beside which every error is small
GAP, BETWEEN = 8, 4  # pixels of white around a pair, and between its tiles

E = TypeVar("E", bound=Evaluation)
P = TypeVar("P", bound=Stored)
R = TypeVar("R", bound=SampleErrors)


@dataclass(frozen=True, slots=True, eq=False)
class Answers(Generic[E, P, R]):
    """What one of two runs said of what it was measured on."""

    letter: str  # "A"
    evaluation: E
    predictions: P
    errors: R


def most_changed(
    before: NDArray[np.floating], after: NDArray[np.floating], owners: NDArray[Any], count: int
) -> list[int]:
    """Return so many of N samples with two errors each, the largest changes first.

    Half of them have become better, if so many have, and stand first; `owners` (N,) has one at
    most. What has no error in one run, as it was not found, has changed more than all others.
    """
    change = np.nan_to_num(after, nan=UNFOUND) - np.nan_to_num(before, nan=UNFOUND)
    order = np.argsort(-np.abs(change), kind="stable")
    _, first = np.unique(owners[order], return_index=True)
    order = order[np.sort(first)]
    better, worse = order[change[order] < 0], order[change[order] > 0]
    of_better = better_of(count, len(better), len(worse))
    return [*better[:of_better].tolist(), *worse[: count - of_better].tolist()]


def pair(letters: Sequence[str], tiles: Sequence[Pixels]) -> Pixels:
    """Return two tiles of one size beside each other, each below its run's letter."""
    parts = [
        _padded(np.vstack([strip(tile.shape[1], letter), tile]), BETWEEN // 2)
        for letter, tile in zip(letters, tiles, strict=True)
    ]
    return _padded(np.hstack(parts), GAP)


def _padded(tile: Pixels, width: int) -> Pixels:
    return np.pad(tile, ((0, width), (width, width), (0, 0)), constant_values=WHITE[0])
