"""What each image of faces adds to the NME and its kin.

Letters: N faces, K points, B normalisers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import weighted
from hrbench.metrics.nme import LIMITS, FaceTruth, areas, failures, shares
from hrbench.metrics.outcomes import Counts, Outcomes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FaceOutcomes(Outcomes):
    """Of each of N faces its image, the errors of its points, and its sizes by B normalisers."""

    owners: NDArray[np.int64]  # (N,) row of its image in `units`
    distances: Floats  # (N, K) pixels
    sizes: Floats  # (N, B) pixels
    normalisers: NDArray[np.str_]  # (B,) the protocol's first
    names: NDArray[np.str_]  # (K,) of the points

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return all figures, with NME and median of each point."""
        return self.means(counts) | self.medians(counts)

    def means(self, counts: Counts) -> dict[str, Floats]:
        """Return all but the medians."""
        by_name = {
            str(name): shares(self.distances, self.sizes[:, column])
            for column, name in enumerate(self.normalisers)
        }
        (_, points), *others = by_name.items()
        errors = points.mean(axis=1)
        values = {
            "NME": 100 * errors,
            **{f"FR@{limit:.2f}": 100 * failures(errors, limit) for limit in LIMITS},
            **{f"AUC@{limit:.2f}": 100 * areas(errors, limit) for limit in LIMITS},
            **{f"NME ({name})": 100 * other.mean(axis=1) for name, other in others},
        }
        for index, name in enumerate(self.names):
            values[f"keypoint/{name}/NME"] = 100 * points[:, index]
        return {name: self._mean(own, counts) for name, own in values.items()}

    def medians(self, counts: Counts) -> dict[str, Floats]:
        """Return the median errors, of all points and of each."""
        values = {"median_error_px": self.distances}
        for index, name in enumerate(self.names):
            values[f"keypoint/{name}/median_error_px"] = self.distances[:, index]
        return {n: weighted.medians(own, self.owners, counts) for n, own in values.items()}

    def _mean(self, values: Floats, counts: Counts) -> Floats:
        """Return (R,) the mean over faces; NaN if any of the (N,) is, as of all faces once."""
        if np.isnan(values).any():
            return np.full(len(counts), np.nan)
        return weighted.means(values, self.owners, counts)


def observed(
    truth: FaceTruth,
    keypoints: NDArray[np.floating[Any]],
    image_ids: NDArray[np.int64],
    *,
    normaliser: str,
    keypoint_names: Sequence[str],
) -> FaceOutcomes:
    """Return what each image adds to the figures of `score_faces`; its (N,) faces go together."""
    units, owners = np.unique(image_ids, return_inverse=True)
    names = sorted(truth.normalisers, key=lambda name: name != normaliser)
    return FaceOutcomes(
        units=units,
        owners=owners,
        distances=np.linalg.norm(keypoints.astype(np.float64) - truth.keypoints, axis=2),
        sizes=np.stack([truth.normalisers[name] for name in names], axis=1),
        normalisers=np.array(names, np.str_),
        names=np.array(keypoint_names, np.str_),
    )
