"""Faces cut as the official code does it: by slicing, resizing and turning whole images.

Every step goes through 8-bit images, and an image of floats is stretched first, from its own
darkest to its brightest value: a face file's pixels are floats, COFW's are bytes. What Pillow
computes, the SciPy function that the official code calls computed with it.

Source: HRNet-Facial-Landmark-Detection, lib/utils/transforms.py and lib/datasets; SciPy 1.2,
misc/pilutil.py.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from hrbench.data import stored
from hrbench.data.augment import Crop, Draw
from hrbench.data.pillow import UNREADABLE, rgb
from hrbench.data.sample import Inside
from hrbench.errors import DataError
from hrbench.face_geometry import UNIT, crop_matrices, flip_points, transform_pixel
from hrbench.geometry import Floats, flip_order

RgbPixels = NDArray[np.uint8] | NDArray[np.float32]  # floats of 0 to 255

STRIDE = 4  # crop pixels per cell of the heatmaps


def read_rgb(path: Path, inside: Inside | None = None) -> RgbPixels:
    """Return the (height, width, 3) pixels of a file as floats, 0 to 255, or what `inside` gives.

    Raises:
        DataError: there is no such file, or it is not a whole image.
    """
    if inside is not None:
        return inside(path)
    try:
        return np.array(rgb(path), dtype=np.float32)
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        raise DataError(
            f"{path} is not a whole image ({stored.size(path)} bytes); fetch it again; "
            "`hrbench check DATASET --images` lists all such files"
        ) from error


def crop(
    image: RgbPixels,
    points: NDArray[np.float64],
    center: Floats,
    scale: Floats,
    drawn: Draw,
    *,
    size: tuple[int, int],
    flip_pairs: Sequence[tuple[int, int]],
) -> Crop:
    """Return the crop that a face gets to train on, for what was drawn.

    Its keypoints are whole cells, times `STRIDE`: where `heads.faces` puts the middle of their
    bumps. Those that the file has at y = 0 or above count as not visible.

    Shapes: image (H, W, 3) RGB; points (K, 2) and center (2,) as in the official file; scale
        (2,), enlarged, of which the width counts; size width and height, equal.
    """
    edge = np.asarray(scale, dtype=np.float64) * drawn.scale
    if drawn.flip:
        image, width = image[:, ::-1], image.shape[1]
        points = flip_points(points, width, flip_order(len(points), flip_pairs))
        center = center * np.array([-1, 1], center.dtype) + np.array([width, 0], center.dtype)
    cells = (size[0] // STRIDE, size[1] // STRIDE)
    matrices = (
        crop_matrices(center[None], edge[None], target, drawn.rotation) for target in (cells, size)
    )
    to_cells, to_crop = (matrix[0] for matrix in matrices)
    visible = points[:, 1] > 0
    moved = (transform_pixel(points + 1, to_cells) - 1) * STRIDE
    pixels = cut(image, center, edge, size, rotation=drawn.rotation)
    keypoints = np.where(visible[:, None], moved, points)
    return Crop(pixels, keypoints, visible, center, edge, to_crop[:2])


def cut(
    image: RgbPixels,
    center: Floats,
    scale: ArrayLike,
    size: tuple[int, int],
    rotation: float = 0.0,
) -> NDArray[np.uint8]:
    """Return the (height, width, 3) crop of a face; what lies outside of the image is black.

    An image twice the crop's resolution or more is first made smaller as a whole.

    Shapes: image (H, W, 3) RGB, stretched where it is of floats; center (2,); scale one number
        or (2,), of which the width counts; size width and height, equal.
    """
    if size[0] != size[1]:
        raise ValueError(f"the official face crop is square, not {size[0]} x {size[1]}")
    center = np.asarray(center, dtype=np.float32)
    edge = float(np.ravel(scale)[0])
    factor = edge * UNIT / size[0]
    if factor >= 2:
        height, width = (int(length / factor) for length in image.shape[:2])
        if min(height, width) < 1 or max(height, width) < 2:
            return np.zeros((size[1], size[0], 3), dtype=np.uint8)
        image = resize(image, (width, height))
        center, edge = center / np.float32(factor), edge / factor
    matrix = crop_matrices(center[None], [edge], size, inverse=True)[0]
    corners = transform_pixel(np.array([(0, 0), size], dtype=np.float64), matrix)
    return resize(turned_region(image, corners, rotation), size)


def turned_region(image: RgbPixels, corners: NDArray[np.int64], rotation: float) -> RgbPixels:
    """Return what lies between two corners of an image turned around the middle of them.

    Shapes: corners (2, 2), x and y of the upper left and of the lower right, exclusive.
    """
    if not rotation:
        return region(image, corners)
    width, height = (corners[1] - corners[0]).tolist()
    # So much more on every side that the turned corners are filled too.
    margin = int(np.hypot(width, height) / 2 - height / 2)
    wider = region(image, corners + np.array([[-margin], [margin]]))
    turned = rotate(wider, rotation)
    return turned[margin : margin + height, margin : margin + width]


def region(image: RgbPixels, corners: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what lies between two corners, zeros outside of the image."""
    (left, top), (right, bottom) = corners.tolist()
    cut_out = np.zeros((bottom - top, right - left, 3), dtype=np.float32)
    inside = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    y, x = max(0, -top), max(0, -left)
    cut_out[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return cut_out


def resize(image: RgbPixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image at another size (width, height), stretched if it is of floats."""
    resized = Image.fromarray(stretched(image)).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized)


def rotate(image: RgbPixels, degrees: float) -> NDArray[np.uint8]:
    """Return an image turned around its middle, stretched if it is of floats."""
    turned = Image.fromarray(stretched(image)).rotate(degrees, Image.Resampling.BILINEAR)
    return np.asarray(turned)


def stretched(image: NDArray[np.uint8] | Floats) -> NDArray[np.uint8]:
    """Return floats as bytes, the least as 0, the greatest as 255; bytes stay as they are."""
    if image.dtype == np.uint8:
        return np.ascontiguousarray(image, dtype=np.uint8)
    low, high = image.min(), image.max()
    # In the image's own precision, which NumPy before 2 would leave.
    factor = image.dtype.type(255) / ((high - low) or image.dtype.type(1))
    levels = ((image - low) * factor).clip(0, 255) + image.dtype.type(0.5)
    return np.ascontiguousarray(levels.astype(np.uint8))
