"""A picture sheet of annotated objects, on which a person sees swapped sides.

Left is orange, right is blue, what has no partner is green; a keypoint carries its number in
the dataset's list, counted from 1. Objects in doubt come first, in a red frame.

Shapes: N objects, K keypoints.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotations import Annotations
from hrbench.data.images import read_image

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]
Pairs = Sequence[tuple[int, int]]

MOST = 24  # objects
TILE = 224  # pixels
COLUMNS = 6
AROUND = 0.15  # of the longer side of what is shown, on each side
LEFT, RIGHT, MIDDLE = (80, 175, 255), (255, 170, 60), (120, 230, 120)  # BGR
DARK, WHITE, DOUBT = (25, 25, 25), (255, 255, 255), (40, 40, 230)
LETTERS = 0.38  # of OpenCV's font size


def sheet(
    images: Path, table: Annotations, doubtful: NDArray[np.bool_], flip_pairs: Pairs, edges: Pairs
) -> Pixels:
    """Return the sheet of up to 24 objects as a BGR picture.

    Args:
        images: the folder of the table's images.
        table: the annotations.
        doubtful: (N,) objects to show first.
        flip_pairs: positions of left and right keypoints.
        edges: positions of the ends of limbs.

    Raises:
        DataError: an image cannot be read.
    """
    colors = colors_of(table.keypoints.shape[1], flip_pairs)
    tiles = [
        tile(
            read_image(images / table.file_names[table.image[row]]),
            table.keypoints[row],
            colors,
            edges,
            f"id {table.ids[row]}",
            DOUBT if doubtful[row] else WHITE,
        )
        for row in chosen(table, doubtful)
    ]
    blank = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % COLUMNS) if tiles else [blank] * COLUMNS
    lines = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(lines)


def chosen(table: Annotations, doubtful: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rows to show: doubtful ones, then others, each spread over the file."""
    shown = (table.keypoints[..., 2] > 0).any(axis=1) & (table.image >= 0)
    first = _spread(np.flatnonzero(shown & doubtful), MOST)
    return np.concatenate([first, _spread(np.flatnonzero(shown & ~doubtful), MOST - len(first))])


def colors_of(num_keypoints: int, flip_pairs: Pairs) -> list[Color]:
    """Return the colour of each keypoint by its side."""
    colors: list[Color] = [MIDDLE] * num_keypoints
    for left, right in flip_pairs:
        colors[left], colors[right] = LEFT, RIGHT
    return colors


def tile(
    image: Pixels,
    keypoints: NDArray[np.float64],
    colors: Sequence[Color],
    edges: Pairs,
    title: str,
    frame: Color,
) -> Pixels:
    """Return one object, cut out around its labelled (K, 3) keypoints."""
    labelled = keypoints[:, 2] > 0
    low, high = keypoints[labelled, :2].min(axis=0), keypoints[labelled, :2].max(axis=0)
    side = max(1.0, float((high - low).max())) * (1 + 2 * AROUND)
    corner = (low + high - side) / 2
    factor = TILE / side
    matrix = np.array([[factor, 0, -factor * corner[0]], [0, factor, -factor * corner[1]]])
    canvas = cv2.warpAffine(image, matrix, (TILE, TILE), borderValue=WHITE).astype(np.uint8)
    points = np.rint(factor * (keypoints[:, :2] - corner)).astype(int)
    for start, end in edges:
        if labelled[start] and labelled[end]:
            same = colors[start] == colors[end]
            _limb(canvas, points[start], points[end], colors[start] if same else MIDDLE)
    for index in np.flatnonzero(labelled).tolist():
        _point(canvas, points[index], colors[index], str(index + 1))
    _write(canvas, title, (6, TILE - 8), WHITE)
    cv2.rectangle(canvas, (0, 0), (TILE - 1, TILE - 1), frame, 5)
    return canvas


def _spread(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most so many of the rows, evenly spread."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows)))
    return rows[np.rint(places).astype(np.intp)]


def _limb(canvas: Pixels, start: NDArray[np.int_], end: NDArray[np.int_], color: Color) -> None:
    ends = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
    for shade, thickness in ((DARK, 4), (color, 2)):  # a dark edge shows on any ground
        cv2.line(canvas, *ends, shade, thickness, cv2.LINE_AA)


def _point(canvas: Pixels, point: NDArray[np.int_], color: Color, number: str) -> None:
    x, y = int(point[0]), int(point[1])
    for shade, radius in ((DARK, 5), (color, 4)):
        cv2.circle(canvas, (x, y), radius, shade, cv2.FILLED, cv2.LINE_AA)
    _write(canvas, number, (x + 6, y - 4), color)


def _write(canvas: Pixels, words: str, place: tuple[int, int], color: Color) -> None:
    for shade, thickness in ((DARK, 3), (color, 1)):
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(canvas, words, place, font, LETTERS, shade, thickness, cv2.LINE_AA)
