"""AI Challenger's human keypoints, a second training set for COCO's.

The release is one JSON list of images, each with named persons: `human_annotations` holds
their corners x1, y1, x2, y2, `keypoint_annotations` 14 triples x, y, state.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data.faults import Fault, stated, stop_at_fatal
from hrbench.data.sample import People
from hrbench.files import json_rows
from hrbench.files.json_files import parse, read_json
from hrbench.files.json_rows import OBJECT, TEXT
from hrbench.formats import split_files
from hrbench.formats.contract import Format
from hrbench.formats.images_of_people import require_images
from hrbench.formats.listing import Listed, Listing, SplitFile
from hrbench.formats.location import DataRoot, require
from hrbench.geometry import PADDING, crop_of_boxes
from hrbench.spec import DatasetSpec, LandmarkTask, Split

IMAGE = {"image_id": TEXT, "human_annotations": OBJECT, "keypoint_annotations": OBJECT}
NOT_LABELLED = 3  # the third number of a keypoint: 1 visible, 2 hidden, 3 not labelled


def examined(content: Any, count: int) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return the persons of a file's content as rows, and what is wrong with it.

    A row has the `id` of a person, the index of its `image`, its `keypoints`, `count` triples, and
    its `box`, as the file has them. There are none where the images are not as they should be.
    """
    if not isinstance(content, list):
        return [], [stated("not AI Challenger's list of images")]
    if faults := json_rows.objects(content, "images") or json_rows.fields(content, IMAGE, "images"):
        return [], faults
    persons = [
        {
            "id": f"{image['image_id']}/{person}",
            "image": index,
            "keypoints": points,
            "box": image["human_annotations"].get(person),
        }
        for index, image in enumerate(content)
        for person, points in image["keypoint_annotations"].items()
    ]
    return persons, [
        *json_rows.lengths(persons, "keypoints", 3 * count, "keypoints"),
        *json_rows.lengths(persons, "box", 4, "boxes"),
        *json_rows.twice([image["image_id"] for image in content], "image ids"),
    ]


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

    Raises:
        DataError: the file cannot be read, or is not as AI Challenger's are.
    """
    content = read_json(path)
    persons, faults = examined(content, len(names))
    stop_at_fatal(path, faults)
    points = np.array([p["keypoints"] for p in persons], dtype=np.float64)
    points = points.reshape(-1, len(names), 3)
    corners = np.array([p["box"] for p in persons], dtype=np.float64).reshape(-1, 4)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    keypoints = np.zeros((len(persons), len(wanted), 2))
    visible = np.zeros((len(persons), len(wanted)), dtype=bool)
    for target, name in enumerate(wanted):
        if name in names:
            place = names.index(name)
            keypoints[:, target] = points[:, place, :2]
            visible[:, target] = points[:, place, 2] < NOT_LABELLED
    centers, scales = crop_of_boxes(boxes, aspect, padding)
    everyone = People(
        images=tuple(images / f"{image['image_id']}.jpg" for image in content),
        image_ids=np.arange(len(content)),
        image=np.array([p["image"] for p in persons], dtype=np.int64),
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


def _beside(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, wanted: tuple[str, ...]
) -> People:
    height, width = spec.model.input
    split = dataset.splits["train"]
    people = annotated(
        require(dataset, data_root.folder, split.annotations),
        require(dataset, data_root.folder, *split.images),
        dataset.keypoints,
        wanted,
        width / height,
        spec.protocol.padding,
    )
    require_images(dataset, people)
    return people


def _listing(file: SplitFile, dataset: DatasetSpec, _: Split) -> Listed:
    content = parse(file.content, Path(file.path.name))
    people, faults = examined(content, len(dataset.keypoints))
    if faults and not people:
        return None, faults
    labelled = 0
    if not faults:
        labelled = sum(any(s != NOT_LABELLED for s in p["keypoints"][2::3]) for p in people)
    names = tuple(f"{image['image_id']}.jpg" for image in content)
    return Listing(names, None, len(people), labelled), faults


AIC = Format(report=partial(split_files.report, listing=_listing), listing=_listing, beside=_beside)
