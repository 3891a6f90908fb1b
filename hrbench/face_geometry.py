"""The integer geometry of the official face code: boxes from points, crops, cells, mirrors.

Letters and frames are those of `geometry`. A crop here is a square, so its `scale` is one
number, its edge over `UNIT`. Centers are kept in float32 and scales in float64, and every
transformed point is truncated to a whole pixel: the published errors were measured so.

Source: HRNet-Facial-Landmark-Detection, lib/utils/transforms.py.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Integers = NDArray[np.int64]

UNIT = 200.0  # image pixels per unit of scale
PADDING = 1.25  # the factor by which the official loaders enlarge the scale of their files


def box_of_points(points: Floats) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return (N, 2) centers and (N,) scales of the boxes around (N, K, 2) points.

    The box goes to whole pixels outwards, and its longer side counts. The scale is that of the
    official CSV files: not yet enlarged by `PADDING`.
    """
    low = np.floor(points.min(axis=1)).astype(np.float64)
    high = np.ceil(points.max(axis=1)).astype(np.float64)
    return ((low + high) / 2).astype(np.float32), (high - low).max(axis=1) / UNIT


def crop_matrices(
    centers: Floats,
    scales: ArrayLike,
    size: tuple[int, int],
    rotations: ArrayLike = 0.0,
    *,
    inverse: bool = False,
) -> NDArray[np.float64]:
    """Return (N, 3, 3) matrices from image pixels to crops or heatmaps of `size`.

    With `inverse`, from there to the image.

    Shapes: centers (N, 2); scales (N,), or (N, 2) as in `geometry`, of which the width counts;
        rotations (N,) or one for all, in degrees; size width, height.
    """
    center = np.asarray(centers, dtype=np.float64)
    scales = np.asarray(scales, dtype=np.float64)
    extent = UNIT * (scales[:, 0] if scales.ndim == 2 else scales)
    edges = np.array(size, dtype=np.float64)
    matrices = np.tile(np.eye(3), (len(center), 1, 1))
    matrices[:, [0, 1], [0, 1]] = edges / extent[:, None]
    matrices[:, :2, 2] = edges * (-center / extent[:, None] + 0.5)
    angles = np.broadcast_to(np.asarray(rotations, dtype=np.float64), len(center))
    turned = angles != 0  # the others stay as they are, to the last bit
    matrices[turned] = turn(matrices[turned], angles[turned], edges / 2)
    return np.asarray(np.linalg.inv(matrices), dtype=np.float64) if inverse else matrices


def turn(
    matrices: NDArray[np.float64], angles: NDArray[np.float64], around: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (N, 3, 3) matrices followed by a turn by -angles, in degrees, around a point."""
    radians = -angles * np.pi / 180
    rotations = np.tile(np.eye(3), (len(angles), 1, 1))
    rotations[:, 0, 0] = rotations[:, 1, 1] = np.cos(radians)
    rotations[:, 1, 0] = np.sin(radians)
    rotations[:, 0, 1] = -rotations[:, 1, 0]
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = -around, around
    turned: NDArray[np.float64] = back @ (rotations @ (there @ matrices))  # rounds as officially
    return turned


def transform_pixel(points: Floats, matrices: NDArray[np.float64]) -> Integers:
    """Return whole pixels for points moved by matrices; both are counted from 1.

    What is counted from 0 is truncated, towards zero.

    Shapes: points (..., 2), matrices (..., 3, 3) that broadcast with them.
    """
    points = np.asarray(points, dtype=np.float64)[..., None] - 1
    across, down, offset = (matrices[..., :2, column] for column in range(3))
    moved = across * points[..., 0, :] + down * points[..., 1, :] + offset
    return np.trunc(moved).astype(np.int64) + 1


def cells_to_image(
    cells: Floats, centers: Floats, scales: ArrayLike, size: tuple[int, int] = (64, 64)
) -> Integers:
    """Return (N, K, 2) whole image pixels for positions on heatmaps of `size`.

    `cells` are those that `heads.faces` decodes. Officially the result, counted from 1, is
    compared with points counted from 0; the published errors include that pixel.

    Shapes: cells (N, K, 2), centers (N, 2), scales (N,) or (N, 2), size width, height.
    """
    matrices = crop_matrices(centers, scales, size, inverse=True)
    return transform_pixel(np.asarray(cells, dtype=np.float64) + 1, matrices[:, None])


def flip_points(
    points: NDArray[np.float64], width: int, order: Sequence[int] | Integers
) -> NDArray[np.float64]:
    """Return (K, 2) points of the mirrored image of that `width`, left and right exchanged.

    `order` is each point's partner. The official code mirrors to width - x, one pixel to the
    right of where the mirrored image has it.
    """
    mirrored = points[order]
    mirrored[:, 0] = width - mirrored[:, 0]
    return mirrored
