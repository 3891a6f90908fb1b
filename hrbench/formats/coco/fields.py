"""What a file in COCO's format says of each image in a field: its own, or its annotations'.

Letters: M images.
"""

from collections.abc import Sequence
from typing import Any

from hrbench.data.faults import Fault, fault_of, stated
from hrbench.files.json_rows import Rows
from hrbench.formats.division import TELLING, TOLD
from hrbench.formats.numbering import numbered

CATEGORY = "category"  # what its category is called
ATTRIBUTES = "attributes"  # where CVAT and Datumaro put fields of their users'


def values_of(
    content: Any, fields: Sequence[str]
) -> tuple[dict[str, tuple[tuple[str, ...], ...]], list[Fault]]:
    """Return (M,) the values that each image has of some fields, and what is wrong with those.

    A field of the images counts before one of the annotations. An image without annotations has
    no value of theirs. A field that nothing has is a fault, and has no values.
    """
    content, _ = numbered(content)
    images, annotations = content["images"], content["annotations"]
    called = {row.get("id"): str(row.get("name")) for row in content["categories"]}
    if CATEGORY in fields:
        annotations = [{CATEGORY: called.get(row.get("category_id")), **row} for row in annotations]
    values: dict[str, tuple[tuple[str, ...], ...]] = {}
    faults: list[Fault] = []
    for field in fields:
        of_images = [_value(row, field) for row in images]
        if any(value is not None for value in of_images):
            values[field] = tuple(() if one is None else (one,) for one in of_images)
            odd = [
                str(row.get("file_name"))
                for row, value in zip(images, of_images, strict=True)
                if value is None
            ]
            faults += fault_of(f"images without '{field}', by which [split] divides them", odd)
            continue
        without = [row for row in annotations if _value(row, field) is None]
        if len(without) == len(annotations):
            faults.append(stated(_unknown(field, images, annotations)))
            continue
        values[field] = _of_annotations(images, annotations, field)
        odd = [f"id {row.get('id', '?')}" for row in without]
        faults += fault_of(f"annotations without '{field}', by which [split] divides", odd)
    return values, faults


def telling(content: Any) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return (M,) the values of the fields of a file that tell what images have in common."""
    content, _ = numbered(content)
    rows = (*content["images"], *content["annotations"])
    there = [field for field in TELLING if any(field in row for row in rows)]
    return values_of(content, there)[0]


def _of_annotations(images: Rows, annotations: Rows, field: str) -> tuple[tuple[str, ...], ...]:
    of_image: dict[Any, list[str]] = {image["id"]: [] for image in images}
    for row in annotations:
        value = _value(row, field)
        if value is not None and row.get("image_id") in of_image:
            of_image[row["image_id"]].append(value)
    return tuple(tuple(dict.fromkeys(of_image[image["id"]])) for image in images)


def _value(row: dict[str, Any], field: str) -> str | None:
    """Return a field's value as text; None where there is none."""
    more = row.get(ATTRIBUTES)
    value = row.get(field, more.get(field) if isinstance(more, dict) else None)
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def _unknown(field: str, images: Rows, annotations: Rows) -> str:
    """Say which fields there are, where one is not."""
    rows = ((images, "images"), (annotations, "annotations"))
    known = [
        f"{what} have {', '.join(names)}"
        for table, what in rows
        if (names := list(dict.fromkeys(key for row in table[:TOLD] for key in row)))
    ]
    return (
        f"split: no image or annotation has '{field}' ({'; '.join(known)}); name one of these, or "
        "a group of `pattern`, which reads names of images"
    )
