"""Boxes, affine crops and flips: the only module that changes the frame of coordinates.

Frames: *image* pixels, (0, 0) at the centre of the top-left pixel; *crop* pixels, of the
network's input; *cells*, of a heatmap. Letters: N boxes, K keypoints, points are x, y.

A crop is a `center` in image pixels and a `scale`: its width and height over `UNIT`. The
official code stores it so in float32 (COCO) or float64 (MPII), and that rounding decides pixels;
so it is kept.

Source: deep-high-resolution-net.pytorch, lib/utils/transforms.py and lib/dataset; for UDP, mmpose.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]

UNIT = 200.0  # image pixels per unit of scale; MPII's height of a person
PADDING = 1.25  # a crop is wider than its box by this factor


def clip_boxes(
    boxes: NDArray[np.float64], image_sizes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return annotated boxes clipped to their images, and which of them are left.

    A box that begins outside is moved, not cut, and every box loses a pixel in width and
    height: the official reader does so, and trained and measured with it.

    Shapes: boxes (N, 4) x, y, width, height; image_sizes (N, 2) width, height.
    """
    corner = np.maximum(boxes[:, :2], 0)
    opposite = np.minimum(image_sizes - 1, corner + np.maximum(boxes[:, 2:] - 1, 0))
    extent = opposite - corner
    return np.concatenate([corner, extent], axis=1), (extent >= 0).all(axis=1)


def crop_of_boxes(
    boxes: NDArray[np.float64], aspect: float, padding: float = PADDING
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (N, 2) centers and scales of the crops around (N, 4) boxes.

    A box is grown, never shrunk, to `aspect` (width over height), then padded.
    """
    width, height = boxes[:, 2], boxes[:, 3]
    center = (boxes[:, :2] + boxes[:, 2:] * 0.5).astype(np.float32)
    grown = np.stack([np.maximum(width, height * aspect), height], axis=1)
    grown[:, 1] = np.where(width > height * aspect, width / aspect, height)
    scale = (grown / UNIT).astype(np.float32)
    # A center of -1 is MPII's mark for "no center"; the official reader tests it for COCO too.
    padded = np.where(center[:, :1] == -1, scale, scale * np.float32(padding))
    return center, padded


class CropMatrix(Protocol):
    """How a crop lies on the grid of its pixels: `crop_matrix` or `udp_matrix`."""

    def __call__(
        self,
        center: Floats,
        scale: Floats,
        size: tuple[int, int],
        *,
        rotation: float = 0.0,
        shift: Sequence[float] | NDArray[np.float32] = (0.0, 0.0),
        inverse: bool = False,
    ) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from image pixels to a crop.

        With `inverse` back, and then (N, 2, 3) for (N, 2) centers and scales.
        """


def crop_matrix(
    center: Floats,
    scale: Floats,
    size: tuple[int, int],
    *,
    rotation: float = 0.0,
    shift: Sequence[float] | NDArray[np.float32] = (0.0, 0.0),
    inverse: bool = False,
) -> NDArray[np.float64]:
    """Return the (2, 3) matrix from image pixels to a crop of `size` (width, height).

    The crop keeps the aspect of `size`, so only the width of `scale` counts. `rotation` is in
    degrees, `shift` in shares of the crop. With `inverse`, from the crop to the image, and then of
    (N, 2) centers and scales (N, 2, 3) at once.
    """
    extent = scale * UNIT
    angle = np.pi * rotation / 180
    up = extent[..., :1] * -0.5
    offset = extent * np.asarray(shift, dtype=np.float32)
    source = np.empty((*center.shape[:-1], 3, 2), dtype=np.float32)
    source[..., 0, :] = center + offset
    source[..., 1, :] = center + up * np.array([-np.sin(angle), np.cos(angle)]) + offset
    source[..., 2, :] = source[..., 1, :] + quarter_turn(source[..., 0, :] - source[..., 1, :])
    if inverse:
        return affine_matrices(size, source)
    return np.asarray(cv2.getAffineTransform(source, points_of(size)), dtype=np.float64)


@cache
def points_of(size: tuple[int, int]) -> NDArray[np.float32]:
    """Return (3, 2) points of a crop: its middle, half a width above that, a turn left of there."""
    width, height = size
    middle, above = (width / 2, height / 2), (height - width) / 2
    return np.array([middle, (middle[0], above), (0, above)], dtype=np.float32)


@cache
def equations(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the (6, 6) system whose solutions are affine matrices from a crop's points."""
    system = np.zeros((6, 6))
    system[::2, :2] = system[1::2, 3:5] = points_of(size)
    system[::2, 2] = system[1::2, 5] = 1
    return system


def affine_matrices(size: tuple[int, int], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (..., 2, 3) matrices from a crop's points to (..., 3, 2) others.

    Each is what `cv2.getAffineTransform` gives: its system of equations, solved for all at once.
    """
    places = target.reshape(-1, 6).T.astype(np.float64, order="C")
    # OpenCV refuses to solve for nothing.
    solved = cv2.solve(equations(size), places, flags=cv2.DECOMP_LU)[1] if places.size else places
    return np.asarray(solved.T.reshape(*target.shape[:-2], 2, 3), dtype=np.float64)


def udp_matrix(
    center: Floats,
    scale: Floats,
    size: tuple[int, int],
    *,
    rotation: float = 0.0,
    shift: Sequence[float] | NDArray[np.float32] = (0.0, 0.0),
    inverse: bool = False,
) -> NDArray[np.float64]:
    """Return the (2, 3) matrix as `crop_matrix` does, but edge on edge.

    The middles of a crop's outermost pixels lie on its edges: a crop is one pixel less wide than
    it has columns. So its mirror and its heatmap share its edges, whatever their sizes. Width and
    height are scaled each by its own. The matrix is float32's, its inverse float64's.

    Source: Huang et al. 2020 (UDP), section 3.2, as mmpose computes it.
    """
    extent = (scale * UNIT).astype(np.float32)
    middle = center.astype(np.float32) + extent * np.asarray(shift, dtype=np.float32)
    steps = np.array(size, dtype=np.float32) - 1
    cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    # Sums of two, not matrix products: those may round otherwise on another machine.
    if inverse:
        extent = extent.astype(np.float64)
        corner = middle - (turn * extent[..., :, None] / 2).sum(axis=-2)
        back = turn.T * (extent / steps)[..., None, :]
        return np.concatenate([back, corner[..., None]], axis=-1)
    turn, pitch = turn.astype(np.float32), steps / extent
    offset = pitch * (extent / 2 - (turn * middle).sum(axis=1))
    return np.column_stack([turn * pitch[:, None], offset]).astype(np.float64)


def quarter_turn(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 2) vectors turned by 90 degrees, x towards y."""
    return vectors[..., ::-1] * np.array([-1, 1], dtype=np.float32)


def transform(points: Floats, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (..., 2) points moved by a (2, 3) matrix, or by (..., 2, 3) of them."""
    x, y = points[..., 0, None].astype(np.float64), points[..., 1, None].astype(np.float64)
    moved: NDArray[np.float64] = matrix[..., 0] * x + matrix[..., 1] * y + matrix[..., 2]
    return moved


def cells_to_image(
    cells: NDArray[np.float32],
    centers: Floats,
    scales: Floats,
    size: tuple[int, int],
    matrix: CropMatrix = crop_matrix,
) -> NDArray[np.float64]:
    """Return (N, K, 2) image pixels for positions on heatmaps of `size` (width, height).

    `matrix` is that of the crops the heatmaps were made of.
    """
    matrices = matrix(centers, scales, size, inverse=True)
    return transform(cells, matrices[:, None])


def flip_keypoints(
    keypoints: NDArray[np.float64],
    visible: NDArray[np.bool_],
    width: int,
    pairs: Sequence[tuple[int, int]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (K, 2) keypoints and (K,) visibility of the mirrored image of that `width`.

    Left and right are exchanged; an invisible keypoint becomes (0, 0).
    """
    order = flip_order(len(keypoints), pairs)
    mirrored = keypoints.copy()
    mirrored[:, 0] = width - mirrored[:, 0] - 1
    return mirrored[order] * visible[order, None], visible[order]


def flip_order(num_keypoints: int, pairs: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return for each keypoint the index of the one that takes its place in a mirror."""
    order = np.arange(num_keypoints)
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    order[left], order[right] = right, left
    return order
