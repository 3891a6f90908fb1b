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
Mask = NDArray[np.bool_]
SuppressionName = Literal["oks", "soft", "none"]

KEYPOINT_THRESHOLD = 0.2  # of a keypoint's score, to count in its pose's
NMS_THRESHOLD = 0.9  # of the OKS
PAIRS_AT_ONCE = 1 << 13  # of poses; stay in the cache
PERSON = 1  # COCO's category id


def keep_all(_overlap: Floats, scores: Floats, _threshold: float) -> tuple[Rows, Mask]:
    """Return all poses in their order; all stay."""
    order = np.broadcast_to(np.arange(scores.shape[-1]), scores.shape)
    return order, np.ones(scores.shape, dtype=np.bool_)


SUPPRESSIONS: dict[SuppressionName, Callable[[Floats, Floats, float], tuple[Rows, Mask]]] = {
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
    kept, first = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    for rows in rows_by_image(poses.image_ids):
        visible = np.ones((*rows.shape, len(sigmas)), dtype=bool)  # officially, whatever the scores
        overlap = oks(poses.keypoints[rows], poses.box_areas[rows], sigmas, visible)
        order, stays = suppress(overlap, scores[rows], nms_threshold)
        kept.append(np.take_along_axis(rows, order, axis=1)[stays])
        first.append(rows[:, 0].repeat(stays.sum(axis=1)))
    by_first_appearance = np.concatenate(first).argsort(kind="stable")
    return Selection(np.concatenate(kept)[by_first_appearance], scores)


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
    """Yield (b, n) rows of b images that have n each, fewest first: some images at a time."""
    order = image_ids.argsort(kind="stable")
    starts = np.unique(image_ids[order], return_index=True)[1]
    counts = np.diff(starts, append=len(order))
    for count in np.unique(counts).tolist():
        images = starts[counts == count, None] + np.arange(count)
        together = max(PAIRS_AT_ONCE // count**2, 1)
        for start in range(0, len(images), together):
            yield order[images[start : start + together]]


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
