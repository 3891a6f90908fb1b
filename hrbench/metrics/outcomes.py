"""What each image adds to the figures: enough to compute them of any choice of images.

Images are chosen anew to see how sure a figure is (`bootstrap`), and the same of two runs to see
whether they differ. Performances stand for images where frames follow each other.

Letters: U units, R replicates.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Counts = NDArray[np.int64]

ONE_GROUP = (
    "All that is measured is of one group, and nothing tells how another one would be: validate on "
    "more of them, or run --folds."
)
ENOUGH = 300  # units, of which `benchmarks/coverage.py` finds all intervals to hold


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcomes(ABC):
    """What U units add to the figures of a metric; its fields are arrays, to be kept in a file."""

    unit: ClassVar[str] = "image"  # what is chosen as a whole, as its samples are not independent

    # How names of figures begin that have no largest value: those of errors.
    unbounded: ClassVar[tuple[str, ...]] = ("NME", "median_error")

    units: NDArray[Any]  # (U,) ids or names, in rising order, each once
    groups: NDArray[np.str_] | None = None  # (U,) of units that are chosen with each other only

    @property
    def strata(self) -> NDArray[np.intp]:
        """(U,) numbers of the sorts of units of which there are as many in every replicate."""
        return np.zeros(len(self.units), np.intp)

    @property
    def chosen(self) -> tuple[int, str]:
        """How many are chosen anew, each as a whole, and what they are called: units or groups."""
        if self.groups is None:
            return len(self.units), self.unit
        return len(np.unique(self.groups)), "group"

    @property
    def caveats(self) -> tuple[str, ...]:
        """In sentences, what intervals of these units do not say."""
        count, unit = self.chosen
        if count >= ENOUGH:
            return ()
        if count == 1 and self.groups is not None:
            return (ONE_GROUP,)
        words = (
            f"Of {count} {unit}s: below {ENOUGH}, intervals of shares near 0 or 100 %, and of "
            "errors among which a few are very large, hold the truth less often than they say."
        )
        return (words,)

    @classmethod
    def largest(cls, figure: str) -> float:
        """Return the largest value of a figure of this name; infinity of an error.

        A share is in per cent, but for the OKS.
        """
        name = figure.rpartition("/")[2]
        if name.startswith(cls.unbounded):
            return math.inf
        return 1.0 if name == "OKS" else 100.0

    @abstractmethod
    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return (R,) of each figure, where unit u stands counts[r, u] times in replicate r.

        Figures of groups are named "group/row/figure": "keypoint/nose/OKS". With a one for every
        unit they are those of the metric's `score`, up to rounding; NaN where nothing is measured.
        """

    def once(self) -> dict[str, float]:
        """Return the figures of every unit once."""
        ones = np.ones((1, len(self.units)), np.int64)
        return {name: float(values[0]) for name, values in self.figures(ones).items()}

    def each(self, name: str) -> Floats:
        """Return (U,) of a figure, of every unit by itself; NaN where it has nothing of it."""
        count = len(self.units)
        alone = [np.eye(1, count, row, dtype=np.int64) for row in range(count)]
        return np.array([self.figures(counts)[name][0] for counts in alone])
