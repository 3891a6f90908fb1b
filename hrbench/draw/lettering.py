"""Words on sheets of pictures: a band of them below a tile, a strip of them across a sheet."""

from collections.abc import Sequence

import cv2
import numpy as np

from hrbench.arrays import Pixels
from hrbench.draw.drawing import DARK, WHITE

FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.42
LINE, INDENT = 17, 5  # pixels: a line's height, the white before it
STRIP, HEADING = 26, 0.5  # pixels of height, and the font's size


def labelled(tile: Pixels, lines: Sequence[str]) -> Pixels:
    """Return a tile with lines below it, each cut to its width from the front."""
    band = np.full((LINE * len(lines) + INDENT, tile.shape[1], 3), WHITE, dtype=np.uint8)
    for number, line in enumerate(lines, start=1):
        text = fitting(line, tile.shape[1] - 2 * INDENT)
        cv2.putText(band, text, (INDENT, LINE * number - 4), FONT, LETTERS, DARK, 1, cv2.LINE_AA)
    return np.vstack([tile, band])


def strip(width: int, words: str, size: float = HEADING) -> Pixels:
    """Return a white strip with words at its left."""
    empty = np.full((STRIP, width, 3), WHITE, dtype=np.uint8)
    cv2.putText(empty, words, (INDENT, STRIP - 8), FONT, size, DARK, 1, cv2.LINE_AA)
    return empty


def fitting(line: str, width: int) -> str:
    """Return the end of a line that has room; names of files differ there."""
    kept = line
    while kept and cv2.getTextSize(_shown(kept, line), FONT, LETTERS, 1)[0][0] > width:
        kept = kept[1:]
    return _shown(kept, line)


def _shown(kept: str, line: str) -> str:
    return kept if kept == line else f"...{kept}"
