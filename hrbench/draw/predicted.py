"""Anyone's pictures with what was found in them: poses and marks on them, or words below them.

Letters: N boxes, K keypoints, H x W pixels.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.draw.drawing import DARK, WHITE, Color, dot_radius, pose
from hrbench.spec import DatasetSpec

THICKEST = 0.008  # of a picture's longer side: the radius of a dot
FONT = cv2.FONT_HERSHEY_SIMPLEX
INK, PAPER = (40, 40, 40), 255
LEAST = 320  # pixels of width, for words to be read
MARKS = BOXES, IDS, SCORES = ("boxes", "ids", "scores")  # what is drawn on request
SHADES: tuple[Color, ...] = (  # BGR, of tracks: apart from each other, and seen on any ground
    *((60, 60, 235), (60, 200, 60), (235, 120, 40), (40, 200, 235), (220, 60, 200)),
    *((200, 200, 40), (140, 90, 250), (90, 150, 90)),
)


def with_poses(
    image: Pixels,
    dataset: DatasetSpec,
    boxes: Floats,
    keypoints: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> Pixels:
    """Return a BGR picture with poses on it, of (N, 4) boxes, (N, K, 2) and (N, K)."""
    canvas = np.ascontiguousarray(image).copy()
    largest = max(1.5, THICKEST * max(canvas.shape[:2]))
    for box, points, sure in zip(boxes, keypoints, scores, strict=True):
        radius = dot_radius(float(box[2:].max()), len(points), largest)
        pose(canvas, dataset, points.astype(np.float64), sure, radius)
    return canvas


def with_marks(
    image: Pixels, boxes: Floats, words: Sequence[str], tracks: Sequence[int], *, edges: bool
) -> Pixels:
    """Return a BGR picture with words at the upper corner of each (N, 4) box, and its edges.

    What has a number of a track has a colour that goes with it.
    """
    canvas = np.ascontiguousarray(image).copy()
    letters = max(0.4, max(canvas.shape[:2]) / 1600)
    thick = max(1, round(2 * letters))
    for row, ((x, y, width, height), text) in enumerate(zip(boxes.tolist(), words, strict=True)):
        shade = SHADES[tracks[row] % len(SHADES)] if tracks else WHITE
        low, high = (round(x), round(y)), (round(x + width - 1), round(y + height - 1))
        for color, wide in ((DARK, thick + 2), (shade, thick)) if edges else ():
            cv2.rectangle(canvas, low, high, color, wide, cv2.LINE_AA)
        if text:
            _label(canvas, text, low, letters, shade)
    return canvas


def _label(canvas: Pixels, text: str, corner: tuple[int, int], letters: float, ink: Color) -> None:
    """Write on a dark ground above a corner, as far as there is room in the picture."""
    thick = max(1, round(1.5 * letters))
    (wide, tall), below = cv2.getTextSize(text, FONT, letters, thick)
    left = min(max(corner[0], 0), max(canvas.shape[1] - wide - 4, 0))
    base = max(corner[1] - below, tall + 2)
    ground = ((left, base - tall - 2), (left + wide + 4, base + below))
    cv2.rectangle(canvas, *ground, DARK, cv2.FILLED)
    cv2.putText(canvas, text, (left + 2, base), FONT, letters, ink, thick, cv2.LINE_AA)


def captioned(image: Pixels, lines: Sequence[str]) -> Pixels:
    """Return a BGR picture above lines of words, in a size that goes with its width."""
    height, width = image.shape[:2]
    wide = max(width, LEAST)
    letters = wide / 640
    step = round(26 * letters)
    paper = np.full((height + step * len(lines) + step // 2, wide, 3), PAPER, dtype=np.uint8)
    left = (wide - width) // 2
    paper[:height, left : left + width] = image
    for number, words in enumerate(lines, start=1):
        place = (round(8 * letters), height + step * number)
        thick = max(1, round(1.2 * letters))
        cv2.putText(paper, words, place, FONT, 0.6 * letters, INK, thick, cv2.LINE_AA)
    return paper
