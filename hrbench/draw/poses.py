"""One picture of a run: what the network found in a few images.

Letters: K keypoints; positions are x, y.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data import framing
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.images import read_image, write_png
from hrbench.draw.drawing import KEY, WHITE, dot_radius, pose
from hrbench.draw.lettering import labelled, strip
from hrbench.draw.tiles import in_rows
from hrbench.geometry import UNIT
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec

FILE = "predictions.png"
TILE = 320  # pixels
GAP = 4  # of white around a tile
COLUMNS, ROWS = 4, 2
FOUND = 0.5  # of a box's score, to be drawn


def draw(
    folder: Path, dataset: DatasetSpec, evaluation: LandmarkEvaluation, predictions: Predictions
) -> None:
    """Write a sheet of the first images that have boxes, with their best poses, by their names.

    The persons' left is orange, their right blue, what has no side green; faint is what scores
    less than `drawing.LIKELY`.
    """
    people = evaluation.people
    tiles = []
    for image in dict.fromkeys(people.image.tolist()):
        rows = np.flatnonzero(people.image == image)
        shown = tile(framing.picture(people, image, read_image), dataset, predictions, rows)
        tiles.append(labelled(shown, [people.images[image].name]))
        if len(tiles) == COLUMNS * ROWS:
            break
    framed = [np.pad(t, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=WHITE[0]) for t in tiles]
    sheet = in_rows(framed, COLUMNS)
    write_png(folder / FILE, np.vstack([sheet, strip(sheet.shape[1], KEY)]))


def tile(
    image: Pixels, dataset: DatasetSpec, predictions: Predictions, rows: NDArray[np.intp]
) -> Pixels:
    """Return the part of one image where its poses are, scaled to fit a square, with them."""
    shown = rows[predictions.box_scores[rows] >= FOUND]
    corner, side = view(image.shape[:2], predictions.centers[shown], predictions.scales[shown])
    factor = TILE / side
    x, y = corner
    part = image[y : y + side, x : x + side]
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    height, width = (max(1, round(length * factor)) for length in part.shape[:2])
    canvas = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    canvas[:height, :width] = cv2.resize(part, (width, height), interpolation=kind)
    for row in shown:
        # The centre of the first pixel is (0, 0) before and after.
        places = (predictions.keypoints[row].astype(np.float64) - corner + 0.5) * factor - 0.5
        crop = factor * UNIT * float(predictions.scales[row].max())
        pose(canvas, dataset, places, predictions.scores[row], dot_radius(crop, len(places)))
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
