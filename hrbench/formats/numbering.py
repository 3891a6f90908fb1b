"""Ids of images and annotations as whole numbers of their own, whatever a file writes for them."""

from typing import Any

from hrbench.data.faults import Fault, fault_of
from hrbench.files.json_rows import WHOLE, Rows


def numbered(content: Any) -> tuple[Any, list[Fault]]:
    """Return a file's content with numbers for ids, and what is odd about the ids it has.

    Images called by text are numbered in the order of the file, and so are annotations whose ids
    are missing, text, or not their own. What is no id at all stays, for the reader to refuse.
    """
    images, rows = content["images"], content["annotations"]
    images, rows = _with_image_numbers(images, rows)
    names = [row.get("id") for row in rows]
    whole = all(map(WHOLE.fits, names))
    if whole and len(set(names)) == len(names):
        return content | {"images": images, "annotations": rows}, []
    kind = "annotations whose ids are missing, text or not their own; they are numbered in order"
    odd = [f"annotations[{place}]" for place in range(len(rows))]
    rows = [row | {"id": number} for number, row in enumerate(rows, 1)]
    faults = fault_of(kind, odd, fatal=False)
    return content | {"images": images, "annotations": rows}, faults


def _with_image_numbers(images: Rows, rows: Rows) -> tuple[Rows, Rows]:
    names, used = ([row.get(key) for row in t] for key, t in (("id", images), ("image_id", rows)))
    if all(map(WHOLE.fits, names)) and all(WHOLE.fits(name) for name in used if name is not None):
        return images, rows
    keys = [_key(name) for name in names]
    if None in keys or len(set(keys)) < len(keys):
        return images, rows
    numbers = names if all(map(WHOLE.fits, names)) else range(1, len(keys) + 1)
    number = dict(zip(keys, numbers, strict=True))
    unlisted = {key: -index for index, key in enumerate(dict.fromkeys(map(_key, used)), 1)}
    renamed = [row | {"id": number[key]} for row, key in zip(images, keys, strict=True)]
    renumbered = [key and number.get(key, unlisted[key]) for key in map(_key, used)]
    return renamed, [
        row if new is None else row | {"image_id": new}
        for row, new in zip(rows, renumbered, strict=True)
    ]


def _key(name: Any) -> str | None:
    """Return one spelling of an id: 7, 7.0 and "7" are the same image."""
    if WHOLE.fits(name):
        return str(int(name))
    return name if isinstance(name, str) and name else None
