"""The errors of single samples; those of persons and faces beside their truth.

Letters: P samples that count, K keypoints.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.inputs import PosesInBoxes

MISSED = 1 / 3  # of the poses that are shown


@dataclass(frozen=True, slots=True, eq=False)
class SampleErrors:
    """P samples with their errors."""

    errors: NDArray[np.floating]  # (P,), of which larger is worse

    @property
    def answered(self) -> NDArray[np.floating]:
        """(P,) errors; NaN of samples that have none."""
        return self.errors

    def median(self, count: int) -> NDArray[np.intp]:
        """Return the rows of so many errors around the median, the smallest first."""
        order = np.argsort(self.answered, kind="stable")
        known: NDArray[np.intp] = order[~np.isnan(self.answered[order])]
        start = max((len(known) - count) // 2, 0)
        return known[start : start + count]


@dataclass(frozen=True, slots=True, eq=False)
class PoseErrors(SampleErrors):
    """P persons or faces with their errors."""

    ids: NDArray[np.int64]  # (P,) of the annotations; of faces their rows
    image_ids: NDArray[np.int64]  # (P,)
    truth: Floats  # (P, K, 2) image pixels; NaN where not labelled
    predicted: Floats  # (P, K, 2) image pixels; NaN where they were not found
    scores: NDArray[np.float32]  # (P, K)
    words: tuple[str, ...]  # (P,) "NME 4.1 %"

    @property
    def missed(self) -> NDArray[np.bool_]:
        """(P,), those that were not found at all."""
        return np.asarray(np.isnan(self.predicted).all(axis=(1, 2)))

    @property
    def answered(self) -> NDArray[np.floating]:
        """(P,) errors; NaN of those that were not found."""
        return np.where(self.missed, np.nan, self.errors)

    def of(self, ids: NDArray[np.int64]) -> "PoseErrors":
        """Return those of some annotations, all of which are there, in their order."""
        order = np.argsort(self.ids, kind="stable")
        rows = order[np.searchsorted(self.ids, ids, sorter=order)]
        parts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "words"}
        words = tuple(self.words[row] for row in rows.tolist())
        return PoseErrors(words=words, **{name: part[rows] for name, part in parts.items()})

    def worst(self, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows of so many: those of the largest errors, and the largest not found.

        A third at most are of the second kind, where there are enough of the first.
        """
        by_error = np.argsort(-np.nan_to_num(self.answered, nan=-np.inf), kind="stable")
        answered = by_error[~self.missed[by_error]]
        missed = np.flatnonzero(self.missed)
        extent = np.nan_to_num(self._extent[missed])
        missed = missed[np.argsort(-extent, kind="stable")]
        of_missed = min(len(missed), max(round(count * MISSED), count - len(answered)))
        return answered[: count - of_missed], missed[:of_missed]

    @property
    def _extent(self) -> Floats:
        low = np.nan_to_num(self.truth, nan=np.inf).min(axis=1)
        high = np.nan_to_num(self.truth, nan=-np.inf).max(axis=1)
        return np.asarray((high - low).max(axis=1))


def in_order(predictions: PosesInBoxes, truth: Floats, errors: Floats, words: str) -> PoseErrors:
    """Return (N, K, 2) truth and predictions whose rows go together, with their (N,) errors.

    `words` has a place for an error.
    """
    return PoseErrors(
        errors=errors,
        ids=np.asarray(predictions.sample_ids),
        image_ids=np.asarray(predictions.image_ids),
        truth=truth,
        predicted=predictions.keypoints.astype(np.float64),
        scores=predictions.scores,
        words=tuple(
            "without a size" if math.isnan(e) else words.format(e) for e in errors.tolist()
        ),
    )
