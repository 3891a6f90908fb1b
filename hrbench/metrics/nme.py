"""Normalised mean error of landmarks, its failure rates and its curve, by any normaliser.

Letters: N faces, K points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.keypoints import median_of_known, medians_of_columns
from hrbench.metrics.scores import Scores

# By name, the indices of the points between whose means a normaliser is the distance.
Groups = Mapping[str, tuple[Sequence[int], Sequence[int]]]
Mask = NDArray[np.bool_]

BOX_SIZE = "box-size"  # the normaliser that is no distance between points
LIMITS = (0.08, 0.10)  # of an error, above which a face is a failure
AT_ONCE = 64  # faces: what lies between their pixels and their errors stays in the cache
STEPS = 100  # of the stored curve, to the last limit


@dataclass(frozen=True, slots=True, eq=False)
class FaceTruth:
    """The annotated points of N faces, and what errors are divided by."""

    ids: NDArray[np.int64]  # (N,)
    keypoints: Floats  # (N, K, 2) image pixels
    normalisers: dict[str, Floats]  # by name ("inter-pupil"), each (N,) image pixels
    occluded: Mask | None = None  # (N, K) hidden; None where nobody has said
    subsets: Mapping[str, Mask] = field(
        default_factory=dict
    )  # (N,) each: who is in it, by its name


def normalisers(keypoints: Floats, groups: Groups) -> dict[str, Floats]:
    """Return for each name the (N,) distances between the means of two groups of points.

    A group of one is the point itself, as for the inter-ocular distance; the inter-pupil
    distance lies between the means of each eye's points.
    """
    return {
        name: np.linalg.norm(
            keypoints[:, list(left)].mean(axis=1) - keypoints[:, list(right)].mean(axis=1), axis=1
        )
        for name, (left, right) in groups.items()
    }


def score_faces(
    truth: FaceTruth,
    keypoints: NDArray[np.floating[Any]],
    *,
    normaliser: str,
    keypoint_names: Sequence[str] = (),
) -> Scores:
    """Return the NME in per cent by `normaliser`, and what follows from each face's error.

    A face's error is the mean distance of all its points over the face's normaliser; the NME is
    the mean over faces. A failure is an error above a limit, not at it. Points that annotators
    had to guess, or left at (0, 0), count like all others: the official code has no mark for
    them. NME and failures of the other normalisers are not what is published for the task, so
    only their NME is there, with the name behind it.

    `groups["keypoint"]` has NME and median of each point, by its number where no names are
    given; `groups["curve"]` the per cent of faces whose error is at most a threshold.

    Shapes: keypoints (N, K, 2) image pixels, the rows those of `truth`.

    Source: HRNet-Facial-Landmark-Detection, lib/core/evaluation.py.

    Raises:
        ValueError: the predictions are not finite, or not of the truth's faces.
    """
    if keypoints.shape != truth.keypoints.shape or not np.isfinite(keypoints).all():
        raise ValueError(
            f"predictions {keypoints.shape} for a truth of {truth.keypoints.shape}, "
            f"{np.isnan(keypoints).sum()} of them NaN"
        )
    distances = pixel_errors(truth, keypoints)
    by_name = {name: shares(distances, sizes) for name, sizes in truth.normalisers.items()}
    points = by_name[normaliser]
    errors = points.mean(axis=1)
    others = [name for name in by_name if name != normaliser]
    figures = {
        "NME": 100 * mean(errors),
        **{f"FR@{limit:.2f}": failure_rate(errors, limit) for limit in LIMITS},
        **{f"AUC@{limit:.2f}": area_under_curve(errors, limit) for limit in LIMITS},
        **{f"NME ({name})": 100 * mean(by_name[name].mean(axis=1)) for name in others},
        "median_error_px": median_of_known(distances),
    }
    groups = {
        "keypoint": _by_keypoint(distances, points, keypoint_names),
        "curve": curve(errors),
    }
    bases = {f"NME ({name})": name for name in others}
    reasons = {
        name: _reason(truth, bases.get(name, normaliser))
        for name, value in figures.items()
        if math.isnan(value)
    }
    return Scores(figures, reasons, groups)


def pixel_errors(truth: FaceTruth, keypoints: NDArray[np.floating[Any]]) -> Floats:
    """Return (N, K) distances of predictions to the truth."""
    distances = np.empty(keypoints.shape[:2])
    for start in range(0, len(distances), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        squared = np.square(keypoints[part].astype(np.float64) - truth.keypoints[part])
        np.sqrt(squared[..., 0] + squared[..., 1], out=distances[part])
    return distances


def shares(distances: Floats, sizes: Floats) -> Floats:
    """Return (N, K) distances over the (N,) sizes of their faces; NaN for a face without one."""
    return distances / np.where(sizes > 0, sizes, np.nan)[:, None]


def mean(values: Floats) -> float:
    """Return the mean of a value for every face; NaN if one is NaN, or there is no face."""
    return float(values.mean()) if values.size else math.nan


def failure_rate(errors: Floats, limit: float) -> float:
    """Return the per cent of faces whose error is above a limit."""
    return 100 * mean(failures(errors, limit))


def failures(errors: Floats, limit: float) -> Floats:
    """Return 1 for an error above a limit, else 0; NaN for none."""
    return np.where(np.isnan(errors), np.nan, errors > limit)


def area_under_curve(errors: Floats, limit: float) -> float:
    """Return the area under the curve of errors up to a limit, in per cent of the whole.

    The curve is the share of faces with at most so much error. It is a step at each error, so
    each face adds what lies between its own and the limit: the integral is exact, and a
    perfect answer has 100.
    """
    return 100 * mean(areas(errors, limit))


def areas(errors: Floats, limit: float) -> Floats:
    """Return what each error adds to the area up to a limit, as a share of the whole."""
    return np.asarray((limit - errors).clip(min=0) / limit)


def curve(errors: Floats) -> dict[str, list[float]]:
    """Return the per cent of faces whose error is at most each of some thresholds."""
    thresholds = np.arange(STEPS + 1) * LIMITS[-1] / STEPS
    below = np.searchsorted(np.sort(errors), thresholds, side="right")
    known = errors.size and not np.isnan(errors).any()
    failures = 100 * ((errors.size - below) / errors.size) if known else np.full(STEPS + 1, np.nan)
    return {"thresholds": thresholds.tolist(), "share": (100 - failures).tolist()}


def _by_keypoint(
    distances: Floats, points: Floats, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    numbers = map(str, range(distances.shape[1]))
    medians = medians_of_columns(distances).tolist()
    columns = points.T.copy()  # numbers that lie apart take twice as long
    return {
        name: {"NME": 100 * mean(columns[index]), "median_error_px": medians[index]}
        for index, name in enumerate(names or numbers)
    }


def _reason(truth: FaceTruth, normaliser: str) -> str:
    if not len(truth.ids):
        return "there are no faces"
    without = truth.ids[~(truth.normalisers[normaliser] > 0)].tolist()
    return f"{normaliser} is not above 0 in {len(without)} faces; the first is {without[0]}"
