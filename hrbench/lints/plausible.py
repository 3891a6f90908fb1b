"""What makes annotations implausible, though every single one of them can be read.

Most of it is a slip of the program that wrote the file, and then many objects show it: a lint is
fatal where it is widespread, and said where a few objects are odd. `--allow` with its name lets
it pass. In official files none is widespread.

Letters: M images, N annotations, K keypoints.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of
from hrbench.files import json_rows
from hrbench.lints.thresholds import FEW, LARGE, PER_CENT, SHARE, UNIT, is_widespread

Mask = NDArray[np.bool_]

TWICE, OUTSIDE = "twice", "outside"
IN_SHARES, IN_PER_CENT = OTHER_UNITS = ("unit", "per-cent")
FAR = 0.5  # of a box's longer side: how far outside of it a keypoint is far outside
OVERSHOOT, NEARLY_ALL = 0.1, 0.9  # of a box's side, beyond an edge; of the keypoints
ALIKE = 1.5  # how much better boxes have to go with the keypoints when they are read as corners
ABSENT = -1  # visibility, with some programs, of a keypoint that is not there


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labelled keypoints of a table's objects."""

    known: Mask  # (N, K)
    any: Mask  # (N,)
    low: Floats  # (N, 2) the least x and the least y of them; infinity where there is none
    high: Floats  # (N, 2) the largest; minus infinity


def faults(table: Annotations) -> list[Fault]:
    """Return what is implausible about a file's annotations, what explains the rest first.

    All of its numbers are finite and all of its images are listed.
    """
    labels = _labels(table)
    found = [fault for lint in LINTS for fault in lint(table, labels)]
    explained = any(fault.fatal and fault.name in OTHER_UNITS for fault in found)
    return [fault for fault in found if not (explained and fault.name == OUTSIDE)]


def _labels(table: Annotations) -> Labels:
    known = np.asarray(table.keypoints[..., 2] > 0)
    points = table.keypoints[..., :2]
    low = points.min(axis=1, initial=np.inf, where=known[..., None])
    high = points.max(axis=1, initial=-np.inf, where=known[..., None])
    return Labels(known, np.asarray(known.any(axis=1)), low, high)


def _listed_twice(table: Annotations, _: Labels) -> list[Fault]:
    """Return the images that a file lists twice."""
    faults = json_rows.twice(table.file_names, "file names", fatal=False)
    widespread = [is_widespread(fault.count, len(table.file_names)) for fault in faults]
    return [replace(f, fatal=b, name=TWICE) for f, b in zip(faults, widespread, strict=True)]


def _has_box(table: Annotations) -> Mask:
    """Return (N,): whether the file says an object's box."""
    return np.asarray((table.boxes[:, 2:] > 0).all(axis=1) & ~table.derived)


def _lint(kind: str, name: str, table: Annotations, odd: Mask, among: Mask) -> list[Fault]:
    """Return a fault of the objects that are odd, fatal where many of those looked at are."""
    fatal = is_widespread(int(odd.sum()), int(among.sum()))
    return fault_of(kind, [f"id {i}" for i in table.ids[odd]], fatal=fatal, name=name)


def _visibility(table: Annotations, _: Labels) -> list[Fault]:
    """Return the keypoints whose third number says neither of the three things it can say."""
    places, values = table.keypoints[..., :2], table.keypoints[..., 2]
    odd = (values != 0) & (values != 1) & (values != 2)
    rows = np.flatnonzero(odd.any(axis=1))
    odd[rows] &= ~((values[rows] == ABSENT) & (places[rows] <= 0).any(axis=2))
    rows = rows[odd[rows].any(axis=1)]
    if not len(rows):
        return []
    firsts = values[rows, odd[rows].argmax(axis=1)].tolist()
    ids = table.ids[rows].tolist()
    examples = [f"id {name} has {value:g}" for name, value in zip(ids, firsts, strict=True)]
    kind = "objects with keypoints whose visibility is not 0, 1 or 2"
    if ((values[odd] > 0) & (values[odd] <= 1)).all():
        kind += ", but a confidence, as a model gives it (2 belongs where a keypoint is labelled)"
    return fault_of(kind, examples, name="visibility")


def _crowd(table: Annotations, labels: Labels) -> list[Fault]:
    if not labels.any.any() or not table.crowd[labels.any].all():
        return []
    kind = "objects marked as crowd, all that have keypoints; nothing is made of crowds"
    return _lint(kind, "crowd", table, labels.any, labels.any)


def _unit(table: Annotations, labels: Labels) -> list[Fault]:
    largest = np.maximum(np.abs(labels.low), np.abs(labels.high)).max(axis=1)
    boxes = table.boxes.max(axis=1, initial=0)
    small = ((largest > 0) & (largest <= UNIT)) | ((boxes > 0) & (boxes <= UNIT))
    wide = (table.image_sizes[table.image] > 10 * UNIT).all(axis=1)
    kind = "objects whose keypoints or box are in 0 … 1; they should be in pixels of the image"
    return _lint(kind, IN_SHARES, table, np.asarray(labels.any & small & wide), labels.any)


def _per_cent(table: Annotations, labels: Labels) -> list[Fault]:
    """Return all objects, where they fill just the first 100 pixels of much larger images."""
    sizes = table.image_sizes[np.unique(table.image[labels.any])]
    if len(sizes) < FEW or (sizes < LARGE).any():
        return []
    least, reach = labels.low.min(axis=0), labels.high.max(axis=0)
    if (least < 0).any() or (reach < PER_CENT[0]).any() or (reach > PER_CENT[1]).any():
        return []
    kind = "objects whose keypoints are in 0 … 100, in per cent; they should be in pixels"
    return _lint(kind, IN_PER_CENT, table, labels.any, labels.any)


def _corners(table: Annotations, labels: Labels) -> list[Fault]:
    """Return the boxes that are x1, y1, x2, y2, where that is what all of a file's boxes are."""
    given = _has_box(table)
    if not given.any():
        return []
    boxes, limits = table.boxes[given], table.image_sizes[table.image[given]]
    ends = ((boxes[:, 2:] > boxes[:, :2]) & (boxes[:, 2:] <= limits + 1)).all(axis=1)
    if len(boxes) - ends.sum() > SHARE * len(boxes):
        return []
    beyond = boxes[:, :2] + boxes[:, 2:] - limits
    outside = (beyond > np.maximum(1, OVERSHOOT * boxes[:, 2:])).any(axis=1)
    widespread = is_widespread(int(outside.sum()), len(boxes))
    points, known = table.keypoints[given, :, :2], labels.known[given]
    extent = np.concatenate([labels.low, labels.high], axis=1)[given]
    if not _hold(boxes, points, known) or not (widespread or _fit(boxes, extent)):
        return []
    kind = "boxes given by their corners; they should be x, y, width, height"
    return _lint(kind, "corners", table, given, given)


def _hold(boxes: Floats, points: Floats, known: Mask) -> bool:
    """Whether boxes read as corners have nearly all keypoints in them."""
    margin = OVERSHOOT * (boxes[:, 2:] - boxes[:, :2])
    low, high = (boxes[:, :2] - margin)[:, None], (boxes[:, 2:] + margin)[:, None]
    inside = np.asarray(((points >= low) & (points <= high)).all(axis=2))
    return bool(inside[known].sum() >= NEARLY_ALL * known.sum())


def _fit(boxes: Floats, extent: Floats) -> bool:
    """Whether boxes go much better with the keypoints' extent when they are read as corners."""
    rows = np.flatnonzero((extent[:, 2:] > extent[:, :2]).all(axis=1))
    if not len(rows):
        return False
    corners = boxes[rows]
    sides = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:]], axis=1)
    as_corners, as_sides = _overlaps(extent[rows], corners), _overlaps(extent[rows], sides)
    return bool(np.median(as_corners) > max(FAR, ALIKE * float(np.median(as_sides))))


def _overlaps(one: Floats, other: Floats) -> Floats:
    """Return (N,) intersections over unions of boxes (N, 4) x1, y1, x2, y2."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    areas = (one[:, 2:] - one[:, :2]).prod(axis=1) + (other[:, 2:] - other[:, :2]).prod(axis=1)
    return np.asarray(shared / (areas - shared))


def _origin(table: Annotations, labels: Labels) -> list[Fault]:
    """Return the objects with keypoints in the very corner, where one can lie by chance."""
    rows = np.flatnonzero((labels.low <= 0).all(axis=1))
    here = labels.known[rows] & (table.keypoints[rows, :, :2] == 0).all(axis=2)
    counts, total = here.sum(axis=1), int(labels.any.sum())
    several, some = int((counts > 1).sum()), int((counts > 0).sum())
    fatal = is_widespread(several, total) or FEW <= some >= SHARE * total
    kind = "objects with labelled keypoints at 0, 0; one that is not there has visibility 0"
    odd = table.ids[rows[counts > 0]] if fatal or several else []
    return fault_of(kind, [f"id {number}" for number in odd], fatal=fatal, name="origin")


def _outside(table: Annotations, labels: Labels) -> list[Fault]:
    """Return the objects most of whose keypoints are far outside their box, or their image."""
    corner, extent = table.boxes[:, :2], table.boxes[:, 2:]
    reach = np.where(_has_box(table), FAR * extent.max(axis=1), np.inf)[:, None]
    of_box = _mostly(table, labels, corner - reach, corner + extent + reach)
    limits = (table.image_sizes[table.image] + 1).astype(np.float64)
    of_image = _mostly(table, labels, np.full_like(corner, -1), limits)
    boxes = "objects with keypoints far outside their own box"
    images = "objects with keypoints mostly outside their image"
    return [
        *_lint(boxes, OUTSIDE, table, of_box, labels.any),
        *_lint(images, OUTSIDE, table, of_image, labels.any),
    ]


def _mostly(table: Annotations, labels: Labels, low: Floats, high: Floats) -> Mask:
    """Return (N,): whether more than half of an object's keypoints are not between two corners."""
    odd = np.asarray(labels.any & ((labels.low < low) | (labels.high > high)).any(axis=1))
    rows = np.flatnonzero(odd)
    points, known = table.keypoints[rows, :, :2], labels.known[rows]
    out = known & ((points < low[rows, None]) | (points > high[rows, None])).any(axis=2)
    odd[rows] = 2 * out.sum(axis=1) > known.sum(axis=1)
    return odd


def _annotated_twice(table: Annotations, labels: Labels) -> list[Fault]:
    """Return the objects whose keypoints are, to the last digit, those of one before."""
    first: dict[str, int] = {}
    images = np.array([first.setdefault(n, i) for i, n in enumerate(table.file_names)], np.int64)
    counted = labels.any & ~table.crowd
    again = np.zeros(len(counted), dtype=np.bool_)
    seen: set[bytes] = set()
    for row in _alike(images[table.image], labels, np.flatnonzero(counted)).tolist():
        places = np.where(labels.known[row, :, None], table.keypoints[row, :, :2], np.nan)
        key = images[table.image[row]].tobytes() + places.tobytes()
        again[row] = key in seen
        seen.add(key)
    kind = "objects annotated twice, with the same keypoints in the same image"
    return _lint(kind, TWICE, table, again, counted)


def _alike(image: NDArray[np.int64], labels: Labels, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rows, in their order, that share the image and the extent with another."""
    columns = (image[rows], *labels.low[rows].T, *labels.high[rows].T)
    order = np.lexsort(columns)
    same = np.ones(max(len(rows) - 1, 0), dtype=np.bool_)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    chosen = np.zeros(len(rows), dtype=np.bool_)
    chosen[order[1:]] |= same
    chosen[order[:-1]] |= same
    return rows[chosen]


LINTS: tuple[Callable[[Annotations, Labels], list[Fault]], ...] = (  # what explains the rest first
    *(_visibility, _crowd, _unit, _per_cent, _corners, _origin, _outside),
    *(_listed_twice, _annotated_twice),
)
