"""The tiles of a sheet: cut out of pictures, laid in rows.

Letters: N places, x, y.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from hrbench.arrays import Floats, Pixels
from hrbench.draw.drawing import WHITE


def in_rows(tiles: Sequence[Pixels], columns: int) -> Pixels:
    """Return tiles of one size in rows of so many, the last one filled up with white."""
    blanks = [np.full_like(tiles[0], WHITE[0])] * (-len(tiles) % columns)
    filled = [*tiles, *blanks]
    starts = range(0, len(filled), columns)
    return np.vstack([np.hstack(filled[start : start + columns]) for start in starts])


def cut_out(
    image: Pixels, places: Floats, tile: int, least: float, around: float
) -> tuple[Pixels, Floats, float]:
    """Return the square of a picture that holds some (N, 2) places, as a tile of so many pixels.

    Args:
        image: BGR; what lies outside of it is white.
        places: that are shown.
        tile: the tile's edge.
        least: pixels of the picture that the places' box has at least.
        around: share of that box that is shown on each side of it.

    Returns the tile, the x, y of its corner in the picture, and by what it is scaled.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    side = max(least, float((high - low).max())) * (1 + 2 * around)
    corner, factor = (low + high - side) / 2, tile / side
    matrix = np.array([[factor, 0, -factor * corner[0]], [0, factor, -factor * corner[1]]])
    canvas = cv2.warpAffine(image, matrix, (tile, tile), borderValue=WHITE).astype(np.uint8)
    return canvas, corner, factor
