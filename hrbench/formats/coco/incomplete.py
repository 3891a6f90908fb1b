"""One's own annotations in COCO's keypoint format, completed where they say less than COCO's.

An object without `iscrowd` is no group, one without `num_keypoints` has as many as are labelled,
one without an area has its box's, and one without a box has that of its keypoints. Zero, null and
what is below zero are no area and no box; what is not labelled has no place.

Letters: N annotations, K keypoints.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of, stated
from hrbench.files import json_rows
from hrbench.files.json_files import no_collection, read_json
from hrbench.files.json_rows import POSITIVE, WHOLE, Rows
from hrbench.files.paths import with_slashes
from hrbench.formats.coco import annotations
from hrbench.formats.coco.annotations import usable
from hrbench.formats.coco.categories import FIELD, lengths_that_disagree
from hrbench.formats.numbering import numbered

MARGIN = 0.1  # of the keypoints' extent, on each side of the box around them
LEAST = 1.0  # pixels of margin
NO_BOX = [0.0, 0.0, 0.0, 0.0]
UNLIMITED = (math.inf, math.inf)  # size of an image that is not listed
NOT_LISTED = "objects of images that are not listed"


def read(
    path: Path, num_keypoints: int, allow: Sequence[str] = (), field: str = FIELD
) -> Annotations:
    """Return one's own annotations; `derived` says which boxes are of the keypoints.

    Raises:
        DataError: the file cannot be read, or has a fault that nothing can be trained with and
            that `allow` does not name.
    """
    return usable(path, *examined(read_json(path), num_keypoints, field), allow)


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """A file's content with all of COCO's fields, and what of it the file did not have."""

    content: Any
    boxless: tuple[int, ...]  # ids of annotations
    unsized: tuple[int, ...]
    unlisted: int  # annotations of images that are not listed, which are left out
    faults: tuple[Fault, ...]  # what is odd about the file


@no_collection()
def examined(
    content: Any, num_keypoints: int, field: str = FIELD
) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of a file's content, completed, and what is wrong with it.

    `field` is what the annotations call their keypoints.
    """
    if json_rows.lists(content, ("images", "annotations", "categories")):
        return annotations.examined(content, num_keypoints)
    lengths = lengths_that_disagree(content, num_keypoints, field)
    if faults := [*lengths, *_sizes(content["images"])]:
        return None, faults
    whole = completed(content, num_keypoints, field)
    table, faults = annotations.examined(whole.content, num_keypoints)
    if table is None:
        return None, [*faults, *whole.faults]
    derived = np.isin(table.ids, whole.boxless) & table.boxes.any(axis=1)
    nowhere = {NOT_LISTED: np.full(whole.unlisted, -1)} if whole.unlisted else {}
    table = replace(
        table,
        keypoints=np.where(table.keypoints[..., 2:] > 0, table.keypoints, 0),
        derived=derived,
        unsized=np.isin(table.ids, whole.unsized) & ~derived & table.boxes.any(axis=1),
        passed_over={**table.passed_over, **nowhere},
    )
    return table, [*faults, *whole.faults]


def completed(content: Any, num_keypoints: int, field: str = FIELD) -> Completed:
    """Return a file's content with all of COCO's fields, as far as it can be made out.

    What the file has stays as it is: nothing is a number here that was none there.
    """
    content, faults = numbered(content)
    images = [_with_slashes(image) for image in content["images"]]
    content = content | {"images": images}
    sizes = {image["id"]: _size(image) for image in images if WHOLE.fits(image.get("id"))}
    everyone = content["annotations"]
    rows = [r for r in everyone if not WHOLE.fits(r.get("image_id")) or r["image_id"] in sizes]
    full = [_completed(row, num_keypoints, sizes, field) for row in rows]
    alone = [row for row in everyone if WHOLE.fits(i := row.get("image_id")) and i not in sizes]
    pairs = list(zip(rows, full, strict=True))
    faults = [
        *faults,
        *fault_of(f"{NOT_LISTED}, which are left out", json_rows.ids(alone), fatal=False),
        *_places(full),
    ]
    content = content | {"annotations": full}
    lists = [c["keypoints"] for c in content["categories"] if "keypoints" in c]
    if num_keypoints not in {len(names) if isinstance(names, list) else -1 for names in lists}:
        bare = [{k: v for k, v in c.items() if k != "keypoints"} for c in content["categories"]]
        content = content | {"categories": bare}  # the objects have other points than it lists
    return Completed(
        content=content,
        boxless=tuple(row["id"] for row, _ in pairs if not _has_box(row)),
        unsized=tuple(row["id"] for row, _ in pairs if _is_nothing(row.get("area"))),
        unlisted=len(alone),
        faults=tuple(faults),
    )


def _with_slashes(image: dict[str, Any]) -> dict[str, Any]:
    name = image.get("file_name")
    if not isinstance(name, str) or "\\" not in name:
        return image
    return image | {"file_name": with_slashes(name)}


def _completed(
    row: dict[str, Any], num_keypoints: int, sizes: Mapping[Any, Sequence[float]], field: str
) -> dict[str, Any]:
    """Return an annotation with all of COCO's fields, as far as its keypoints are right.

    `sizes` are the width and height of each image by its id.
    """
    flat = _flat(row.get(field), num_keypoints)
    right = isinstance(flat, list) and len(flat) == 3 * num_keypoints and _finite(flat)
    points = list(zip(*[iter(flat if right else [])] * 3, strict=True))
    labelled = [(x, y) for x, y, visibility in points if visibility > 0]
    image = row.get("image_id")
    size = sizes.get(image, UNLIMITED) if WHOLE.fits(image) else UNLIMITED
    box = row["bbox"] if _has_box(row) else derived_box(labelled, size)
    sized = isinstance(box, list) and len(box) == 4 and _finite(box)
    made = {"iscrowd": 0, "num_keypoints": len(labelled)}
    dropped = {"num_keypoints"} if field != FIELD else set()  # it counts those of the other field
    said = {k: v for k, v in row.items() if not (k in dropped or (k in made and v is None))}
    area = row.get("area")
    if _is_nothing(area):
        area = box[2] * box[3] if sized else 0
    return made | said | {"keypoints": flat, "bbox": box, "area": area}


def _flat(points: Any, num_keypoints: int) -> Any:
    """Return keypoints as one list of numbers; zeros where there are none, or none is labelled."""
    if points is None or points == []:
        return [0] * (3 * num_keypoints)
    if isinstance(points, list) and all(isinstance(point, list) for point in points):
        points = list(chain.from_iterable(points))
    if not isinstance(points, list) or len(points) % 3 or _finite(points):
        return points
    flat = list(points)
    for place in range(0, len(flat), 3):
        x, y, visibility = flat[place : place + 3]
        absent = visibility is None or (type(visibility) in {int, float} and visibility <= 0)
        if absent and all(map(_is_unknown, (x, y))):
            flat[place : place + 3] = [0, 0, 0]
    return flat


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
    """Whether an annotation says a box: null, an empty list, one without width or height do not."""
    box = row.get("bbox")
    if box is None or box == []:
        return False
    return not (isinstance(box, list) and len(box) == 4 and _finite(box) and min(box[2:]) <= 0)


def _is_nothing(area: Any) -> bool:
    """Whether an area says nothing: null, zero and less do not."""
    return area is None or (_finite([area]) and area <= 0)


def _is_unknown(value: Any) -> bool:
    return value is None or (type(value) is float and math.isnan(value)) or _finite([value])


def _finite(values: Iterable[Any]) -> bool:
    return all(type(value) in {int, float} and math.isfinite(value) for value in values)


def _places(rows: Rows) -> list[Fault]:
    """Return the objects whose keypoints have places and are not labelled."""
    flats = [row["keypoints"] for row in rows]
    right = [isinstance(flat, list) and _finite(flat) for flat in flats]
    known = [(row, flat) for row, flat, fits in zip(rows, flats, right, strict=True) if fits]
    odd = [row for row, flat in known if _is_unlabelled_place(flat)]
    if odd and not any(visibility > 0 for _, flat in known for visibility in flat[2::3]):
        return [
            stated(
                "no keypoint is labelled, though they have places: the third number of each, its "
                "visibility, is 0 throughout; write 2 where one is to be seen, 1 where it is hidden"
            )
        ]
    kind = "objects with keypoints that have a place and visibility 0, which count as not labelled"
    return fault_of(kind, json_rows.ids(odd), fatal=False)


def _is_unlabelled_place(flat: list[float]) -> bool:
    triples = zip(flat[0::3], flat[1::3], flat[2::3], strict=False)
    return any(visibility == 0 and (x > 0 or y > 0) for x, y, visibility in triples)


def _size(image: dict[str, Any]) -> tuple[float, float]:
    """Return an image's width and height, no limit where they are none."""
    size = image["width"], image["height"]
    return size if all(map(POSITIVE.fits, size)) else UNLIMITED


def _sizes(images: Rows) -> list[Fault]:
    bare = [image for image in images if not {"width", "height"} <= image.keys()]
    return fault_of("images without 'width' and 'height', in pixels: add both", json_rows.ids(bare))
