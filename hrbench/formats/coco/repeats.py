"""Which annotations of a file are of the same object, made by several people.

Letters: N annotations, K keypoints.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hrbench.data.annotated import Annotations
from hrbench.files.json_files import read_json
from hrbench.formats.coco import incomplete
from hrbench.formats.coco.annotations import usable
from hrbench.formats.numbering import numbered
from hrbench.lints.plausible import TWICE

SAME = 0.5  # overlap of two boxes of one object: intersection over union
OBJECT = "object_id"  # of an annotation, where its file says which object it is of


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """The annotations that have keypoints, and what they are of."""

    keypoints: NDArray[np.float64]  # (N, K, 2) x, y
    labelled: NDArray[np.bool_]  # (N, K)
    areas: NDArray[np.float64]  # (N,) of the object, in square pixels
    objects: NDArray[np.intp]  # (N,) numbered from 0


def read(path: Path, num_keypoints: int) -> Repeats:
    """Return the repeated annotations of a file in COCO's keypoint format.

    Annotations of one image, which is one file name, with the same `object_id` are of one
    object. Those without one are if their boxes overlap by half (intersection over union), or
    if a chain of such boxes leads from one to the other; so give an `object_id` where objects
    stand close. Groups, and annotations without a labelled keypoint, are left out.

    Raises:
        DataError: the file cannot be read, or has a fault that nothing can be trained with.
    """
    content = read_json(path)
    table = usable(path, *incomplete.examined(content, num_keypoints), [TWICE])
    said = {row["id"]: row.get(OBJECT) for row in numbered(content)[0]["annotations"]}
    objects = [said[name] for name in table.ids.tolist()]
    named = np.array([value is not None for value in objects], dtype=np.bool_)
    names = [_name(value) for value in objects]
    labelled = table.keypoints[..., 2] > 0
    kept = np.flatnonzero(labelled.any(axis=1) & ~table.crowd)
    return Repeats(
        keypoints=table.keypoints[kept, :, :2],
        labelled=labelled[kept],
        areas=table.areas[kept],
        objects=grouped(
            _images(table)[kept], table.boxes[kept], named[kept], [names[row] for row in kept]
        ),
    )


def grouped(
    image: NDArray[np.intp],
    boxes: NDArray[np.float64],
    named: NDArray[np.bool_],
    names: list[str],
) -> NDArray[np.intp]:
    """Return (N,) numbers of objects, given images, (N, 4) boxes and the names of those named."""
    pairs = [np.zeros((2, 0), dtype=np.intp)]
    by_name: dict[tuple[int, str], int] = {}
    first = [by_name.setdefault((int(image[row]), names[row]), row) for row in range(len(image))]
    own_name = np.flatnonzero(named)
    pairs.append(np.stack([own_name, np.array(first, dtype=np.intp)[own_name]]))
    unnamed = np.flatnonzero(~named)
    order = unnamed[np.argsort(image[unnamed], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(image[order])) + 1):
        near = np.argwhere(overlaps(boxes[rows]) >= SAME)
        pairs.append(rows[near].T)
    ends = np.concatenate(pairs, axis=1)
    linked = coo_array((np.ones(ends.shape[1]), tuple(ends)), shape=(len(image), len(image)))
    return np.asarray(connected_components(linked, directed=False)[1], dtype=np.intp)


def overlaps(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, n) intersections over unions of (n, 4) boxes x, y, width, height."""
    low, high = boxes[:, None, :2], (boxes[:, :2] + boxes[:, 2:])[:, None]
    sides = np.minimum(high, high.swapaxes(0, 1)) - np.maximum(low, low.swapaxes(0, 1))
    shared = np.maximum(sides, 0).prod(axis=2)
    areas = boxes[:, 2:].prod(axis=1)
    union = areas[:, None] + areas - shared
    return np.asarray(np.where(union > 0, shared / np.where(union > 0, union, 1), 0))


def _images(table: Annotations) -> NDArray[np.intp]:
    """Return (N,) numbers of images; one that is listed for each annotator is one image."""
    place = {name: index for index, name in enumerate(table.file_names)}
    numbers = np.array([place[name] for name in table.file_names], dtype=np.intp)
    return np.asarray(numbers[table.image])


def _name(value: Any) -> str:
    return f"{type(value).__name__} {value}"  # 1 and "1" are two objects
