"""Annotated keypoints on their picture, with the number of each: swapped sides are seen there.

Letters: K keypoints; positions are x, y.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.draw.drawing import DARK, LEFT, MIDDLE, RIGHT, Color, color
from hrbench.draw.tiles import cut_out

Pairs = Sequence[tuple[int, int]]

AROUND = 0.15  # of the longer side of what is shown, on each side
LEAST = 1.0  # pixels of that side
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Size:
    """How large an object is shown."""

    tile: int  # pixels of a square
    dot: int  # pixels, of a keypoint's radius
    letters: float  # of OpenCV's font size


BODY = Size(tile=320, dot=4, letters=0.38)
FACE = Size(tile=448, dot=2, letters=0.3)  # for many keypoints
MANY = 25  # keypoints


def size_of(num_keypoints: int) -> Size:
    """Return how large an object of so many keypoints is shown."""
    return BODY if num_keypoints < MANY else FACE


def colors_of(names: Sequence[str], flip_pairs: Pairs) -> list[Color]:
    """Return the colour of each keypoint by its side: as its name says, else as pairs have it."""
    colors = [color(name) for name in names]
    for left, right in flip_pairs:
        if colors[left] == colors[right] == MIDDLE:
            colors[left], colors[right] = LEFT, RIGHT
    return colors


def tile(
    image: Pixels,
    points: NDArray[np.float64],
    labelled: NDArray[np.bool_],
    colors: Sequence[Color],
    edges: Pairs,
    size: Size,
) -> Pixels:
    """Return one object, cut out around the labelled ones of its (K, 2) points."""
    canvas, corner, factor = cut_out(image, points[labelled], size.tile, LEAST, AROUND)
    there = np.flatnonzero(labelled).tolist()
    places = {index: _whole(factor * (points[index] - corner)) for index in there}
    for start, end in edges:
        if labelled[start] and labelled[end]:
            same = colors[start] == colors[end]
            limb = colors[start] if same else MIDDLE
            for shade, thickness in ((DARK, size.dot), (limb, max(1, size.dot // 2))):
                cv2.line(canvas, places[start], places[end], shade, thickness, cv2.LINE_AA)
    for index in there:
        for shade, radius in ((DARK, size.dot + 1), (colors[index], size.dot)):
            cv2.circle(canvas, places[index], radius, shade, cv2.FILLED, cv2.LINE_AA)
    for index, place in number_places(places, size).items():
        _write(canvas, str(index + 1), place, colors[index], size.letters)
    return canvas


def number_places(places: dict[int, tuple[int, int]], size: Size) -> dict[int, tuple[int, int]]:
    """Return where each keypoint's number is written, of those that have room beside others."""
    taken = [(x - size.dot, y - size.dot, x + size.dot, y + size.dot) for x, y in places.values()]
    written = {}
    for index, (x, y) in places.items():
        (width, height), _ = cv2.getTextSize(str(index + 1), FONT, size.letters, 1)
        gap = size.dot + 2
        right, left, above, below = x + gap, x - gap - width, y - gap, y + gap + height
        middle = (x - width // 2, y + height // 2)
        for place in (
            *((right, above), (left, above), (right, below), (left, below)),
            *((right, middle[1]), (left, middle[1]), (middle[0], above), (middle[0], below)),
        ):
            box = (place[0], place[1] - height, place[0] + width, place[1])
            inside = min(box) >= 0 and max(box) < size.tile
            if inside and not any(_meet(box, other) for other in taken):
                written[index] = place
                taken.append(box)
                break
    return written


def _meet(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def _whole(place: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.rint(place).astype(int).tolist()
    return x, y


def _write(
    canvas: Pixels, words: str, place: tuple[int, int], color: Color, letters: float
) -> None:
    for shade, thickness in ((DARK, 3), (color, 1)):
        cv2.putText(canvas, words, place, FONT, letters, shade, thickness, cv2.LINE_AA)
