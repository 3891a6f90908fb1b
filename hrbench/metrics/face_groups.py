"""Where the NME of faces comes from: by region, by yaw, by occlusion, by subset of the data.

Letters: N faces, K points.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.keypoints import median_of_known
from hrbench.metrics.nme import LIMITS, FaceTruth, Mask, failure_rate, mean, pixel_errors, shares

# How far the nose's tip stands out from between the eyes' outer corners, over half their distance:
# (7.476 - 3.173) / 4.446, of the canonical face of MediaPipe, a mean of many.
NOSE = 0.97
YAWS = (15.0, 30.0, 60.0)  # degrees; the last two divide AFLW2000-3D, Zhu et al. 2016
HIDDEN = 0.3  # of a face's points


Parts = dict[str, dict[str, Mask]]  # group, row: of (N,) faces, or of (N, K) points


def breakdown(
    truth: FaceTruth,
    keypoints: NDArray[np.floating[Any]],
    *,
    normaliser: str,
    regions: Mapping[str, Sequence[int]],
    turn: tuple[int, int, int] | None,
) -> dict[str, Any]:
    """Return the NME in per cent of the `parts` of faces that there are."""
    distances = pixel_errors(truth, keypoints)
    errors = shares(distances, truth.normalisers[normaliser])
    return {
        group: {
            name: _of_faces(errors[own]) if own.ndim == 1 else _of_points(errors, distances, own)
            for name, own in rows.items()
        }
        for group, rows in parts(truth, regions, turn).items()
    }


def parts(
    truth: FaceTruth, regions: Mapping[str, Sequence[int]], turn: tuple[int, int, int] | None
) -> Parts:
    """Return faces and points by what is known of them.

    `region` has the points of each region; `yaw` faces by how far `yaw` says they are turned, in
    degrees, to either side; `point_occlusion` points that annotators could see and others, and
    `face_occlusion` faces by the share of their points that are hidden; `subset` the faces of each
    subset of the measured split. What nothing is known of is left out, and so are rows without a
    face or point.
    """
    every: Parts = {
        "region": {
            name: _of_columns(columns, truth.keypoints.shape[:2])
            for name, columns in regions.items()
        },
        "yaw": {} if turn is None else _by_yaw(yaw(truth.keypoints, *turn)),
        **({} if truth.occluded is None else _by_occlusion(truth.occluded)),
        "subset": dict(truth.subsets),
    }
    known = {
        group: {name: own for name, own in rows.items() if own.any()}
        for group, rows in every.items()
    }
    return {group: rows for group, rows in known.items() if rows}


def yaw(keypoints: Floats, right: int, left: int, nose: int) -> Floats:
    """Return how far (N, K, 2) faces are turned, in degrees; NaN if both corners are one place.

    The nose's tip lies in front of the line between the outer corners of the eyes, so a face
    that is turned by an angle a has it off the corners' middle by NOSE tan(a) of half their
    distance, along their line: seen from afar, whatever the roll. Above 0 the face looks to
    where its own left is. How far noses stand out differs, so that an angle is good to some
    degrees, and a pitch bends it.
    """
    middle = (keypoints[:, right] + keypoints[:, left]) / 2
    half = keypoints[:, left] - middle
    squared = (half**2).sum(axis=1)
    off = ((keypoints[:, nose] - middle) * half).sum(axis=1)
    ratio = off / np.where(squared > 0, squared, np.nan)
    return np.asarray(np.degrees(np.arctan(ratio / NOSE)))


def _of_columns(columns: Sequence[int], shape: tuple[int, ...]) -> Mask:
    chosen = np.zeros(shape, dtype=np.bool_)
    chosen[:, columns] = True
    return chosen


def _by_yaw(angles: Floats) -> dict[str, Mask]:
    place = np.where(np.isnan(angles), -1, np.searchsorted(YAWS, np.abs(angles), side="right"))
    ends = pairwise((0, *YAWS, 90))
    names = {f"{low:.0f} to {high:.0f}": number for number, (low, high) in enumerate(ends)}
    return {name: place == number for name, number in {**names, "unknown": -1}.items()}


def _by_occlusion(occluded: Mask) -> Parts:
    hidden = occluded.mean(axis=1)
    return {
        "point_occlusion": {"visible": ~occluded, "occluded": occluded},
        "face_occlusion": {
            "none": hidden == 0,
            f"up to {HIDDEN:.0%}": (hidden > 0) & (hidden <= HIDDEN),
            f"above {HIDDEN:.0%}": hidden > HIDDEN,
        },
    }


def _of_faces(errors: Floats) -> dict[str, float]:
    means = errors.mean(axis=1)
    return {
        "faces": len(means),
        "NME": 100 * mean(means),
        f"FR@{LIMITS[0]:.2f}": failure_rate(means, LIMITS[0]),
    }


def _of_points(errors: Floats, distances: Floats, chosen: Mask) -> dict[str, float]:
    return {
        "points": int(chosen.sum()),
        "NME": 100 * mean(errors[chosen]),
        "median_error_px": median_of_known(distances[chosen]),
    }
