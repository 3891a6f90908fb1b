"""PCKh, MPII's measure: how many keypoints lie within a share of the head's size of their place.

Shapes: N persons, 16 keypoints in the order of KEYPOINTS, 51 thresholds.

Source: Andriluka et al. 2014, section 4.1; deep-high-resolution-net.pytorch, lib/dataset/mpii.py,
whose mean leaves out pelvis and thorax and weighs the others by how often they are labelled.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.keypoints import known_of_rising, median_of_least, medians_of_rising
from hrbench.metrics.scores import Scores

HEAD_SHARE = 0.6  # of the head box's diagonal: the size of a head
FIRST_PIXEL = 1.0  # Matlab's number of the first pixel
KEYPOINTS = (
    "right_ankle",
    "right_knee",
    "right_hip",
    "left_hip",
    "left_knee",
    "left_ankle",
    "pelvis",
    "thorax",
    "upper_neck",
    "head_top",
    "right_wrist",
    "right_elbow",
    "right_shoulder",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
)
IN_MEAN = np.array([name not in {"pelvis", "thorax"} for name in KEYPOINTS])
PARTS = {"head": [KEYPOINTS.index("head_top")]} | {
    part: [KEYPOINTS.index(f"{side}_{part}") for side in ("left", "right")]
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
}

# Persons: what lies between their pixels and their errors stays in the cache, and is too small for
# the system to be asked for fresh memory each time.
AT_ONCE = 256
THRESHOLDS: Floats = np.arange(0, 0.51, 0.01)  # head sizes, rounded as officially
LEVELS = {  # of which threshold a figure is
    "PCKh@0.5": 50,
    "PCKh@0.1": 10,
    "PCKh@0.1 (official code)": 11,  # printed as "Mean@0.1", and taken at 0.11
}
HEADLINE, FINE, FINE_OFFICIAL = LEVELS


@dataclass(frozen=True, slots=True, eq=False)
class HeadTruth:
    """The annotated keypoints of N persons, with the sizes of their heads.

    Pixels are counted from 1, as the official file has them: `score_pckh` counts predictions
    so in their own precision, which decides about errors exactly on a threshold.
    """

    keypoints: Floats  # (N, 16, 2) x, y in image pixels from 1; anything where missing
    missing: NDArray[np.bool_]  # (N, 16)
    head_sizes: Floats  # (N,) pixels, above 0

    def __post_init__(self) -> None:
        count = len(self.head_sizes)
        shapes = self.keypoints.shape, self.missing.shape
        if shapes != ((count, len(KEYPOINTS), 2), (count, len(KEYPOINTS))):
            raise ValueError(f"{count} heads with keypoints {shapes[0]} and missing {shapes[1]}")
        if not np.isfinite(self.keypoints[~self.missing]).all():
            raise ValueError("a labelled keypoint has no position")
        if not (np.isfinite(self.head_sizes) & (self.head_sizes > 0)).all():
            raise ValueError("the size of a head is not above 0")

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "HeadTruth":
        """Return the truth of some of the persons."""
        return HeadTruth(self.keypoints[chosen], self.missing[chosen], self.head_sizes[chosen])

    @property
    def labelled(self) -> NDArray[np.int64]:
        """How many persons have each of the 16 keypoints."""
        return np.asarray((~self.missing).sum(axis=0), dtype=np.int64)


def score_pckh(truth: HeadTruth, keypoints: NDArray[np.floating]) -> Scores:
    """Score (N, 16, 2) predictions in image pixels from 0, in the order of the truth.

    PCKh@0.5 counts errors of half a head's size or less, as a mean over keypoints; PCKh@0.5:hip
    is the plain mean of left and right. PCKh@0.1 is at a threshold of 0.10. The official code
    prints the one of 0.11 under that name: PCKh@0.1 (official code), which rows published from
    it are to be compared with. The medians are over the keypoints of the mean; the share is in
    per cent of the head's size.

    `groups["keypoint"]` has all 16, `groups["curve"]` PCKh at thresholds from 0 to 0.5.

    Raises:
        ValueError: the predictions are not finite, or not of the truth's persons.
    """
    if keypoints.shape != truth.keypoints.shape or not np.isfinite(keypoints).all():
        raise ValueError(
            f"predictions {keypoints.shape} for a truth of {truth.keypoints.shape}, "
            f"{(~np.isfinite(keypoints)).sum()} of their numbers not finite"
        )
    pixels = pixel_errors(truth, keypoints, "F").T
    shares = pixels / truth.head_sizes
    for errors in (pixels, shares):
        errors.sort(axis=1)
    labelled = known_of_rising(pixels)
    counted = int(labelled[IN_MEAN].sum())
    curves = share_within(shares, labelled)
    mean = mean_of_keypoints(curves, labelled)
    parts = {part: curves[:, columns].mean(axis=1) for part, columns in PARTS.items()}
    medians = medians_of_rising(pixels, labelled), 100 * medians_of_rising(shares, labelled)
    figures = {
        HEADLINE: float(mean[LEVELS[HEADLINE]]),
        **{f"{HEADLINE}:{part}": float(c[LEVELS[HEADLINE]]) for part, c in parts.items()},
        **{name: float(mean[LEVELS[name]]) for name in (FINE, FINE_OFFICIAL)},
        "median_error_px": _median_of_mean(pixels, counted),
        "median_error_share": 100 * _median_of_mean(shares, counted),
    }
    drawn = {"thresholds": THRESHOLDS, "mean": mean, **parts}
    groups = {
        "keypoint": _by_keypoint(labelled, curves, *medians),
        "curve": {name: values.tolist() for name, values in drawn.items()},
    }
    reasons = {n: _reason(n, labelled) for n, value in figures.items() if math.isnan(value)}
    return Scores(figures, reasons, groups)


def pixel_errors(
    truth: HeadTruth, keypoints: NDArray[np.floating], order: Literal["C", "F"] = "C"
) -> Floats:
    """Return (N, 16) distances of predictions, in pixels from 0, to the truth; NaN if missing.

    In memory those of a person lie side by side, with "F" those of a keypoint.
    """
    pixels = np.empty(truth.missing.shape, order=order)
    for start in range(0, len(pixels), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        squared = np.square(keypoints[part] + FIRST_PIXEL - truth.keypoints[part])
        distances = np.sqrt(squared[..., 0] + squared[..., 1])
        np.putmask(distances, truth.missing[part], np.nan)
        pixels[part] = distances
    return pixels


def share_within(shares: Floats, labelled: NDArray[np.int64]) -> Floats:
    """Return (51, 16): the per cent of each keypoint's errors that are within each threshold.

    `shares` (16, N) are errors in head sizes that rise, NaN where missing behind them; a keypoint
    that nobody has is NaN at every threshold.
    """
    hits = np.array([own.searchsorted(THRESHOLDS, "right") for own in shares]).T
    return np.where(labelled > 0, 100.0 * hits / np.maximum(labelled, 1), np.nan)


def mean_of_keypoints(values: Floats, labelled: NDArray[np.int64]) -> Floats:
    """Return the mean of (..., 16), each weighted by how often it is labelled.

    Pelvis and thorax are left out. NaN where a keypoint that counts is NaN.
    """
    weights = labelled[IN_MEAN]
    total = (values[..., IN_MEAN] * weights).sum(axis=-1)
    return np.asarray(total / max(int(weights.sum()), 1))


def _median_of_mean(errors: Floats, counted: int) -> float:
    """Return the median of the keypoints of the mean, of which (16, N) errors so many are known.

    It moves the errors in their place: fresh memory for a copy takes longer than the search.
    """
    left_out = np.flatnonzero(~IN_MEAN)
    errors[left_out] = errors[-len(left_out) :]
    return median_of_least(errors[: -len(left_out)].ravel(), counted)


def _by_keypoint(
    labelled: NDArray[np.int64], curves: Floats, pixels: Floats, shares: Floats
) -> dict[str, dict[str, Any]]:
    """Return a row for each keypoint, with the (16,) medians of errors both ways."""
    return {
        name: {
            "labelled": float(labelled[index]),
            HEADLINE: float(curves[LEVELS[HEADLINE], index]),
            FINE: float(curves[LEVELS[FINE], index]),
            "median_error_px": float(pixels[index]),
            "median_error_share": float(shares[index]),
        }
        for index, name in enumerate(KEYPOINTS)
    }


def _reason(name: str, labelled: NDArray[np.int64]) -> str:
    concerned = PARTS.get(name.partition(":")[2], np.flatnonzero(IN_MEAN).tolist())
    absent = [KEYPOINTS[index] for index in concerned if not labelled[index]]
    if len(absent) == IN_MEAN.sum():
        return "nobody is labelled"
    return f"{' and '.join(absent)}: not labelled on anybody"
