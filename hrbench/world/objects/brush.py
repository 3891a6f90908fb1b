"""What objects are drawn with: a brush in a square of their own, and outlines.

The square reaches from -1 to 1, x to the right and y down; the brush turns, scales and colours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels

Color = tuple[float, float, float]  # BGR
Point = tuple[float, float]
_SHIFT = 4  # bits of OpenCV's coordinates behind the point


@dataclass(frozen=True, slots=True, eq=False)
class Brush:
    """What draws on a picture, in an object's own square."""

    image: Pixels  # (H, W, 3) BGR
    place: NDArray[np.float64]  # (2, 3), from the square to pixels
    body: Color
    other: Color

    @property
    def scale(self) -> float:
        """Pixels of the square's unit."""
        return float(np.sqrt(abs(np.linalg.det(self.place[:, :2]))))

    def shape(self, points: Sequence[Point] | NDArray[np.float64], color: Color) -> None:
        """Fill a polygon, and rim it darkly."""
        corners = self._fixed(points)
        cv2.fillPoly(self.image, [corners], color, cv2.LINE_AA, _SHIFT)
        rim = max(1, round(0.03 * self.scale))
        dark = tuple(0.45 * part for part in color)
        cv2.polylines(
            self.image, [corners], isClosed=True, color=dark, thickness=rim,
            lineType=cv2.LINE_AA, shift=_SHIFT,
        )  # fmt: skip

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a circle."""
        self.shape(ellipse(x, y, radius, radius), color)

    def stroke(self, start: Point, end: Point, width: float, color: Color) -> None:
        """Draw a line with round ends."""
        one, two = (tuple(point) for point in self._fixed([start, end]).tolist())
        thickness = max(1, round(width * self.scale))
        cv2.line(self.image, one, two, color, thickness, cv2.LINE_AA, _SHIFT)

    def _fixed(self, points: Sequence[Point] | NDArray[np.float64]) -> NDArray[np.int32]:
        flat = np.asarray(points, dtype=np.float64)
        pixels = flat @ self.place[:, :2].T + self.place[:, 2]
        return np.asarray(np.rint(pixels * 2**_SHIFT), dtype=np.int32)


def dimmed(color: Color) -> Color:
    """Return a colour in the dark."""
    blue, green, red = color
    return 0.35 * blue, 0.35 * green, 0.35 * red


def ellipse(x: float, y: float, wide: float, high: float) -> NDArray[np.float64]:
    """Return the outline of an ellipse."""
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    return np.stack([x + wide * np.cos(angles), y + high * np.sin(angles)], axis=1)


def around(count: int, radius: float, start: float = 0.0) -> list[Point]:
    """Return points on a circle."""
    angles = [start + 2 * math.pi * number / count for number in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]
