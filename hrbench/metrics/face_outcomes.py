"""What each image of faces adds to the NME and its kin.

Letters: N faces, K points, B normalisers, P parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import weighted
from hrbench.metrics.face_groups import Parts
from hrbench.metrics.nme import LIMITS, FaceTruth, Mask, areas, failures, pixel_errors, shares
from hrbench.metrics.outcomes import Counts, Outcomes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FaceOutcomes(Outcomes):
    """Of each of N faces its image, the errors of its points, and its sizes by B normalisers."""

    owners: NDArray[np.int64]  # (N,) row of its image in `units`
    distances: Floats  # (N, K) pixels
    sizes: Floats  # (N, B) pixels
    normalisers: NDArray[np.str_]  # (B,) the protocol's first
    names: NDArray[np.str_]  # (K,) of the points
    parts: NDArray[np.str_]  # (P,) "region/jaw": group and row of what `within` is
    within: NDArray[np.bool_]  # (P, N, K)

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return all figures, with NME and median of each point, and the NME of each part."""
        return self.means(counts) | self.medians(counts)

    def each(self, name: str) -> Floats:
        """Return a figure of the faces of every image by itself; NME is the quickest."""
        if name != "NME":
            return Outcomes.each(self, name)
        errors = shares(self.distances, self.sizes[:, 0]).mean(axis=1)
        return weighted.means_of_each(100 * errors, self.owners, len(self.units))

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
        weights = counts.astype(np.float64)
        of_faces = {name: self._mean(own, weights) for name, own in values.items()}
        return of_faces | {
            f"{part}/NME": self._mean(100 * points, weights, within)
            for part, within in zip(self.parts, self.within, strict=True)
        }

    def medians(self, counts: Counts) -> dict[str, Floats]:
        """Return the median errors, of all points and of each."""
        values = {"median_error_px": self.distances}
        for index, name in enumerate(self.names):
            values[f"keypoint/{name}/median_error_px"] = self.distances[:, index]
        return {n: weighted.medians(own, self.owners, counts) for n, own in values.items()}

    def _mean(self, values: Floats, counts: Floats, within: Mask | None = None) -> Floats:
        """Return (R,) the mean of (N, ...) values; NaN if any is, as of all faces once.

        Those outside of `within`, where it is said, are none.
        """
        if np.isnan(values if within is None else values[within]).any():
            return np.full(len(counts), np.nan)
        own = values if within is None else np.where(within, values, np.nan)
        return weighted.means(own, self.owners, counts)


def observed(
    truth: FaceTruth,
    keypoints: NDArray[np.floating[Any]],
    image_ids: NDArray[np.int64],
    *,
    normaliser: str,
    keypoint_names: Sequence[str],
    parts: Parts,
) -> FaceOutcomes:
    """Return what each image adds to the figures of `score_faces`; its (N,) faces go together."""
    units, owners = np.unique(image_ids, return_inverse=True)
    rows = {f"{group}/{row}": own for group, rows in parts.items() for row, own in rows.items()}
    names = sorted(truth.normalisers, key=lambda name: name != normaliser)
    return FaceOutcomes(
        units=units,
        owners=owners,
        distances=pixel_errors(truth, keypoints),
        sizes=np.stack([truth.normalisers[name] for name in names], axis=1),
        normalisers=np.array(names, np.str_),
        names=np.array(keypoint_names, np.str_),
        parts=np.array(list(rows), np.str_),
        within=_within(list(rows.values()), truth.keypoints.shape[:2]),
    )


def _within(parts: Sequence[Mask], shape: tuple[int, ...]) -> Mask:
    """Return (P, N, K) parts that are of (N,) faces or of (N, K) points."""
    within = np.zeros((len(parts), *shape), dtype=np.bool_)
    for place, part in enumerate(parts):
        within[place] = part if part.ndim > 1 else part[:, None]
    return within
