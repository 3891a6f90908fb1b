"""One picture of a run: what the network found in a few images."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.loader import read_image
from hrbench.pipeline.sources import Evaluation
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec

FILE = "predictions.png"
TILE = 256  # pixels
COLUMNS, ROWS = 4, 2
LIKELY = 0.2  # of a keypoint's score, to be drawn
LEFT, RIGHT, MIDDLE, DARK = (80, 175, 255), (255, 170, 60), (120, 230, 120), (25, 25, 25)  # BGR


def draw(folder: Path, dataset: DatasetSpec, looked_at: Evaluation, found: Predictions) -> None:
    """Write a sheet of the first images that have boxes, with their best poses.

    The persons' left is orange, their right blue.
    """
    people = looked_at.people
    tiles = []
    for image in dict.fromkeys(people.image.tolist()):
        rows = np.flatnonzero(people.image == image)
        tiles.append(tile(read_image(people.images[image]), dataset, found, rows))
        if len(tiles) == COLUMNS * ROWS:
            break
    blank = np.full((TILE, TILE, 3), 255, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    lines = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(folder / FILE), np.vstack(lines))


def tile(
    image: NDArray[np.uint8], dataset: DatasetSpec, found: Predictions, rows: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Return one image with its poses, scaled to fit a square."""
    factor = TILE / max(image.shape[:2])
    canvas = np.full((TILE, TILE, 3), 255, dtype=np.uint8)
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    canvas[: small.shape[0], : small.shape[1]] = small[:TILE, :TILE]
    for row in rows:
        if found.box_scores[row] >= 0.5:
            pose(canvas, dataset, found.keypoints[row] * factor, found.scores[row])
    return canvas


def pose(
    canvas: NDArray[np.uint8],
    dataset: DatasetSpec,
    keypoints: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None:
    """Draw the limbs of one person, each with a dark edge that shows on any ground."""
    place = {name: index for index, name in enumerate(dataset.keypoints)}
    extent = float(np.ptp(keypoints, axis=0).max())
    width = max(1, round(extent / 80))
    for first, second in dataset.edges:
        ends = [place[first], place[second]]
        if (scores[ends] < LIKELY).any():
            continue
        start, end = (tuple(np.rint(keypoints[i]).astype(int).tolist()) for i in ends)
        for colour, thickness in ((DARK, width + 2), (side(first, second), width)):
            cv2.line(canvas, start, end, colour, thickness, cv2.LINE_AA)


def side(first: str, second: str) -> tuple[int, int, int]:
    """Return the colour of a limb: the person's left, right, or across."""
    for start, colour in (("left", LEFT), ("right", RIGHT)):
        if first.startswith(start) and second.startswith(start):
            return colour
    return MIDDLE
