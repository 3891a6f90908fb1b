"""AI Challenger's human keypoints, a second training set for COCO's.

The release is one JSON list of images, each with named persons: `human_annotations` holds
their corners x1, y1, x2, y2, `keypoint_annotations` 14 triples x, y, state.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data.annotations import read_json
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.geometry import PADDING, crop_of_boxes

NOT_LABELLED = 3  # the third number of a keypoint: 1 visible, 2 hidden, 3 not labelled


def annotated(
    path: Path,
    images: Path,
    names: tuple[str, ...],
    wanted: tuple[str, ...],
    aspect: float,
    padding: float = PADDING,
) -> People:
    """Return the persons with the keypoints `wanted`, by name; what AIC lacks is not visible.

    Args:
        path: keypoint_train_annotations_20170909.json or its like.
        images: the folder of its images, `<image_id>.jpg`.
        names: AIC's keypoints in the order of the file.
        wanted: the keypoints of the set that is trained.
        aspect: width over height of the crop.
        padding: of the box.
    """
    content = read_json(path)
    if not isinstance(content, list):
        raise DataError(f"{path} is not AI Challenger's list of images")
    persons = [
        (index, image["human_annotations"][key], points)
        for index, image in enumerate(content)
        for key, points in _keypoints_of(image, len(names), path).items()
    ]
    points = np.array([p for _, _, p in persons], dtype=np.float64).reshape(-1, len(names), 3)
    corners = np.array([c for _, c, _ in persons], dtype=np.float64).reshape(-1, 4)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    keypoints = np.zeros((len(persons), len(wanted), 2))
    visible = np.zeros((len(persons), len(wanted)), dtype=bool)
    for target, name in enumerate(wanted):
        if name in names:
            source = names.index(name)
            keypoints[:, target] = points[:, source, :2]
            visible[:, target] = points[:, source, 2] < NOT_LABELLED
    centers, scales = crop_of_boxes(boxes, aspect, padding)
    everyone = People(
        images=tuple(images / f"{image['image_id']}.jpg" for image in content),
        image_ids=np.arange(len(content)),
        image=np.array([index for index, _, _ in persons], dtype=np.int64),
        ids=np.arange(len(persons)),
        boxes=boxes,
        centers=centers,
        scales=scales,
        scores=np.ones(len(persons)),
        keypoints=keypoints,
        visible=visible,
    )
    labelled, sized = visible.any(axis=1), (boxes[:, 2:] > 0).all(axis=1)
    counts = {
        "objects without a labelled keypoint": int((~labelled).sum()),
        "objects whose box has no area": int((labelled & ~sized).sum()),
    }
    left_out = {reason: count for reason, count in counts.items() if count}
    return replace(everyone.rows(np.flatnonzero(labelled & sized)), left_out=left_out)


def _keypoints_of(image: Any, count: int, path: Path) -> dict[str, list[float]]:
    for key in ("image_id", "human_annotations", "keypoint_annotations"):
        if not isinstance(image, dict) or key not in image:
            raise DataError(f"{path}: an image has no '{key}'; AI Challenger's files have")
    points: dict[str, list[float]] = image["keypoint_annotations"]
    for person, values in points.items():
        name = f"{path}: {person} of image {image['image_id']}"
        if len(values) != 3 * count:
            raise DataError(f"{name} has {len(values)} numbers, not {count} x 3")
        if person not in image["human_annotations"]:
            raise DataError(f"{name} has no box")
    return points
