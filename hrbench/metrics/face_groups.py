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
from hrbench.metrics.nme import LIMITS, FaceTruth, Mask, failure_rate, mean, shares

# How far the nose's tip stands out from between the eyes' outer corners, over half their distance:
# (7.476 - 3.173) / 4.446, of the canonical face of MediaPipe, a mean of many.
NOSE = 0.97
YAWS = (15.0, 30.0, 60.0)  # degrees; the last two divide AFLW2000-3D, Zhu et al. 2016, table 2
HIDDEN = 0.3  # of a face's points


def breakdown(
    truth: FaceTruth,
    keypoints: NDArray[np.floating[Any]],
    *,
    normaliser: str,
    regions: Mapping[str, Sequence[int]],
    turn: tuple[int, int, int] | None,
) -> dict[str, Any]:
    """Return the NME in per cent by the points' region and by what is known of each face.

    `groups["region"]` has the mean over all faces of the points of each region;
    `groups["yaw"]` faces by how far `yaw` says they are turned, in degrees, to either side;
    `groups["point_occlusion"]` points that annotators could see and others, and
    `groups["face_occlusion"]` faces by the share of their points that are hidden;
    `groups["subset"]` the faces of each subset of the measured split. What nothing is known of
    is left out, and so are rows without a face or point.
    """
    distances = np.linalg.norm(keypoints.astype(np.float64) - truth.keypoints, axis=2)
    points = shares(distances, truth.normalisers[normaliser])
    groups = {
        "region": {
            name: {
                "points": len(columns),
                "NME": 100 * mean(points[:, columns]),
                "median_error_px": median_of_known(distances[:, columns]),
            }
            for name, columns in regions.items()
            if len(points)
        },
        "yaw": {} if turn is None else _by_yaw(points, yaw(truth.keypoints, *turn)),
        **({} if truth.occluded is None else _by_occlusion(points, truth.occluded)),
        "subset": _of_faces(points, truth.subsets),
    }
    return {name: rows for name, rows in groups.items() if rows}


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


def _by_yaw(points: Floats, angles: Floats) -> dict[str, dict[str, float]]:
    place = np.where(np.isnan(angles), -1, np.searchsorted(YAWS, np.abs(angles), side="right"))
    ends = pairwise((0, *YAWS, 90))
    names = {f"{low:.0f} to {high:.0f}": number for number, (low, high) in enumerate(ends)}
    chosen = {name: place == number for name, number in {**names, "unknown": -1}.items()}
    return _of_faces(points, chosen)


def _by_occlusion(points: Floats, occluded: Mask) -> dict[str, Any]:
    hidden = occluded.mean(axis=1)
    faces = {
        "none": hidden == 0,
        f"up to {HIDDEN:.0%}": (hidden > 0) & (hidden <= HIDDEN),
        f"above {HIDDEN:.0%}": hidden > HIDDEN,
    }
    return {
        "point_occlusion": {
            name: {"points": int(chosen.sum()), "NME": 100 * mean(points[chosen])}
            for name, chosen in {"visible": ~occluded, "occluded": occluded}.items()
            if chosen.any()
        },
        "face_occlusion": _of_faces(points, faces),
    }


def _of_faces(points: Floats, chosen: Mapping[str, Mask]) -> dict[str, dict[str, float]]:
    errors = points.mean(axis=1)
    return {
        name: {
            "faces": int(own.sum()),
            "NME": 100 * mean(errors[own]),
            f"FR@{LIMITS[0]:.2f}": failure_rate(errors[own], LIMITS[0]),
        }
        for name, own in chosen.items()
        if own.any()
    }
