"""One picture of a run: what the network found in a few images.

Letters: K keypoints; positions are x, y.
"""

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.images import read_image
from hrbench.geometry import UNIT
from hrbench.pipeline.landmarks.evaluation import LandmarkEvaluation
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Color = tuple[int, int, int]

FILE = "predictions.png"
TILE = 320  # pixels
GAP = 4  # of white around a tile
COLUMNS, ROWS = 4, 2
LIKELY = 0.2  # of a keypoint's score, to be drawn; a sure one has 1 with either kind of heatmap
FOUND = 0.5  # of a box's score, to be drawn
LEFT, RIGHT, MIDDLE = (80, 175, 255), (255, 170, 60), (120, 230, 120)  # BGR
DARK, WHITE = (25, 25, 25), (255, 255, 255)
SUBPIXEL = 4  # bits of OpenCV's coordinates behind the point


def draw(
    folder: Path, dataset: DatasetSpec, looked_at: LandmarkEvaluation, found: Predictions
) -> None:
    """Write a sheet of the first images that have boxes, with their best poses.

    The persons' left is orange, their right blue, what has no side green.
    """
    people = looked_at.people
    tiles = []
    for image in dict.fromkeys(people.image.tolist()):
        rows = np.flatnonzero(people.image == image)
        tiles.append(tile(read_image(people.images[image]), dataset, found, rows))
        if len(tiles) == COLUMNS * ROWS:
            break
    blank = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    framed = [np.pad(t, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255) for t in tiles]
    lines = [np.hstack(framed[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(folder / FILE), np.vstack(lines))


def tile(image: Pixels, dataset: DatasetSpec, found: Predictions, rows: NDArray[np.intp]) -> Pixels:
    """Return the part of one image where its poses are, scaled to fit a square, with them."""
    shown = rows[found.box_scores[rows] >= FOUND]
    corner, side = view(image.shape[:2], found.centers[shown], found.scales[shown])
    factor = TILE / side
    x, y = corner
    part = image[y : y + side, x : x + side]
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    height, width = (max(1, round(length * factor)) for length in part.shape[:2])
    canvas = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    canvas[:height, :width] = cv2.resize(part, (width, height), interpolation=kind)
    for row in shown:
        # The centre of the first pixel is (0, 0) before and after.
        places = (found.keypoints[row].astype(np.float64) - corner + 0.5) * factor - 0.5
        crop = factor * UNIT * float(found.scales[row].max())
        pose(canvas, dataset, places, found.scores[row], dot_radius(crop, len(places)))
    return canvas


def view(
    size: tuple[int, ...], centers: NDArray[np.floating], scales: NDArray[np.floating]
) -> tuple[NDArray[np.int64], int]:
    """Return the x, y of the first pixel and the side of a square that holds the given crops.

    The square reaches past the image only where it is larger; without a crop, it holds the image.
    """
    extent = np.array(size[1::-1], dtype=np.int64)  # width, height
    if not len(centers):
        return np.zeros(2, dtype=np.int64), int(extent.max())
    half = scales * UNIT / 2
    low = np.floor((centers - half).min(axis=0)).clip(0, extent - 1)
    high = np.ceil((centers + half).max(axis=0)).clip(low + 1, extent)
    side = int((high - low).max())
    corner = ((low + high - side) / 2).clip(0, np.maximum(extent - side, 0))
    return corner.astype(np.int64), side


def pose(
    canvas: Pixels,
    dataset: DatasetSpec,
    keypoints: Floats,
    scores: NDArray[np.floating],
    radius: float,
) -> None:
    """Draw the likely ones of (K, 2) keypoints as dots, and the edges between them.

    All dark rims, which show on any ground, lie below all colours.
    """
    likely = scores >= LIKELY
    width = max(1, round(0.8 * radius))
    colors = [color(name) for name in dataset.keypoints]
    edges = [(a, b) for a, b in dataset.indices(dataset.edges) if likely[a] and likely[b]]
    for rim in (True, False):
        for start, end in edges:
            shade = DARK if rim else limb_color(colors[start], colors[end])
            line(canvas, keypoints[start], keypoints[end], shade, width + 2 * rim)
        for index in np.flatnonzero(likely).tolist():
            dot(canvas, keypoints[index], DARK if rim else colors[index], radius + rim)


def dot_radius(crop: float, num_keypoints: int) -> float:
    """Return the radius of dots for a crop of so many pixels: less, the more keypoints share it."""
    return float(np.clip(crop / (20 * np.sqrt(num_keypoints)), 1.0, 5.0))


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
    x, y = np.rint(place.clip(-TILE, 2 * TILE) * 2**SUBPIXEL).astype(int).tolist()
    return x, y
