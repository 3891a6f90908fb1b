"""Sigmas for OKS, estimated from several annotations of the same objects.

COCO measured sigma_k^2 = E[d_k^2 / s^2] on 5,000 images annotated repeatedly: d_k is how far an
annotation of keypoint k lies from where the keypoint is, s^2 the object's area. Where it is
nobody knows, so the distance is taken from the mean of the object's R annotations. To that they
are nearer than to the truth, by (R - 1) / R in the square, which is put right:

    sigma_k^2 = sum over objects and annotations of d^2 / s^2, over the sum of (R - 1).

With as many annotations of every object this is the mean of d^2 / s^2 times R / (R - 1).

Shapes: N annotations, K keypoints.

Source: cocodataset.org/#keypoints-eval, 1.3; the correction is Bessel's.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Mask = NDArray[np.bool_]

FEWEST = 10  # repeats, annotations beyond an object's first: sigma is then known to a sixth


@dataclass(frozen=True, slots=True, eq=False)
class Sigmas:
    """What repeated annotations say of each keypoint."""

    values: Floats  # (K,) the distance expected over the root of the area; NaN if not known
    reasons: tuple[str, ...]  # (K,) why a value is NaN, "" where it is not
    objects: NDArray[np.int64]  # (K,) in which the keypoint is labelled twice at least
    repeats: NDArray[np.int64]  # (K,) annotations of it beyond the first of each object


def estimate(keypoints: Floats, labelled: Mask, areas: Floats, objects: NDArray[np.intp]) -> Sigmas:
    """Estimate the sigma of each keypoint.

    Args:
        keypoints: (N, K, 2) x, y in pixels; anything where not labelled.
        labelled: (N, K) which keypoints an annotation has, hidden or not.
        areas: (N,) of the object in square pixels as each annotation has it; their mean counts,
            and an object where it is 0 does not.
        objects: (N,) which object an annotation is of, numbered from 0.

    A keypoint with fewer than 10 repeats, or whose repeats are all the same, gets NaN.

    Raises:
        ValueError: a labelled keypoint or an area is not a number.
    """
    if not np.isfinite(np.where(labelled[..., None], keypoints, 0)).all() or (
        not np.isfinite(areas).all()
    ):
        raise ValueError("a labelled keypoint or an area is not a number")
    count = int(objects.max(initial=-1)) + 1
    area = _sums(areas, objects, count) / np.maximum(np.bincount(objects, minlength=count), 1)
    known = labelled & (area > 0)[objects, None]
    annotations = _sums(known.astype(np.float64), objects, count)  # (objects, K)
    points = np.where(known[..., None], keypoints, 0)
    means = _sums(points, objects, count) / np.maximum(annotations, 1)[..., None]
    squared = np.square(points - means[objects]).sum(axis=2) * known
    relative = squared / np.where(area > 0, area, 1)[objects, None]
    repeats = np.maximum(annotations - 1, 0).sum(axis=0).astype(np.int64)
    values = np.sqrt(relative.sum(axis=0) / np.maximum(repeats, 1))
    reasons = tuple(map(_reason, repeats.tolist(), values.tolist()))
    return Sigmas(
        values=np.where([bool(reason) for reason in reasons], math.nan, values),
        reasons=reasons,
        objects=(annotations > 1).sum(axis=0),
        repeats=repeats,
    )


def _sums(values: Floats, objects: NDArray[np.intp], count: int) -> Floats:
    """Return the sum of the rows of each object."""
    total = np.zeros((count, *values.shape[1:]))
    np.add.at(total, objects, values)
    return total


def _reason(repeats: int, value: float) -> str:
    if repeats < FEWEST:
        return f"{repeats} repeats, and {FEWEST} are needed"
    return "" if value > 0 else "all its repeats are the same: copies say nothing"
