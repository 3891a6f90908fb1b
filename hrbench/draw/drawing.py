"""Poses drawn on pictures: bright limbs and dots with dark rims, which show on any ground.

Letters: K keypoints; positions are x, y. The persons' left is orange, their right blue, what has
no side green.
"""

import re

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.spec import DatasetSpec

Color = tuple[int, int, int]

LIKELY = 0.2  # of a keypoint's score; less is drawn faintly; a sure one has 1 with any heatmap
FAINT = 0.35  # of a colour
KEY = f"left orange, right blue, others green; faint: a score below {LIKELY}"  # to a picture
LEFT, RIGHT, MIDDLE = (80, 175, 255), (255, 170, 60), (120, 230, 120)  # BGR
DARK, WHITE = (25, 25, 25), (255, 255, 255)
SUBPIXEL = 4  # bits of OpenCV's coordinates behind the point
FARTHEST = 2**15  # pixels from the corner, that OpenCV is given


def pose(
    canvas: Pixels,
    dataset: DatasetSpec,
    keypoints: Floats,
    scores: NDArray[np.floating],
    radius: float,
    shade: Color | None = None,
) -> None:
    """Draw (K, 2) keypoints as dots, and the edges between them; the unlikely ones faintly.

    What scores 0 or less is left out. All dark rims, which show on any ground, lie below all
    colours: those of the sides, or `shade`.
    """
    there = (scores > 0) & np.isfinite(keypoints).all(axis=1)
    likely = there & (scores >= LIKELY)
    colors = [shade or color(name) for name in dataset.keypoints]
    edges = [(a, b) for a, b in dataset.indices(dataset.edges) if there[a] and there[b]]
    sure = [(a, b) for a, b in edges if likely[a] and likely[b]]
    rest = [edge for edge in edges if edge not in sure]
    if (there & ~likely).any():
        part, corner = _around(canvas, keypoints[there], 2 * radius)
        if part.size:  # not all of it is outside
            layer = part.copy()
            _parts(layer, keypoints - corner, colors, rest, there & ~likely, radius)
            part[:] = cv2.addWeighted(layer, FAINT, part, 1 - FAINT, 0)
    _parts(canvas, keypoints, colors, sure, likely, radius)


def _around(canvas: Pixels, places: Floats, margin: float) -> tuple[Pixels, NDArray[np.int64]]:
    """Return a view of the part of a canvas around places, and the x, y of its first pixel."""
    extent = np.array(canvas.shape[1::-1])
    low = np.floor((places.min(axis=0) - margin).clip(0, extent)).astype(np.int64)
    high = np.ceil((places.max(axis=0) + margin + 1).clip(0, extent)).astype(np.int64)
    return canvas[low[1] : high[1], low[0] : high[0]], low


def _parts(
    canvas: Pixels,
    keypoints: Floats,
    colors: list[Color],
    edges: list[tuple[int, int]],
    dots: NDArray[np.bool_],
    radius: float,
) -> None:
    width = max(1, round(0.8 * radius))
    for rim in (True, False):
        for start, end in edges:
            limb = DARK if rim else limb_color(colors[start], colors[end])
            line(canvas, keypoints[start], keypoints[end], limb, width + 2 * rim)
        for index in np.flatnonzero(dots).tolist():
            dot(canvas, keypoints[index], DARK if rim else colors[index], radius + rim)


def dot_radius(crop: float, num_keypoints: int, largest: float = 5.0) -> float:
    """Return the radius of dots for a crop of so many pixels: less, the more keypoints share it."""
    return float(np.clip(crop / (20 * np.sqrt(num_keypoints)), 1.0, largest))


def color(name: str) -> Color:
    """Return the colour of a keypoint: left or right stands in its name, or it has no side."""
    words = re.split(r"[^a-z]+", name.lower())
    return LEFT if "left" in words else RIGHT if "right" in words else MIDDLE


def limb_color(start: Color, end: Color) -> Color:
    """Return the colour of a limb: that of its ends' side, or none for one across."""
    sides = {start, end} - {MIDDLE}
    return sides.pop() if len(sides) == 1 else MIDDLE


def line(canvas: Pixels, start: Floats, end: Floats, shade: Color, width: int) -> None:
    """Draw a straight line between two places."""
    cv2.line(canvas, fixed(start), fixed(end), shade, width, cv2.LINE_AA, SUBPIXEL)


def dot(canvas: Pixels, place: Floats, shade: Color, radius: float) -> None:
    """Draw a filled circle."""
    size = round(radius * 2**SUBPIXEL)
    cv2.circle(canvas, fixed(place), size, shade, cv2.FILLED, cv2.LINE_AA, SUBPIXEL)


def fixed(place: Floats) -> tuple[int, int]:
    """Return a place in OpenCV's fixed-point numbers, within what they hold."""
    x, y = np.rint(place.clip(-FARTHEST, FARTHEST) * 2**SUBPIXEL).astype(int).tolist()
    return x, y
