"""COCO keypoints: annotated persons, detected persons, and the truth to score against.

Source: deep-high-resolution-net.pytorch, lib/dataset/coco.py.
"""

from collections.abc import Set as AbstractSet
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotations import Annotations, read_json
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.geometry import PADDING, clip_boxes, crop_of_boxes
from hrbench.metrics.people import Truth

PERSON = 1  # COCO's category of persons, in detections files


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
    categories: AbstractSet[int] = frozenset({PERSON}),
) -> People:
    """Return the persons of a detections file in COCO's results format, in file order.

    Boxes scored below `threshold`, and of categories other than `categories`, are left out.

    Raises:
        DataError: it is no such file, or names an image that the annotations do not list.
    """
    found = read_json(path)
    _require_detections(found, path)
    place = {image_id: index for index, image_id in enumerate(table.image_ids.tolist())}
    persons = [
        (row, d)
        for row, d in enumerate(found)
        if d["category_id"] in categories and not d["score"] < threshold
    ]
    if strange := [d["image_id"] for _, d in persons if d["image_id"] not in place]:
        raise DataError(
            f"{path}: a box is of image {strange[0]}, which the annotations do not list; "
            "name the detections of this split with --boxes"
        )
    boxes = np.array([d["bbox"] for _, d in persons], dtype=np.float64).reshape(-1, 4)
    centers, scales = crop_of_boxes(boxes, aspect, padding)
    count, num_keypoints = len(persons), table.keypoints.shape[1]
    return People(
        images=tuple(images / name for name in table.file_names),
        image_ids=table.image_ids,
        sizes=table.image_sizes,
        image=np.array([place[d["image_id"]] for _, d in persons], dtype=np.int64),
        ids=np.array([row for row, _ in persons], dtype=np.int64),
        boxes=boxes,
        centers=centers,
        scales=scales,
        scores=np.array([d["score"] for _, d in persons], dtype=np.float64),
        keypoints=np.zeros((count, num_keypoints, 2)),
        visible=np.zeros((count, num_keypoints), dtype=bool),
    )


def _require_detections(found: Any, path: Path) -> None:
    if not isinstance(found, list):
        raise DataError(f"{path} is not a list of boxes in COCO's results format")
    for row, box in enumerate(found):
        for key in ("image_id", "category_id", "bbox", "score"):
            if not isinstance(box, dict) or key not in box:
                raise DataError(f"{path}: box {row} has no '{key}'; COCO's results format has")
        values = [*box["bbox"], box["score"]] if isinstance(box["bbox"], list) else []
        if len(values) != 5 or not all(type(v) in {int, float} and isfinite(v) for v in values):
            raise DataError(
                f"{path}: box {row} has not 4 finite numbers and a score: "
                f"{box['bbox']}, {box['score']}"
            )
        if type(box["image_id"]) is not int:
            raise DataError(f"{path}: box {row} has the image_id {box['image_id']!r}, no number")


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
