"""Sheets drawn as shaded polygons, far ones first."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.world.camera import Camera
from hrbench.world.faces.scene import Lighting, to_pixels
from hrbench.world.faces.sheets import Sheet

FINER = 2  # painted at so many times the picture's resolution, to be averaged
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel


def paint(image: Pixels, sheets: Sequence[Sheet], camera: Camera, lighting: Lighting) -> None:
    """Paint sheets, whose points are in the camera's frame, on an image that is FINER."""
    points = np.concatenate([sheet.points.reshape(-1, 3) for sheet in sheets])
    starts = np.cumsum([0, *(sheet.points.size // 3 for sheet in sheets[:-1])])
    squares = [_squares(*sheet.points.shape[:2]) for sheet in sheets]
    corners = np.concatenate([q + start for q, start in zip(squares, starts, strict=True)])
    looks = [(sheet.lift, sheet.solid, sheet.shaded) for sheet in sheets]
    lift, solid, shaded = np.repeat(looks, [len(q) for q in squares], axis=0).T
    pixels = to_pixels(camera, points)[corners]  # (Q, 4, 2)
    seen = np.flatnonzero(_in_view(pixels, image) & ((solid == 0) | (_area(pixels) > 0)))
    nearness = lift[seen] - points[:, 2][corners[seen]].mean(axis=1)
    order = seen[np.argsort(nearness, kind="stable")]
    bright = _brightness(points[corners[order]], shaded[order], lighting)
    colors = np.concatenate([_colors(sheet) for sheet in sheets])[order]
    tints = np.clip(colors * bright[:, None], 0, 255).tolist()
    for square, tint in zip(fixed(pixels[order]), tints, strict=True):
        cv2.fillConvexPoly(image, square, tint, cv2.LINE_8, _SHIFT)


def cover(mask: Pixels, sheets: Sequence[Sheet], camera: Camera) -> None:
    """Set a mask that is FINER to 255 where the sheets are."""
    for sheet in sheets:
        corners = _squares(*sheet.points.shape[:2])
        for square in fixed(to_pixels(camera, sheet.points.reshape(-1, 3))[corners]):
            cv2.fillConvexPoly(mask, square, 255, cv2.LINE_8, _SHIFT)


def fill(image: Pixels, outline: Floats, tint: Sequence[float]) -> None:
    """Fill a convex outline, (N, 2) pixels of the picture, on an image that is FINER."""
    cv2.fillConvexPoly(image, fixed(outline), tint, cv2.LINE_8, _SHIFT)


def fixed(pixels: Floats) -> NDArray[np.int32]:
    """Return pixels of the picture as what OpenCV draws with on one that is FINER."""
    finer = FINER * pixels + (FINER - 1) / 2  # pixel centres are whole numbers in both
    return np.asarray(np.rint(finer * 2**_SHIFT), np.int32)


@cache
def _squares(rows: int, columns: int) -> NDArray[np.intp]:
    """Return (Q, 4) which places of a grid are a square's, clockwise as seen from its front."""
    grid = np.arange(rows * columns).reshape(rows, columns)
    corners = (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1])
    return np.stack(corners, axis=2).reshape(-1, 4)


def _colors(sheet: Sheet) -> Floats:
    rows, columns = sheet.points.shape[0] - 1, sheet.points.shape[1] - 1
    return np.broadcast_to(sheet.colors, (rows, columns, 3)).reshape(-1, 3)


def _area(pixels: Floats) -> Floats:
    """Return the signed areas of (Q, 4, 2) squares, above 0 for those seen from the front."""
    first, second = pixels[:, 2] - pixels[:, 0], pixels[:, 3] - pixels[:, 1]
    area: Floats = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    return area


def _in_view(pixels: Floats, image: Pixels) -> NDArray[np.bool_]:
    height, width = image.shape[:2]
    x, y = pixels[..., 0], pixels[..., 1]
    beside = (x < -1).all(axis=1) | (x > width / FINER).all(axis=1)
    inside: NDArray[np.bool_] = ~(beside | (y < -1).all(axis=1) | (y > height / FINER).all(axis=1))
    return inside


def _brightness(corners: Floats, shaded: Floats, lighting: Lighting) -> Floats:
    """Return what share of its colour each of (Q, 4, 3) squares shows, above 1 in a gloss."""
    a, b, c = (corners[:, 2] - corners[:, 0]).T
    d, e, f = (corners[:, 3] - corners[:, 1]).T
    normal = np.stack((b * f - c * e, c * d - a * f, a * e - b * d))
    length = np.sqrt((normal * normal).sum(axis=0))
    facing = -np.sign((normal * corners[:, 0].T).sum(axis=0))  # towards the camera
    light = lighting.light
    lit = np.maximum(np.array(light.direction) @ normal * facing / np.maximum(length, 1e-9), 0)
    bright: Floats = light.ambient + (1.1 - light.ambient) * lit + 0.12 * lit**12
    return 1 + shaded * (bright - 1)
