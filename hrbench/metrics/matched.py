"""Poses beside annotated people: which the protocol keeps, whom they find, how far off they are.

Figures, what each image adds to them and where poses fail are all made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hrbench.arrays import Floats
from hrbench.metrics.keypoints import KeypointErrors, keypoint_errors
from hrbench.metrics.matching import Matches, match
from hrbench.metrics.people import Poses, Results, Truth
from hrbench.metrics.selection import (
    KEYPOINT_THRESHOLD,
    NMS_THRESHOLD,
    Selection,
    SuppressionName,
    as_results,
    select,
)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Poses, those of them that count, and what became of these."""

    truth: Truth
    poses: Poses  # all
    sigmas: Floats  # (K,)
    flip_pairs: Sequence[tuple[int, int]]
    selection: Selection
    results: Results  # the selection
    matches: Matches
    errors: KeypointErrors


def matched(
    truth: Truth,
    poses: Poses,
    *,
    sigmas: Floats,
    flip_pairs: Sequence[tuple[int, int]],
    keypoint_threshold: float = KEYPOINT_THRESHOLD,
    nms: SuppressionName = "oks",
    nms_threshold: float = NMS_THRESHOLD,
) -> Matched:
    """Choose among poses, and match those that are kept with people.

    `poses` are in the order of the predictions file, which decides between equal scores.

    Raises:
        ValueError: poses, sigmas and truth are not of as many keypoints.
    """
    widths = (len(sigmas), truth.visibility.shape[1])
    if {*widths} != {poses.keypoint_scores.shape[1]}:
        raise ValueError(
            f"poses of {poses.keypoint_scores.shape[1]} keypoints need as many sigmas and "
            f"annotated keypoints; there are {widths[0]} and {widths[1]}"
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
    return Matched(truth, poses, sigmas, flip_pairs, selection, results, matches, errors)
