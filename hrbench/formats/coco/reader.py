"""COCO keypoints: annotated persons, detected persons, and the truth to score against.

Source: deep-high-resolution-net.pytorch, lib/dataset/coco.py.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.boxes import choosing, detections
from hrbench.boxes.detections import ADVICE
from hrbench.data.annotated import Annotations
from hrbench.data.faults import stop_at_fatal
from hrbench.data.sample import People
from hrbench.geometry import PADDING, clip_boxes, crop_of_boxes
from hrbench.metrics.people import Truth


def annotated(
    table: Annotations,
    images: Path,
    aspect: float,
    padding: float = PADDING,
    image_ids: NDArray[np.int64] | None = None,
) -> People:
    """Return the persons with keypoints, each with a crop around its annotated box.

    Crowds, persons without a keypoint or an area, and boxes of which nothing is left inside
    the image are passed over, and counted. Labelled keypoints count whether hidden or not.

    Shapes: `aspect` is the crop's width over its height; `image_ids` are those of the images
    whose persons count, all of them where there are none.
    """
    boxes, inside = clip_boxes(table.boxes, table.image_sizes[table.image])
    labelled = (table.keypoints > 0).any(axis=(1, 2))
    here = _is_in(table, table.image, image_ids)
    reasons = {
        "objects marked as crowd": table.crowd,
        "objects without a labelled keypoint": ~labelled,
        "objects without an area": ~(table.areas > 0),
        "objects whose box is outside of their image": ~inside,
    }
    left_out: dict[str, int] = {}
    kept = here
    for reason, odd in reasons.items():
        left_out[reason] = int((kept & odd).sum())
        kept = kept & ~odd
    for reason, image in table.passed_over.items():
        left_out[reason] = int(((image < 0) | _is_in(table, image, image_ids)).sum())
    rows = _by_image(table.image, kept)
    centers, scales = crop_of_boxes(boxes[rows], aspect, padding)
    return People(
        images=tuple(images / name for name in table.file_names),
        image_ids=table.image_ids,
        sizes=table.image_sizes,
        image=table.image[rows],
        ids=table.ids[rows],
        boxes=table.boxes[rows],
        centers=centers,
        scales=scales,
        scores=np.ones(len(rows)),
        keypoints=table.keypoints[rows, :, :2],
        visible=table.keypoints[rows, :, 2] > 0,
        left_out={reason: count for reason, count in left_out.items() if count},
        allowed=table.allowed,
    )


def _is_in(
    table: Annotations, image: NDArray[np.int64], image_ids: NDArray[np.int64] | None
) -> NDArray[np.bool_]:
    """Return which of some indices into a table's images are of the images named."""
    if image_ids is None:
        return np.ones(len(image), dtype=np.bool_)
    return np.isin(table.image_ids, image_ids)[image]


def _by_image(image: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows = np.flatnonzero(kept)
    return rows[np.argsort(image[rows], kind="stable")]


def detected(
    path: Path,
    table: Annotations,
    images: Path,
    aspect: float,
    *,
    threshold: float = 0.0,
    padding: float = PADDING,
    allow: Sequence[str] = (),
) -> People:
    """Return the persons of a file of detected boxes, in its order.

    Boxes scored below `threshold`, and of categories other than the annotations', are left out.

    Raises:
        DataError: it is no such file, names an image that the annotations do not list, or has a
            fault that `allow` does not name.
    """
    everything, faults = detections.read(path)
    chosen, place, more = choosing.of_split(everything, table)
    met = stop_at_fatal(path, [*faults, *more], allow, f"--boxes names another file; {ADVICE}")
    scores = np.ones(0) if chosen.boxes.scores is None else chosen.boxes.scores
    sure = ~(scores < threshold)
    boxes, place = chosen.boxes.chosen(sure), place[sure]
    centers, scales = crop_of_boxes(boxes.boxes, aspect, padding)
    count, num_keypoints = len(boxes), table.keypoints.shape[1]
    unsure = {f"boxes of a score below {threshold:g}": int((~sure).sum())}
    return People(
        images=tuple(images / name for name in table.file_names),
        image_ids=table.image_ids,
        sizes=table.image_sizes,
        image=place,
        ids=boxes.rows,
        boxes=boxes.boxes,
        centers=centers,
        scales=scales,
        scores=scores[sure],
        keypoints=np.zeros((count, num_keypoints, 2)),
        visible=np.zeros((count, num_keypoints), dtype=bool),
        left_out={why: number for why, number in {**chosen.left_out, **unsure}.items() if number},
        allowed=met,
    )


def truth(table: Annotations, image_ids: NDArray[np.int64]) -> Truth:
    """Return the annotated persons of some images, those to be ignored too, for scoring.

    A keypoint is labelled where its visibility is above 0, as the official evaluation has it.
    """
    of_image = table.image_ids[table.image]
    rows = np.isin(of_image, image_ids)
    return Truth(
        ids=table.ids[rows],
        image_ids=of_image[rows],
        keypoints=table.keypoints[rows, :, :2],
        visibility=np.clip(np.ceil(table.keypoints[rows, :, 2]), 0, 2).astype(np.int64),
        num_keypoints=table.num_keypoints[rows],
        areas=table.areas[rows],
        boxes=table.boxes[rows],
        crowd=table.crowd[rows],
    )
