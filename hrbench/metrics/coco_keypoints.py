"""Score predicted poses as the COCO keypoint challenge does, from arrays to ten figures.

poses -> instance scores -> OKS-NMS -> results -> matching -> precision, recall -> figures
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.metrics.average_precision import RECALLS, SELECTIONS, by_recall, curves, figures
from hrbench.metrics.keypoints import by_keypoint, keypoint_errors, medians
from hrbench.metrics.matching import AREA_RANGES, Matches, match
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.scores import Scores
from hrbench.metrics.selection import (
    KEYPOINT_THRESHOLD,
    NMS_THRESHOLD,
    Selection,
    SuppressionName,
    as_results,
    select,
)

NOBODY = {  # why a figure has no value, by the last letter of its name
    "M": "nobody with an area of 32 x 32 to 96 x 96 pixels is labelled",
    "L": "nobody with an area of 96 x 96 pixels or more is labelled",
}


FIGURES = (
    *(f"{kind}{suffix}" for kind in ("AP", "AR") for suffix in SELECTIONS),
    "median_error_px",  # of the keypoints of found people
    "median_error_share",  # of the root of the person's area, in per cent
)


@dataclass(frozen=True, slots=True, eq=False)
class PoseScores(Scores):
    """COCO's figures, named as in FIGURES, and how they came about."""

    selection: Selection
    matches: Matches


def score_poses(
    truth: Truth,
    poses: Poses,
    *,
    sigmas: NDArray[np.float64],
    keypoint_names: Sequence[str],
    flip_pairs: Sequence[tuple[int, int]],
    keypoint_threshold: float = KEYPOINT_THRESHOLD,
    nms: SuppressionName = "oks",
    nms_threshold: float = NMS_THRESHOLD,
) -> PoseScores:
    """Return COCO's ten figures, the median error, and the figures by size and keypoint.

    `groups["curve"]` has precision at each recall, of the APs by their names.
    `poses` are in the order of the predictions file, which decides between equal scores.
    """
    widths = (len(sigmas), len(keypoint_names), truth.visibility.shape[1])
    if {*widths} != {poses.keypoint_scores.shape[1]}:
        raise ValueError(
            f"poses of {poses.keypoint_scores.shape[1]} keypoints need as many sigmas, names "
            f"and annotated keypoints; there are {widths[0]}, {widths[1]} and {widths[2]}"
        )
    selection = select(
        poses,
        sigmas=sigmas,
        keypoint_threshold=keypoint_threshold,
        nms=nms,
        nms_threshold=nms_threshold,
    )
    results = as_results(poses, selection)
    matches = match(truth, results, sigmas)
    errors = keypoint_errors(truth, results, matches, sigmas, flip_pairs)
    drawn = curves(matches, results)
    values = figures(drawn)
    values |= medians(errors)
    lines = {"recall": RECALLS, **by_recall(drawn)}
    groups = {
        "size": by_size(values, matches),
        "keypoint": by_keypoint(errors, keypoint_names),
        "curve": {name: line.tolist() for name, line in lines.items()},
    }
    reasons = {name: _reason(name) for name, value in values.items() if math.isnan(value)}
    return PoseScores(values, reasons, groups, selection, matches)


def by_size(values: dict[str, float], matches: Matches) -> dict[str, dict[str, float]]:
    """Return people to be found, AP and AR of medium and large people."""
    people = dict(zip(AREA_RANGES, (~matches.optional).sum(axis=1).tolist(), strict=True))
    return {
        size: {"people": people[size], "AP": values[f"AP{letter}"], "AR": values[f"AR{letter}"]}
        for size, letter in (("medium", "M"), ("large", "L"))
    }


def _reason(name: str) -> str:
    if name.startswith("median"):
        return "no pose fits a labelled person with an OKS of 0.5 or more"
    return NOBODY.get(name[-1], "nobody in these images is labelled")
