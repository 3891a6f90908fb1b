"""The official augmentation: what is drawn for a sample, and the crop that it makes.

The draw is apart from its use, so that a crop can be made again from what was drawn; the
official code mixes the two and takes from two generators.

Source: deep-high-resolution-net.pytorch, lib/dataset/JointsDataset.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.data.parts import Opened, warp
from hrbench.geometry import UNIT, CropMatrix, Floats, crop_matrix, flip_keypoints, transform
from hrbench.spec import Augment

HALF_BODY_PADDING = 1.5


@dataclass(frozen=True, slots=True)
class Draw:
    """What one sample drew; the default changes nothing."""

    half_body: bool = False
    upper: bool = False  # of the half body: rather the upper than the lower part
    scale: float = 1.0
    rotation: float = 0.0  # degrees
    flip: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """A person cut out of an image."""

    pixels: NDArray[np.uint8]  # (height, width, 3) RGB
    keypoints: NDArray[np.float64]  # (K, 2) crop pixels where visible
    visible: NDArray[np.bool_]  # (K,)
    center: Floats  # after augmentation, image pixels (of the mirrored image if flipped)
    scale: Floats
    matrix: NDArray[np.float64]  # (2, 3) image pixels to crop pixels


def draw(augment: Augment, num_visible: int, rng: np.random.Generator) -> Draw:
    """Return what a sample with so many visible keypoints draws from `rng`."""
    half_body = num_visible > augment.half_body_above and rng.random() < augment.half_body
    # The official code draws this from a normal distribution: about 69 % upper bodies.
    upper = half_body and rng.standard_normal() < 0.5
    factor = _around(rng, augment, augment.scale, augment.scale) + 1
    rotated = rng.random() <= augment.rotation_probability
    rotation = _around(rng, augment, augment.rotation, 2 * augment.rotation) if rotated else 0.0
    return Draw(half_body, bool(upper), factor, rotation, rng.random() <= augment.flip)


def _around(rng: np.random.Generator, augment: Augment, deviation: float, limit: float) -> float:
    if augment.draws == "uniform":
        return float(rng.uniform(-deviation, deviation))
    return clipped_normal(rng, deviation, limit)


def clipped_normal(rng: np.random.Generator, deviation: float, limit: float) -> float:
    """Return a normal number around 0, cut off at `limit` on both sides."""
    return min(max(rng.standard_normal() * deviation, -limit), limit)


def half_body_crop(
    keypoints: NDArray[np.float64],
    visible: NDArray[np.bool_],
    upper_body: Sequence[int],
    aspect: float,
    *,
    upper: bool,
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return center and scale of a crop around one half of a body, None for too little of it.

    The half asked for is taken if it has more than two visible keypoints, else the lower if
    it has, else the upper.
    """
    in_upper = np.zeros(len(visible), dtype=bool)
    in_upper[list(upper_body)] = True
    top, bottom = keypoints[visible & in_upper], keypoints[visible & ~in_upper]
    chosen = top if (upper and len(top) > 2) or len(bottom) <= 2 else bottom
    if len(chosen) < 2:
        return None
    points = chosen.astype(np.float32)
    width, height = points.max(axis=0) - points.min(axis=0)
    if width > aspect * height:
        height = width / np.float32(aspect)
    else:
        width = height * np.float32(aspect)
    scale = np.array([width / UNIT, height / UNIT], dtype=np.float32)
    return points.mean(axis=0), scale * np.float32(HALF_BODY_PADDING)


def crop(
    image: Opened,
    keypoints: NDArray[np.float64],
    visible: NDArray[np.bool_],
    center: Floats,
    scale: Floats,
    size: tuple[int, int],
    drawn: Draw,
    *,
    upper_body: Sequence[int],
    flip_pairs: Sequence[tuple[int, int]],
    grid: CropMatrix = crop_matrix,
) -> Crop:
    """Return the crop of `size` (width, height) that a person gets for what was drawn.

    `image` is BGR, as OpenCV reads it; `grid` gives the matrix of a crop. Half body,
    then scale and rotation, then the flip, in this order: each starts from what the one before
    left.
    """
    resized = scale
    if drawn.half_body:
        aspect = size[0] / size[1]
        half = half_body_crop(keypoints, visible, upper_body, aspect, upper=drawn.upper)
        center, resized = half or (center, scale)
    if drawn.scale != 1.0:
        # In float64 from here on: NumPy 2 makes the official code do so, NumPy 1 did not.
        resized = resized.astype(np.float64) * drawn.scale
    if drawn.flip:
        width = image.size[0]
        keypoints, visible = flip_keypoints(keypoints, visible, width, flip_pairs)
        center = center.copy()
        center[0] = width - center[0] - 1
    matrix = grid(center, resized, size, rotation=drawn.rotation)
    moved = np.where(visible[:, None], transform(keypoints, matrix), keypoints)
    pixels = warp(image, matrix, size, mirrored=drawn.flip)
    return Crop(pixels, moved, visible, center, resized, matrix)
