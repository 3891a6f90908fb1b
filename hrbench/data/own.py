"""One's own annotations in COCO's keypoint format, completed where they say less than COCO's.

An object without `iscrowd` is no group, one without `num_keypoints` has as many as are labelled,
one without `area` has its box's, and one without a box has that of its keypoints.

Letters: N annotations, K keypoints.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data import annotations, inspect
from hrbench.data.annotations import Annotations, no_collection, read_json, usable
from hrbench.data.inspect import WHOLE, Fault, Rows, stated

MARGIN = 0.1  # of the keypoints' extent, on each side of the box around them
LEAST = 1.0  # pixels of margin
NO_BOX = [0.0, 0.0, 0.0, 0.0]
UNLIMITED = (math.inf, math.inf)  # size of an image that is not listed


def read(path: Path, num_keypoints: int) -> Annotations:
    """Return one's own annotations; `derived` says which boxes are of the keypoints.

    Raises:
        DataError: the file cannot be read, or has a fault that nothing can be trained with.
    """
    return usable(path, *examined(read_json(path), num_keypoints))


@no_collection()
def examined(content: Any, num_keypoints: int) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of a file's content, completed, and what is wrong with it."""
    if inspect.lists(content, ("images", "annotations", "categories")):
        return annotations.examined(content, num_keypoints)
    if found := [*_counts(content, num_keypoints), *_sizes(content["images"])]:
        return None, found
    images, found = annotations.examined_images(content, num_keypoints)
    if images is None:
        return None, found
    sizes = dict(zip(images.image_ids.tolist(), images.image_sizes.tolist(), strict=True))
    rows = content["annotations"]
    boxless = [row["id"] for row in rows if WHOLE.fits(row.get("id")) and not _has_box(row)]
    full = content | {"annotations": [completed(row, num_keypoints, sizes) for row in rows]}
    table, found = annotations.examined(full, num_keypoints)
    if table is None:
        return None, found
    derived = np.isin(table.ids, boxless) & table.boxes.any(axis=1)
    return replace(table, derived=derived), found


def completed(
    row: dict[str, Any], num_keypoints: int, sizes: Mapping[Any, Sequence[float]]
) -> dict[str, Any]:
    """Return an annotation with all of COCO's fields, as far as its keypoints are right.

    `sizes` are the width and height of each image by its id.
    """
    flat = row.get("keypoints")
    right = isinstance(flat, list) and len(flat) == 3 * num_keypoints and _finite(flat)
    points = list(zip(*[iter(flat if right and flat else [])] * 3, strict=True))
    labelled = [(x, y) for x, y, visibility in points if visibility > 0]
    image = row.get("image_id")
    size = sizes.get(image, UNLIMITED) if WHOLE.fits(image) else UNLIMITED
    box = row["bbox"] if _has_box(row) else derived_box(labelled, size)
    sized = isinstance(box, list) and len(box) == 4 and _finite(box)
    area = box[2] * box[3] if sized else 0
    filled = {"iscrowd": 0, "num_keypoints": len(labelled), "area": area}
    return filled | row | {"bbox": box}


def derived_box(points: Sequence[tuple[float, float]], size: Sequence[float]) -> list[float]:
    """Return x, y, width, height around points; zeros where there is none.

    A margin ends at the edge of the image of (width, height) `size`.
    """
    if not points:
        return NO_BOX
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    margin = np.maximum(LEAST, MARGIN * (high - low))
    corner = np.minimum(low, np.maximum(0, low - margin))
    opposite = np.maximum(high, np.minimum(size, high + margin))
    return [*corner.tolist(), *(opposite - corner).tolist()]


def _has_box(row: dict[str, Any]) -> bool:
    box = row.get("bbox", [])
    return not isinstance(box, list) or any(value != 0 for value in box)


def _finite(values: Iterable[Any]) -> bool:
    return all(type(value) in {int, float} and math.isfinite(value) for value in values)


def _counts(content: Any, num_keypoints: int) -> list[Fault]:
    """Return the sentence that names both counts, where no object has as many as it should."""
    lists = [c["keypoints"] for c in content["categories"] if isinstance(c.get("keypoints"), list)]
    counts = {len(names) for names in lists if names}
    if not lists:
        points = [row.get("keypoints") for row in content["annotations"]]
        counts = {len(flat) // 3 for flat in points if isinstance(flat, list)}
        if len(counts) > 1:  # faults of single annotations
            return []
    if not counts or num_keypoints in counts:
        return []
    words = " or ".join(str(count) for count in sorted(counts))
    return [
        stated(
            f"its objects have {words} keypoints and the dataset's TOML names {num_keypoints}; "
            "list there the keypoints of the annotations, in their order"
        )
    ]


def _sizes(images: Rows) -> list[Fault]:
    bare = [image for image in images if not {"width", "height"} <= image.keys()]
    return inspect.fault(
        "images without 'width' and 'height', in pixels: add both", inspect.ids(bare)
    )
