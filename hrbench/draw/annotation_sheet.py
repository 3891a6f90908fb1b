"""A picture sheet of annotated objects, on which a person sees swapped sides.

Left is orange, right is blue, what has no partner is green; a keypoint carries its number in
the dataset's list, counted from 1, where there is room for it. Objects in doubt come first, in a
red frame.

Shapes: M images, N objects, K keypoints.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.draw.drawing import DARK, LEFT, MIDDLE, RIGHT, WHITE, Color
from hrbench.draw.tiles import cut_out, in_rows

Pairs = Sequence[tuple[int, int]]
Read = Callable[[Path, tuple[int, int] | None], Pixels]

AROUND = 0.15  # of the longer side of what is shown, on each side
LEAST = 1.0  # pixels of that side
DOUBT = (40, 40, 230)  # BGR
LETTERS, SMALL, LARGE = 0.38, 0.3, 0.6  # of OpenCV's font size
TITLE = 30  # pixels of height
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Grid:
    """How large objects are shown, and how many."""

    tile: int  # pixels of a square
    columns: int
    most: int  # objects
    dot: int  # pixels, of a keypoint's radius
    letters: float

    @property
    def width(self) -> int:
        """Pixels."""
        return self.tile * self.columns


BODY = Grid(tile=224, columns=6, most=24, dot=4, letters=LETTERS)
FACE = Grid(tile=448, columns=3, most=12, dot=2, letters=SMALL)  # for many keypoints
MANY = 25  # keypoints


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """N annotated objects in M images."""

    files: Sequence[Path]  # (M,)
    sizes: NDArray[np.int64] | None  # (M, 2) width, height as annotated
    image: NDArray[np.int64]  # (N,) index of each one's image; -1 if that is not listed
    titles: Sequence[str]  # (N,)
    points: NDArray[np.float64]  # (N, K, 2) x, y
    labelled: NDArray[np.bool_]  # (N, K)


def grid(num_keypoints: int) -> Grid:
    """Return how objects of so many keypoints are shown."""
    return BODY if num_keypoints < MANY else FACE


def sheet(
    objects: Objects, doubtful: NDArray[np.bool_], flip_pairs: Pairs, edges: Pairs, read: Read
) -> Pixels:
    """Return the sheet of some objects as a BGR picture.

    Args:
        objects: of which some are chosen.
        doubtful: (N,) objects to show first.
        flip_pairs: left and right keypoints.
        edges: ends of limbs.
        read: what gives the pixels of a file, whose annotated size may be known.

    Raises:
        DataError: an image cannot be read.
    """
    count = objects.points.shape[1]
    shape, colors, tiles = grid(count), colors_of(count, flip_pairs), []
    for row in chosen(objects, doubtful).tolist():
        image = int(objects.image[row])
        size = None if objects.sizes is None else objects.sizes[image].tolist()
        pixels = read(objects.files[image], size and (size[0], size[1]))
        canvas = tile(pixels, objects.points[row], objects.labelled[row], colors, edges, shape)
        _write(canvas, objects.titles[row], (6, shape.tile - 8), WHITE, LETTERS)
        frame = DOUBT if doubtful[row] else WHITE
        cv2.rectangle(canvas, (0, 0), (shape.tile - 1, shape.tile - 1), frame, 5)
        tiles.append(canvas)
    blank = np.full((shape.tile, shape.tile, 3), WHITE, dtype=np.uint8)
    return in_rows(tiles or [blank], shape.columns)


def titled(tiles: Pixels, words: str) -> Pixels:
    """Return a sheet below its title."""
    title = np.full((TITLE, tiles.shape[1], 3), WHITE, dtype=np.uint8)
    cv2.putText(title, words, (8, TITLE - 9), FONT, LARGE, DARK, 1, cv2.LINE_AA)
    return np.vstack([title, tiles])


def chosen(objects: Objects, doubtful: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rows to show: doubtful ones, then others, each spread over the file."""
    most = grid(objects.points.shape[1]).most
    shown = objects.labelled.any(axis=1) & (objects.image >= 0)
    first = _spread(np.flatnonzero(shown & doubtful), most)
    return np.concatenate([first, _spread(np.flatnonzero(shown & ~doubtful), most - len(first))])


def colors_of(num_keypoints: int, flip_pairs: Pairs) -> list[Color]:
    """Return the colour of each keypoint by its side."""
    colors: list[Color] = [MIDDLE] * num_keypoints
    for left, right in flip_pairs:
        colors[left], colors[right] = LEFT, RIGHT
    return colors


def tile(
    image: Pixels,
    points: NDArray[np.float64],
    labelled: NDArray[np.bool_],
    colors: Sequence[Color],
    edges: Pairs,
    shape: Grid,
) -> Pixels:
    """Return one object, cut out around the labelled ones of its (K, 2) points."""
    canvas, corner, factor = cut_out(image, points[labelled], shape.tile, LEAST, AROUND)
    there = np.flatnonzero(labelled).tolist()
    places = {index: _whole(factor * (points[index] - corner)) for index in there}
    for start, end in edges:
        if labelled[start] and labelled[end]:
            same = colors[start] == colors[end]
            limb = colors[start] if same else MIDDLE
            for shade, thickness in ((DARK, shape.dot), (limb, max(1, shape.dot // 2))):
                cv2.line(canvas, places[start], places[end], shade, thickness, cv2.LINE_AA)
    for index in there:
        for shade, radius in ((DARK, shape.dot + 1), (colors[index], shape.dot)):
            cv2.circle(canvas, places[index], radius, shade, cv2.FILLED, cv2.LINE_AA)
    for index, place in number_places(places, shape).items():
        _write(canvas, str(index + 1), place, colors[index], shape.letters)
    return canvas


def number_places(places: dict[int, tuple[int, int]], shape: Grid) -> dict[int, tuple[int, int]]:
    """Return where each keypoint's number is written, of those that have room beside others."""
    taken = [
        (x - shape.dot, y - shape.dot, x + shape.dot, y + shape.dot) for x, y in places.values()
    ]
    written = {}
    for index, (x, y) in places.items():
        (width, height), _ = cv2.getTextSize(str(index + 1), FONT, shape.letters, 1)
        gap = shape.dot + 2
        right, left, above, below = x + gap, x - gap - width, y - gap, y + gap + height
        middle = (x - width // 2, y + height // 2)
        for place in (
            *((right, above), (left, above), (right, below), (left, below)),
            *((right, middle[1]), (left, middle[1]), (middle[0], above), (middle[0], below)),
        ):
            box = (place[0], place[1] - height, place[0] + width, place[1])
            inside = min(box) >= 0 and max(box) < shape.tile
            if inside and not any(_meet(box, other) for other in taken):
                written[index] = place
                taken.append(box)
                break
    return written


def _meet(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def _spread(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most so many of the rows, evenly spread."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows)))
    return rows[np.rint(places).astype(np.intp)]


def _whole(place: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.rint(place).astype(int).tolist()
    return x, y


def _write(
    canvas: Pixels, words: str, place: tuple[int, int], color: Color, letters: float
) -> None:
    for shade, thickness in ((DARK, 3), (color, 1)):
        cv2.putText(canvas, words, place, FONT, letters, shade, thickness, cv2.LINE_AA)
