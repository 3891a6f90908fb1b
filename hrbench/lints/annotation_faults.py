"""What is wrong, or odd, with annotations in COCO's format that can be told row by row.

Letters: N annotations, K keypoints, P pairs of them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of
from hrbench.files import json_rows
from hrbench.files.json_rows import (
    ANYTHING,
    FLAG,
    LIST,
    NUMBER,
    POSITIVE,
    TEXT,
    WHOLE,
    Rows,
)
from hrbench.lints.swapped_sides import Suspects

IMAGE_FIELDS = {"id": WHOLE, "file_name": TEXT, "width": POSITIVE, "height": POSITIVE}
FIELDS = {
    "id": WHOLE,
    "image_id": WHOLE,
    "category_id": WHOLE,
    "bbox": ANYTHING,  # its numbers are looked at with those of all rows
    "area": NUMBER,
    "iscrowd": FLAG,
    "keypoints": ANYTHING,
    "num_keypoints": WHOLE,
}
ENDLESS = 1e12  # pixels, from which on a number is as good as infinite: sums and products overflow


def categories(rows: Rows, num_keypoints: int) -> list[Fault]:
    """Return what is wrong with the categories of a file's content."""
    named = [category for category in rows if "keypoints" in category]
    if faults := [
        *json_rows.fields(rows, {"id": WHOLE}, "categories"),
        *json_rows.fields(named, {"keypoints": LIST}, "categories"),
    ]:
        return faults
    counts = [len(category["keypoints"]) for category in named]
    if not named or num_keypoints in counts:
        return []
    examples = [f"{c.get('name')}: {count}" for c, count in zip(named, counts, strict=True)]
    return fault_of(f"categories with another number of keypoints than {num_keypoints}", examples)


def images(rows: Rows) -> list[Fault]:
    """Return what is wrong with the images of a file's content."""
    if faults := json_rows.fields(rows, IMAGE_FIELDS, "images"):
        return faults
    return json_rows.twice([image["id"] for image in rows], "image ids")


def people(rows: Rows, num_keypoints: int) -> list[Fault]:
    """Return what is wrong with the fields of the annotated persons."""
    if faults := json_rows.fields(rows, FIELDS, "annotations"):
        return faults
    return [
        *json_rows.lengths(rows, "keypoints", 3 * num_keypoints, "keypoints"),
        *json_rows.lengths(rows, "bbox", 4, "boxes"),
        *json_rows.twice([person["id"] for person in rows], "annotation ids"),
    ]


def values(table: Annotations, counted: int | None) -> list[Fault]:
    """Return what is wrong with the values of a table's N annotations.

    Of the K keypoints `num_keypoints` says how many of the first `counted` are labelled.
    """
    listed = table.image >= 0
    limits = np.full((len(listed), 2), np.inf)
    limits[listed] = table.image_sizes[table.image[listed]]
    finite = (np.abs(table.areas) < ENDLESS) & (np.abs(table.boxes) < ENDLESS).all(axis=1)
    finite &= (np.abs(table.keypoints) < ENDLESS).all(axis=(1, 2))
    labelled = table.keypoints[..., 2] > 0
    counts = labelled.sum(axis=1)
    numbered = labelled[:, :counted].sum(axis=1)
    points = table.keypoints[..., :2]
    outside = labelled & ((points < 0) | (points > limits[:, None])).any(axis=2)
    beyond = finite & _beyond(table.boxes, limits)
    turned = beyond & ~_beyond(table.boxes, limits[:, ::-1])
    unsized = finite & (table.boxes[:, 2:] <= 0).any(axis=1)
    checks: list[tuple[str, NDArray[np.bool_], bool]] = [
        ("annotations of images that are not listed", ~listed, True),
        ("annotations with NaN or infinity", ~finite, True),
        ("boxes that reach outside their image", beyond, False),
        ("boxes that would fit with the image's width and height swapped", turned, False),
        ("boxes without width or height", unsized, False),
        ("persons with keypoints and no area", finite & (counts > 0) & (table.areas <= 0), False),
        ("keypoints outside their image", finite & outside.any(axis=1), False),
        ("num_keypoints that is not the count", table.num_keypoints != numbered, False),
    ]
    faults = []
    for kind, bad, fatal in checks:
        faults += fault_of(kind, [f"id {name}" for name in table.ids[bad]], fatal=fatal)
    return faults


def remarks(
    table: Annotations,
    keypoints: Sequence[str],
    suspects: Suspects,
    flip_pairs: Sequence[tuple[str, str]],
) -> list[Fault]:
    """Return what is odd about the annotations of a dataset, none of it fatal.

    `suspects` are among the table's N objects and the P flip pairs: those whose left and right are
    probably swapped.
    """
    seen = np.any(table.keypoints[..., 2] > 0, axis=0)
    never = [name for name, occurs in zip(keypoints, seen.tolist(), strict=True) if not occurs]
    boxless = [f"id {number}" for number in table.ids[table.derived]]
    unsized = [f"id {number}" for number in table.ids[table.unsized]]
    turned = [
        " and ".join(pair) for pair, odd in zip(flip_pairs, suspects.pairs, strict=True) if odd
    ]
    odd = [f"id {number}" for number in table.ids[suspects.objects]]
    checks = (
        ("keypoints that never occur, and cannot be learned", never),
        ("objects without a box, which is derived from their keypoints", boxless),
        ("objects with a box and no area, which is that of the box", unsized),
        ("flip_pairs whose left and right are probably swapped throughout", turned),
        ("objects whose left and right are probably swapped", odd),
    )
    return [fault for kind, rows in checks for fault in fault_of(kind, rows, fatal=False)]


def _beyond(boxes: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.bool_]:
    corner, extent = boxes[:, :2], boxes[:, 2:]
    # A box may end a pixel past the edge: COCO's own polygons do.
    outside = np.concatenate([corner < -1, corner + extent > limits + 1], axis=1)
    return np.asarray(outside.any(axis=1))
