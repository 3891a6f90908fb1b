"""Anyone's pictures with what was found in them: poses on them, or words below them.

Letters: N boxes, K keypoints, H x W pixels.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.draw.drawing import dot_radius, pose
from hrbench.spec import DatasetSpec

THICKEST = 0.008  # of a picture's longer side: the radius of a dot
FONT = cv2.FONT_HERSHEY_SIMPLEX
INK, PAPER = (40, 40, 40), 255
LEAST = 320  # pixels of width, for words to be read


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
