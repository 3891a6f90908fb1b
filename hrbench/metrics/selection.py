"""From predicted poses to results: one score each, and no pose twice.

Source: deep-high-resolution-net.pytorch, lib/dataset/coco.py, `evaluate`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.nms import oks_nms, soft_oks_nms
from hrbench.metrics.oks import oks
from hrbench.metrics.people import Poses, Results

Rows = NDArray[np.intp]
SuppressionName = Literal["oks", "soft", "none"]

KEYPOINT_THRESHOLD = 0.2  # of a keypoint's score, to count in its pose's
NMS_THRESHOLD = 0.9  # of the OKS
PERSON = 1  # COCO's category id


def keep_all(_overlap: Floats, scores: Floats, _threshold: float) -> Rows:
    """Return all poses in their order."""
    return np.arange(len(scores))


SUPPRESSIONS: dict[SuppressionName, Callable[[Floats, Floats, float], Rows]] = {
    "oks": oks_nms,
    "soft": soft_oks_nms,
    "none": keep_all,
}


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What suppression leaves of N poses, and how good each pose is held to be."""

    kept: Rows  # rows of the poses; images by first appearance, each in the order of suppression
    scores: Floats  # (N,) instance scores of all poses, kept or not


def select(
    poses: Poses,
    *,
    sigmas: Floats,
    keypoint_threshold: float = KEYPOINT_THRESHOLD,
    nms: SuppressionName = "oks",
    nms_threshold: float = NMS_THRESHOLD,
) -> Selection:
    """Score every pose and drop those that repeat a better one of their image."""
    scores = instance_scores(poses.keypoint_scores, poses.box_scores, keypoint_threshold)
    suppress = SUPPRESSIONS[nms]
    kept = [np.empty(0, dtype=np.intp)]
    for rows in rows_by_image(poses.image_ids):
        visible = np.ones((len(rows), len(sigmas)), dtype=bool)  # officially, whatever the scores
        overlap = oks(poses.keypoints[rows], poses.box_areas[rows], sigmas, visible)
        kept.append(rows[suppress(overlap, scores[rows], nms_threshold)])
    return Selection(np.concatenate(kept), scores)


def instance_scores(
    keypoint_scores: NDArray[np.float32], box_scores: Floats, threshold: float
) -> Floats:
    """Return box score times the mean of those keypoint scores that exceed the threshold.

    The mean is taken in float32, one keypoint after the other: what the official code does
    under NumPy 2. (NumPy 1 gave float64 there, and counted a score equal to float32(0.2).)
    """
    counted = keypoint_scores > np.float32(threshold)
    total = np.cumsum(np.where(counted, keypoint_scores, np.float32(0)), axis=1)[:, -1]
    number = np.maximum(counted.sum(axis=1), 1).astype(np.float32)
    return np.asarray((total / number).astype(np.float64) * box_scores)


def rows_by_image(image_ids: NDArray[np.int64]) -> Iterator[Rows]:
    """Yield the rows of each image, images in the order of their first appearance."""
    order = image_ids.argsort(kind="stable")
    starts = np.flatnonzero(np.diff(image_ids[order])) + 1
    images = np.split(order, starts) if len(order) else []
    yield from sorted(images, key=lambda rows: int(rows[0]))


def as_results(poses: Poses, selection: Selection) -> Results:
    """Return the kept poses with their instance scores."""
    kept = selection.kept
    return Results(
        image_ids=poses.image_ids[kept],
        keypoints=poses.keypoints[kept].astype(np.float64),
        scores=selection.scores[kept],
    )


def coco_results(poses: Poses, selection: Selection) -> list[dict[str, object]]:
    """Return the kept poses in COCO's results format, as the test server takes them."""
    kept = selection.kept
    triples = np.concatenate((poses.keypoints, poses.keypoint_scores[..., None]), axis=2)[kept]
    columns = (
        poses.image_ids[kept].tolist(),
        triples.astype(np.float64).reshape(len(kept), -1).tolist(),
        selection.scores[kept].tolist(),
    )
    return [
        {"image_id": image, "category_id": PERSON, "keypoints": keypoints, "score": score}
        for image, keypoints, score in zip(*columns, strict=True)
    ]
