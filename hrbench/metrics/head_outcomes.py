"""What each image of persons adds to PCKh and the median errors.

Shapes: N persons, 16 keypoints in the order of KEYPOINTS.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import weighted
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.pckh import (
    FINE,
    HEADLINE,
    IN_MEAN,
    KEYPOINTS,
    LEVELS,
    PARTS,
    THRESHOLDS,
    HeadTruth,
    pixel_errors,
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeadOutcomes(Outcomes):
    """Of each of N persons its image, the errors of its keypoints, and the size of its head."""

    owners: NDArray[np.int64]  # (N,) row of its image in `units`
    pixels: Floats  # (N, 16) NaN where missing
    head_sizes: Floats  # (N,) pixels

    @property
    def shares(self) -> Floats:
        """(N, 16) errors in sizes of heads."""
        return self.pixels / self.head_sizes[:, None]

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return all figures, with those of each keypoint."""
        return self.means(counts) | self.medians(counts)

    def each(self, name: str) -> Floats:
        """Return a figure of the persons of every image by itself; the headline is the quickest."""
        if name != HEADLINE:
            return Outcomes.each(self, name)
        hits = _within(self.shares[:, IN_MEAN], THRESHOLDS[LEVELS[HEADLINE]])
        return weighted.means_of_each(hits, self.owners, len(self.units))

    def means(self, counts: Counts) -> dict[str, Floats]:
        """Return all but the medians.

        A mean needs all its keypoints on somebody, if not among the persons that are drawn.
        """
        hits = {name: _within(self.shares, THRESHOLDS[level]) for name, level in LEVELS.items()}
        absent = np.isnan(self.pixels[:, IN_MEAN]).all(axis=0).any()
        values = {name: hit[:, IN_MEAN] * (np.nan if absent else 1) for name, hit in hits.items()}
        for index, name in enumerate(KEYPOINTS):
            for level in (HEADLINE, FINE):
                values[f"keypoint/{name}/{level}"] = hits[level][:, index]
        weights = counts.astype(np.float64)
        figures = {name: weighted.means(own, self.owners, weights) for name, own in values.items()}
        for part, columns in PARTS.items():
            sides = [figures[f"keypoint/{KEYPOINTS[c]}/{HEADLINE}"] for c in columns]
            figures[f"{HEADLINE}:{part}"] = np.asarray(np.mean(sides, axis=0))
        return figures

    def medians(self, counts: Counts) -> dict[str, Floats]:
        """Return the median errors, of the keypoints of the mean and of each."""
        columns: dict[str, Any] = {"": IN_MEAN}
        columns |= {f"keypoint/{name}/": index for index, name in enumerate(KEYPOINTS)}
        errors = {"median_error_px": self.pixels, "median_error_share": 100 * self.shares}
        return {
            f"{group}{name}": weighted.medians(values[:, own], self.owners, counts)
            for group, own in columns.items()
            for name, values in errors.items()
        }


def observed(
    truth: HeadTruth, keypoints: NDArray[np.floating], image_ids: NDArray[np.int64]
) -> HeadOutcomes:
    """Return what each image adds to the figures of `score_pckh`; its (N,) persons go together."""
    units, owners = np.unique(image_ids, return_inverse=True)
    pixels = pixel_errors(truth, keypoints)
    return HeadOutcomes(units=units, owners=owners, pixels=pixels, head_sizes=truth.head_sizes)


def _within(shares: Floats, threshold: float) -> Floats:
    """Return 100 for an error within a threshold, else 0; NaN where missing."""
    return np.where(np.isnan(shares), np.nan, 100.0 * (shares <= threshold))
