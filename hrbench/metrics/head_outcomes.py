"""What each image of persons adds to PCKh and the median errors.

Shapes: N persons, 16 keypoints in the order of KEYPOINTS.
"""

from dataclasses import dataclass

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

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return all figures, with those of each keypoint.

        A mean needs all its keypoints on somebody, if not among the persons that are drawn.
        """
        drawn = self.owners, counts
        shares = self.pixels / self.head_sizes[:, None]
        hits = {name: _within(shares, THRESHOLDS[level]) for name, level in LEVELS.items()}
        absent = np.isnan(self.pixels[:, IN_MEAN]).all(axis=0).any()
        figures = {
            name: weighted.means(values[:, IN_MEAN] * (np.nan if absent else 1), *drawn)
            for name, values in hits.items()
        }
        figures |= self._medians(self.pixels[:, IN_MEAN], shares[:, IN_MEAN], counts)
        for index, name in enumerate(KEYPOINTS):
            own = {level: hits[level][:, index] for level in (HEADLINE, FINE)}
            row = {n: weighted.means(v, *drawn) for n, v in own.items()}
            row |= self._medians(self.pixels[:, index], shares[:, index], counts)
            figures |= {f"keypoint/{name}/{figure}": values for figure, values in row.items()}
        for part, columns in PARTS.items():
            sides = [figures[f"keypoint/{KEYPOINTS[c]}/{HEADLINE}"] for c in columns]
            figures[f"{HEADLINE}:{part}"] = np.asarray(np.mean(sides, axis=0))
        return figures

    def _medians(self, pixels: Floats, shares: Floats, counts: Counts) -> dict[str, Floats]:
        return {
            "median_error_px": weighted.medians(pixels, self.owners, counts),
            "median_error_share": 100 * weighted.medians(shares, self.owners, counts),
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
