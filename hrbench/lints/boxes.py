"""Boxes that are x, y, width, height by their place in a file and something else by their numbers.

Shapes: N boxes (N, 4); sizes (N, 2) width, height of their images.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.data.faults import Fault, fault_of
from hrbench.lints.thresholds import LARGE, PER_CENT, SHARE

Sizes = NDArray[np.int64]
KINDS = {  # by what `--allow` takes
    "unit": "boxes in shares of the image (0 to 1), not in pixels",
    "per-cent": "boxes in per cent of the image, not in pixels",
    "corners": ("boxes that are corners x1, y1, x2, y2 by their numbers, not x, y, width, height"),
    "centres": "boxes that begin with their centre by their numbers, not with a corner",
}
OUTSIDE = "outside"
NEARLY_ALL, MOST, MANY = 0.98, 0.95, 0.8  # shares of the boxes
FEW = 5  # boxes that say little of how all of them are written
SLACK, SLACK_OF_FEW = 0.02, 0.1  # of an image's side, that a box may reach over its edge
UNIT_REACH = 2.0  # of right and lower edges, of boxes in shares: two coordinates added


def doubts(boxes: Floats, sizes: Sizes, rows: Sequence[int]) -> list[Fault]:
    """Return what the boxes of a file look like instead: faults that a user can allow by name.

    `rows` are the boxes' places in their file; a size of 0 is not known.
    """
    if not len(boxes):
        return []
    known = (sizes > 0).all(axis=1)
    if name := _reading(boxes, boxes[known], sizes[known]):
        return fault_of(KINDS[name], in_words(boxes, rows), name=name)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    out = known & ((high <= 0) | (low >= sizes)).any(axis=1)
    where = [
        f"{box} in {width} x {height}"
        for box, (width, height) in zip(
            in_words(boxes[out], np.asarray(rows)[out].tolist()), sizes[out].tolist(), strict=True
        )
    ]
    fatal = float(out.mean()) > SHARE
    kind = "boxes outside of their image"
    return fault_of(kind, where, fatal=fatal, name=OUTSIDE)


def _reading(everything: Floats, boxes: Floats, sizes: Sizes) -> str | None:
    """Return the name of what the boxes are instead, given those whose image's size is known."""
    if (everything[:, :2] + everything[:, 2:]).max() <= UNIT_REACH:
        return "unit"
    if not len(boxes):
        return None
    start, extent = boxes[:, :2], boxes[:, 2:]
    reach = (start + extent).max(axis=0)
    least, most = PER_CENT
    many = len(boxes) >= FEW
    if many and (sizes >= LARGE).all() and (reach > least).all() and (reach <= most).all():
        return "per-cent"
    inside = _inside(start, start + extent, sizes, SLACK if many else SLACK_OF_FEW)
    as_corners = _inside(start, extent, sizes, SLACK) & (extent > start).all(axis=1)
    if as_corners.mean() >= NEARLY_ALL and inside.mean() < MOST:
        return "corners"
    as_centres = _inside(start - extent / 2, start + extent / 2, sizes, SLACK)
    if many and as_centres.mean() >= NEARLY_ALL and inside.mean() < MANY:
        return "centres"
    return None


def _inside(low: Floats, high: Floats, sizes: Sizes, slack: float) -> NDArray[np.bool_]:
    reach = slack * sizes
    return np.asarray(((low >= -reach) & (high <= sizes + reach)).all(axis=1))


def in_words(boxes: Floats, rows: Sequence[int]) -> list[str]:
    """Return boxes by their places in the file."""
    return [
        f"box {row}: {' '.join(f'{value:g}' for value in box)}"
        for row, box in zip(rows, boxes.tolist(), strict=True)
    ]
