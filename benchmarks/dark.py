"""A plain equivalent of how mmpose decodes heatmaps with DARK: map by map, keypoint by keypoint.

Written from a description of what it does, not from the code: `MSRAHeatmap.decode` without the
step to crop pixels, that is the maxima and `refine_keypoints_dark`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Maps = NDArray[np.float32]


def decode(maps: Maps, kernel: int) -> tuple[Maps, Maps]:
    """Return (B, K, 2) cells and (B, K) scores; the blur looks at `kernel` cells across."""
    cells = np.empty((*maps.shape[:2], 2), dtype=np.float32)
    scores = np.empty(maps.shape[:2], dtype=np.float32)
    for n, ours in enumerate(maps):
        own = ours.copy()
        cells[n], scores[n] = maxima(own)
        refine(cells[n], own, kernel)
    return cells, scores


def maxima(maps: Maps) -> tuple[Maps, Maps]:
    """Return (K, 2) cells of one crop's maxima and (K,) scores; (-1, -1) for an empty map."""
    flat = maps.reshape(len(maps), -1)
    y, x = np.unravel_index(flat.argmax(axis=1), maps.shape[1:])
    cells, scores = np.stack((x, y), axis=-1).astype(np.float32), flat.max(axis=1)
    cells[scores <= 0] = -1
    return cells, scores


def refine(cells: Maps, maps: Maps, kernel: int) -> None:
    """Move cells by a Newton step on the logarithm of the blurred maps; both in place."""
    for values in maps:
        blur(values, kernel)
    np.maximum(maps, 1e-10, maps)
    np.log(maps, maps)
    height, width = maps.shape[1:]
    for k, values in enumerate(maps):
        x, y = cells[k].astype(int)
        if not (1 < x < width - 2 and 1 < y < height - 2):
            continue
        slope = np.array(
            [
                [0.5 * (values[y, x + 1] - values[y, x - 1])],
                [0.5 * (values[y + 1, x] - values[y - 1, x])],
            ]
        )
        xx = 0.25 * (values[y, x + 2] - 2 * values[y, x] + values[y, x - 2])
        yy = 0.25 * (values[y + 2, x] - 2 * values[y, x] + values[y - 2, x])
        corners = values[y + 1, x + 1] - values[y - 1, x + 1] - values[y + 1, x - 1]
        xy = 0.25 * (corners + values[y - 1, x - 1])
        if xx * yy - xy**2 != 0:
            step = -np.linalg.inv(np.array([[xx, xy], [xy, yy]])) @ slope
            cells[k] += np.squeeze(step.T, axis=0)


def blur(values: Maps, kernel: int) -> None:
    """Blur one map in place, zero outside, scaled to its old maximum."""
    border, highest = kernel // 2, values.max()
    framed = np.zeros(np.add(values.shape, 2 * border), dtype=np.float32)
    framed[border:-border, border:-border] = values
    blurred = cv2.GaussianBlur(framed, (kernel, kernel), 0)
    values[:] = blurred[border:-border, border:-border]
    values *= highest / values.max()
