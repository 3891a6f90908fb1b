"""What makes annotations implausible, though every single one of them can be read.

Most of it is a slip of the program that wrote the file, and then many objects show it: a lint is
fatal where it is widespread, and said where a few objects are odd. `--allow` with its name lets
it pass. In official files none is widespread.

Letters: M images, N annotations, K keypoints.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hrbench.data import inspect
from hrbench.data.inspect import Fault

if TYPE_CHECKING:
    from hrbench.data.annotations import Annotations

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TWICE = "twice"
FEW, SHARE = 3, 0.05  # at least so many, and such a share: no slip of an annotator
UNIT, PER_CENT = 1.5, 100.0  # a coordinate that is no larger may be a share of the image
LARGE = 200  # pixels: all of an image this large is hardly ever empty beyond the first 100
SPAN = 80.0  # what coordinates in per cent come up to, in both directions
FAR = 0.5  # of a box's longer side: how far outside of it a keypoint is far outside
OVERSHOOT, NEARLY_ALL = 0.1, 0.9  # of a box's side, beyond an edge; of the keypoints
ALIKE = 1.5  # how much better boxes have to go with the keypoints when they are read as corners
ABSENT = -1  # visibility, with some programs, of a keypoint that is not there


def is_widespread(count: int, total: int) -> bool:
    """Whether so many of all objects show a property that it is the file's, not theirs."""
    return count > 0 and (count == total or (count >= FEW and count >= SHARE * total))


def faults(table: "Annotations") -> list[Fault]:
    """Return what is implausible about a file's annotations, what explains the rest first.

    All of its numbers are finite and all of its images are listed.
    """
    known = np.asarray(table.keypoints[..., 2] > 0)
    units = [*_unit(table, known), *_per_cent(table, known)]
    return [
        *_visibility(table),
        *_crowd(table, known),
        *units,
        *_corners(table, known),
        *_origin(table, known),
        *([] if any(fault.fatal for fault in units) else _outside(table, known)),
        *listed_twice(table),
        *_annotated_twice(table, known),
    ]


def listed_twice(table: "Annotations") -> list[Fault]:
    """Return the images that a file lists twice."""
    found = inspect.twice(table.file_names, "file names", fatal=False)
    widespread = [is_widespread(fault.count, len(table.file_names)) for fault in found]
    return [replace(f, fatal=b, name=TWICE) for f, b in zip(found, widespread, strict=True)]


def _any(known: Mask) -> Mask:
    """Return (N,): whether an object has any of its keypoints."""
    return np.asarray(known.any(axis=1))


def _has_box(table: "Annotations") -> Mask:
    """Return (N,): whether the file says an object's box."""
    return np.asarray((table.boxes[:, 2:] > 0).all(axis=1) & ~table.derived)


def _lint(kind: str, name: str, table: "Annotations", odd: Mask, among: Mask) -> list[Fault]:
    """Return a fault of the objects that are odd, fatal where many of those looked at are."""
    fatal = is_widespread(int(odd.sum()), int(among.sum()))
    return inspect.fault(kind, [f"id {i}" for i in table.ids[odd]], fatal=fatal, name=name)


def _visibility(table: "Annotations") -> list[Fault]:
    """Return the keypoints whose third number says neither of the three things it can say."""
    places, values = table.keypoints[..., :2], table.keypoints[..., 2]
    absent = (values == ABSENT) & (places <= 0).any(axis=2)
    odd = ~np.isin(values, (0, 1, 2)) & ~absent
    if not odd.any():
        return []
    firsts = odd.argmax(axis=1)
    rows = np.flatnonzero(odd.any(axis=1))
    examples = [f"id {table.ids[row]} has {values[row, firsts[row]]:g}" for row in rows]
    kind = "objects with keypoints whose visibility is not 0, 1 or 2"
    shares = (values[odd] > 0) & (values[odd] <= 1)
    if shares.all():
        kind += ", but a confidence, as a model gives it (2 belongs where a keypoint is labelled)"
    return inspect.fault(kind, examples, name="visibility")


def _crowd(table: "Annotations", known: Mask) -> list[Fault]:
    labelled = _any(known)
    if not labelled.any() or not table.crowd[labelled].all():
        return []
    kind = "objects marked as crowd, all that have keypoints; nothing is made of crowds"
    return _lint(kind, "crowd", table, labelled, labelled)


def _unit(table: "Annotations", known: Mask) -> list[Fault]:
    labelled = _any(known)
    largest = np.where(known[..., None], np.abs(table.keypoints[..., :2]), 0).max(axis=(1, 2))
    boxes = table.boxes.max(axis=1, initial=0)
    small = ((largest > 0) & (largest <= UNIT)) | ((boxes > 0) & (boxes <= UNIT))
    wide = np.asarray((table.image_sizes[table.image] > 10 * UNIT).all(axis=1))
    kind = "objects whose keypoints or box are in 0 … 1; they should be in pixels of the image"
    return _lint(kind, "unit", table, labelled & small & wide, labelled)


def _per_cent(table: "Annotations", known: Mask) -> list[Fault]:
    """Return all objects, where they fill just the first 100 pixels of much larger images."""
    labelled = _any(known)
    points = table.keypoints[..., :2][known]
    sizes = table.image_sizes[np.unique(table.image[labelled])]
    if len(sizes) < FEW or (sizes < LARGE).any():
        return []
    reach = points.max(axis=0)
    if (points < 0).any() or (reach > PER_CENT).any() or (reach < SPAN).any():
        return []
    kind = "objects whose keypoints are in 0 … 100, in per cent; they should be in pixels"
    return _lint(kind, "per-cent", table, labelled, labelled)


def _corners(table: "Annotations", known: Mask) -> list[Fault]:
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
    points, shown = table.keypoints[given, :, :2], known[given]
    if not _hold(boxes, points, shown) or not (widespread or _fit(boxes, points, shown)):
        return []
    kind = "boxes given by their corners; they should be x, y, width, height"
    return _lint(kind, "corners", table, given, given)


def _hold(boxes: Floats, points: Floats, known: Mask) -> bool:
    """Whether boxes read as corners have nearly all keypoints in them."""
    margin = OVERSHOOT * (boxes[:, 2:] - boxes[:, :2])
    low, high = (boxes[:, :2] - margin)[:, None], (boxes[:, 2:] + margin)[:, None]
    inside = np.asarray(((points >= low) & (points <= high)).all(axis=2))
    return bool(inside[known].sum() >= NEARLY_ALL * known.sum())


def _fit(boxes: Floats, points: Floats, known: Mask) -> bool:
    """Whether boxes go much better with the keypoints in them when they are read as corners."""
    low = np.where(known[..., None], points, np.inf).min(axis=1)
    high = np.where(known[..., None], points, -np.inf).max(axis=1)
    rows = np.flatnonzero((high > low).all(axis=1))
    if not len(rows):
        return False
    extent, corners = np.concatenate([low[rows], high[rows]], axis=1), boxes[rows]
    sides = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:]], axis=1)
    as_corners, as_sides = _overlaps(extent, corners), _overlaps(extent, sides)
    return bool(np.median(as_corners) > max(FAR, ALIKE * float(np.median(as_sides))))


def _overlaps(one: Floats, other: Floats) -> Floats:
    """Return (N,) intersections over unions of boxes (N, 4) x1, y1, x2, y2."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    areas = (one[:, 2:] - one[:, :2]).prod(axis=1) + (other[:, 2:] - other[:, :2]).prod(axis=1)
    return np.asarray(shared / (areas - shared))


def _origin(table: "Annotations", known: Mask) -> list[Fault]:
    """Return the objects with keypoints in the very corner, where one can lie by chance."""
    counts = (known & (table.keypoints[..., :2] == 0).all(axis=2)).sum(axis=1)
    total, several = int(_any(known).sum()), int((counts > 1).sum())
    fatal = is_widespread(several, total) or bool(FEW <= (counts > 0).sum() >= SHARE * total)
    kind = "objects with labelled keypoints at 0, 0; one that is not there has visibility 0"
    odd = table.ids[counts > 0] if fatal or several else []
    return inspect.fault(kind, [f"id {number}" for number in odd], fatal=fatal, name="origin")


def _outside(table: "Annotations", known: Mask) -> list[Fault]:
    """Return the objects most of whose keypoints are far outside their box, or their image."""
    labelled = _any(known)
    points = table.keypoints[..., :2]
    corner, extent = table.boxes[:, :2], table.boxes[:, 2:]
    reach = np.where(_has_box(table), FAR * extent.max(axis=1), np.inf)[:, None]
    of_box = _mostly(known, points, corner - reach, corner + extent + reach)
    limits = table.image_sizes[table.image]
    of_image = _mostly(known, points, np.full_like(corner, -1), (limits + 1).astype(np.float64))
    boxes = "objects with keypoints far outside their own box"
    images = "objects with keypoints mostly outside their image"
    return [
        *_lint(boxes, "outside", table, of_box, labelled),
        *_lint(images, "outside", table, of_image, labelled),
    ]


def _mostly(known: Mask, points: Floats, low: Floats, high: Floats) -> Mask:
    """Return (N,): whether more than half of an object's keypoints are not between two corners."""
    out = known & ((points < low[:, None]) | (points > high[:, None])).any(axis=2)
    return np.asarray(2 * out.sum(axis=1) > known.sum(axis=1))


def _annotated_twice(table: "Annotations", known: Mask) -> list[Fault]:
    """Return the objects whose keypoints are, to the last digit, those of one before."""
    first: dict[str, int] = {}
    images = np.array([first.setdefault(n, i) for i, n in enumerate(table.file_names)], np.int64)
    labelled = _any(known) & ~table.crowd
    seen: set[bytes] = set()
    again = np.zeros(len(labelled), dtype=np.bool_)
    points = np.where(known[..., None], table.keypoints[..., :2], np.nan)
    for row in np.flatnonzero(labelled):
        key = images[table.image[row]].tobytes() + points[row].tobytes()
        again[row] = key in seen
        seen.add(key)
    kind = "objects annotated twice, with the same keypoints in the same image"
    return _lint(kind, TWICE, table, again, labelled)
