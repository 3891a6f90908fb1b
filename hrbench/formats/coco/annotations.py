"""COCO annotation files as columns, and what is wrong with them.

Letters: M images, N annotations, K keypoints.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.faults import CHECK, Fault, fault_of, stop_at_fatal
from hrbench.errors import DataError
from hrbench.files import json_rows
from hrbench.files.json_files import no_collection, read_json
from hrbench.files.json_rows import WHOLE, Rows
from hrbench.lints import annotation_faults, plausible

OTHER_CATEGORY = "objects of a category without keypoints"
PERSON = "person"  # COCO's name of the category that has keypoints


def read(path: Path, num_keypoints: int, allow: Sequence[str] = ()) -> Annotations:
    """Return the annotations of a file in COCO's keypoint format.

    Raises:
        DataError: it cannot be read, or has a fault that nothing can be trained with and that
            `allow` does not name.
    """
    return usable(path, *examined(read_json(path), num_keypoints), allow)


def usable(
    path: Path, table: Annotations | None, faults: list[Fault], allow: Sequence[str] = ()
) -> Annotations:
    """Return the columns of a file that was examined.

    Raises:
        DataError: it has a fault that nothing can be trained with and that `allow` does not name.
    """
    allowed = stop_at_fatal(path, faults, allow)
    if table is None:
        raise DataError(f"{path}: {faults[0]}; {CHECK}")
    return replace(table, allowed=allowed)


def read_images(path: Path, num_keypoints: int) -> Annotations:
    """Return the images of a file whose annotations are hidden, such as test-dev's.

    Raises:
        DataError: it cannot be read, or lists no images.
    """
    table, faults = examined_images(read_json(path), num_keypoints)
    if table is None:
        raise DataError(f"{path}: {faults[0]}; {CHECK}")
    return table


def columns(content: Any, num_keypoints: int) -> Annotations:
    """Return the columns of a file's content that has no fatal fault."""
    images, people = content["images"], persons(content, num_keypoints)
    place = {image["id"]: index for index, image in enumerate(images)}

    def column(key: str, dtype: type) -> NDArray[Any]:
        return np.array([person[key] for person in people], dtype=dtype)

    def lists(key: str, length: int) -> NDArray[np.float64]:
        values = chain.from_iterable(person[key] for person in people)
        return np.fromiter(values, np.float64, length * len(people)).reshape(-1, length)

    return Annotations(
        image_ids=np.array([image["id"] for image in images], dtype=np.int64),
        file_names=tuple(image["file_name"] for image in images),
        image_sizes=np.array([[i["width"], i["height"]] for i in images], np.int64).reshape(-1, 2),
        ids=column("id", np.int64),
        image=np.array([place.get(p["image_id"], -1) for p in people], dtype=np.int64),
        boxes=lists("bbox", 4),
        areas=column("area", np.float64),
        crowd=column("iscrowd", np.bool_),
        num_keypoints=column("num_keypoints", np.int64),
        keypoints=lists("keypoints", 3 * num_keypoints).reshape(-1, num_keypoints, 3),
        derived=np.zeros(len(people), dtype=np.bool_),  # `incomplete` reads files without boxes
        unsized=np.zeros(len(people), dtype=np.bool_),
        categories=_category_names(content, num_keypoints),
    )


def _category_names(content: Any, num_keypoints: int) -> dict[int, str]:
    """Return what the annotated categories are called, by id; nothing where none is listed.

    They are those that have the keypoints; of a file where none has any, the persons, or all.
    """
    rows = content.get("categories")
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    listed = [row for row in listed if WHOLE.fits(row.get("id")) and "name" in row]
    pointed = [row for row in listed if isinstance(row.get("keypoints"), list)]
    if pointed:
        kept = [row for row in pointed if len(row["keypoints"]) == num_keypoints]
    else:
        kept = [row for row in listed if row["name"] == PERSON] or listed
    return {int(row["id"]): str(row["name"]) for row in kept}


def persons(content: Any, num_keypoints: int) -> list[dict[str, Any]]:
    """Return the annotations of the category that has keypoints; all, where none says so."""
    kept = _with_keypoints(content["categories"], num_keypoints)
    rows = content["annotations"]
    return list(rows) if kept is None else [row for row in rows if row.get("category_id") in kept]


def _with_keypoints(categories: Rows, num_keypoints: int) -> list[Any] | None:
    """Return the ids of the categories with so many keypoints; None where none has any."""
    counts = [(c["id"], len(c["keypoints"])) for c in categories if "keypoints" in c]
    return [category for category, count in counts if count == num_keypoints] if counts else None


@no_collection()
@np.errstate(over="ignore")  # numbers without end are found, and said
def examined(
    content: Any, num_keypoints: int, counted: int | None = None
) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of a file's content, and what is wrong with it.

    The structure's faults hide the others: nothing else can be said of such a file, and it
    has no columns. Of the keypoints `num_keypoints` says how many are labelled, or how many of
    the first `counted`.
    """
    faults = json_rows.lists(content, ("images", "annotations", "categories"))
    if faults := faults or annotation_faults.categories(content["categories"], num_keypoints):
        return None, faults
    annotated, people = content["annotations"], persons(content, num_keypoints)
    kind = "annotations, none of them of a category with keypoints"
    faults = [
        *([] if people else fault_of(kind, json_rows.ids(annotated))),
        *annotation_faults.images(content["images"]),
        *annotation_faults.people(people, num_keypoints),
    ]
    if any(fault.fatal for fault in faults):
        return None, faults
    listed = [category["id"] for category in content["categories"]]
    strange = [row for row in annotated if row.get("category_id") not in listed]
    kind = "annotations of a category that is not listed"
    faults += fault_of(kind, json_rows.ids(strange), fatal=False)
    table = replace(columns(content, num_keypoints), passed_over=_others(content, num_keypoints))
    faults += annotation_faults.values(table, counted)
    unreadable = any(fault.fatal for fault in faults)
    return table, faults if unreadable else [*faults, *plausible.faults(table)]


def _others(content: Any, num_keypoints: int) -> dict[str, NDArray[np.int64]]:
    """Return the images of the annotations that `persons` leaves out."""
    kept = _with_keypoints(content["categories"], num_keypoints)
    rows = content["annotations"]
    others = [] if kept is None else [row for row in rows if row.get("category_id") not in kept]
    place = {image["id"]: index for index, image in enumerate(content["images"])}
    images = [row.get("image_id") for row in others]
    places = [place.get(image, -1) if WHOLE.fits(image) else -1 for image in images]
    return {OTHER_CATEGORY: np.array(places, dtype=np.int64)} if others else {}


def examined_images(content: Any, num_keypoints: int) -> tuple[Annotations | None, list[Fault]]:
    """Return the images of a file whose annotations are hidden, and what is wrong with it."""
    faults = json_rows.lists(content, ("images",)) or annotation_faults.images(content["images"])
    if any(fault.fatal for fault in faults):
        return None, faults
    images = {"images": content["images"], "annotations": [], "categories": []}
    table = columns(images, num_keypoints)
    table = replace(table, categories=_category_names(content, num_keypoints))
    return table, [*faults, *json_rows.twice(table.file_names, "file names", fatal=False)]
