"""An image with a depth at every pixel, on which solid shaded limbs are drawn."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Light:
    """One far lamp and the light that comes from everywhere."""

    direction: tuple[float, float, float]  # towards the lamp, camera frame, length 1
    ambient: float  # brightness of what the lamp does not reach, 0 to 1


@dataclass(frozen=True, slots=True)
class Disc:
    """A ball as the camera sees it: one end of a limb."""

    x: float  # pixels
    y: float  # pixels
    radius: float  # pixels
    depth: float  # mm, of its centre


class Canvas:
    """Colours, depths and owners of the pixels of one picture."""

    def __init__(self, background: NDArray[np.uint8], focal: float, light: Light) -> None:
        # A plane for each colour: NumPy is slow where the last of the axes is short.
        self.planes: Floats = np.empty((3, *background.shape[:2]), np.float32)  # BGR, 0 to 255
        for plane, levels in zip(self.planes, cv2.split(background), strict=True):
            plane[:] = levels
        self.depth: Floats = np.full(background.shape[:2], np.inf, np.float32)  # mm
        self.owner = np.full(background.shape[:2], NOBODY, np.int16)  # whose surface it is
        self.focal = focal  # pixels
        self.light = light

    def limb(self, start: Disc, end: Disc, color: Floats, owner: int) -> None:
        """Draw the hull of two balls, tapered and shaded, where nothing nearer is drawn."""
        window = self._window(start, end)
        if window is None:
            return
        rows, columns = window
        surface = _surface(start, end, rows, columns)
        depth = surface.depth * (1 - surface.rise / self.focal)
        cover = surface.cover() * (depth < self.depth[rows, columns])
        region = self.planes[:, rows, columns]
        change = surface.shade(self.light) * color[:, None, None]
        change -= region
        change *= cover
        region += change
        solid = cover >= 0.5
        np.copyto(self.depth[rows, columns], depth, where=solid)
        np.copyto(self.owner[rows, columns], np.int16(owner), where=solid)

    @property
    def image(self) -> NDArray[np.uint8]:
        """The (H, W, 3) BGR picture."""
        levels = [cv2.convertScaleAbs(plane) for plane in self.planes]  # rounded, and up to 255
        return np.asarray(cv2.merge(levels), np.uint8)

    @property
    def size(self) -> tuple[int, int]:
        """The picture's (height, width)."""
        height, width = self.depth.shape
        return height, width

    def sees(self, points: NDArray[np.float64], depths: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell of (N, 2) points in pixels whether nothing is nearer than their (N,) depths in mm.

        A point outside the picture is not seen.
        """
        inside = contains(self.size, points)
        x, y = np.rint(np.where(inside[:, None], points, 0)).astype(np.intp).T
        seen: NDArray[np.bool_] = inside & (self.depth[y, x] >= depths)
        return seen

    def _window(self, start: Disc, end: Disc) -> tuple[slice, slice] | None:
        """Return the rows and columns that the limb can touch; None if it is not in view."""
        height, width = self.size
        left = max(0, math.floor(min(start.x - start.radius, end.x - end.radius)))
        top = max(0, math.floor(min(start.y - start.radius, end.y - end.radius)))
        right = min(width, math.ceil(max(start.x + start.radius, end.x + end.radius)) + 1)
        bottom = min(height, math.ceil(max(start.y + start.radius, end.y + end.radius)) + 1)
        if left >= right or top >= bottom:
            return None
        return slice(top, bottom), slice(left, right)


def contains(size: tuple[int, int], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which of (..., 2) points in pixels lie in an image of (height, width)."""
    height, width = size
    x, y = points[..., 0], points[..., 1]
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


@dataclass(frozen=True, slots=True)
class _Surface:
    """The hull of two balls over a window of pixels: for each, the ball that rises highest."""

    axis: tuple[float, float]  # from start to end, length 1
    along: Floats  # (h, w) pixels from that ball's centre, in the axis' direction
    across: Floats  # (h, w) the same, at right angles to it
    radius: Floats  # (h, w) pixels, of that ball
    depth: Floats  # (h, w) mm, of that ball's centre
    rise: Floats  # (h, w) pixels from that centre towards the camera; 0 outside the hull

    def cover(self) -> Floats:
        """Return the share of each pixel that lies inside, 0 to 1."""
        cover = self.radius - np.hypot(self.along, self.across)
        cover += 0.5
        np.maximum(cover, 0, out=cover)
        return np.minimum(cover, 1, out=cover)

    def shade(self, light: Light) -> Floats:
        """Return the brightness, 0 to 1, of a matt surface."""
        x, y, z = light.direction
        u, v = self.axis
        lit: Floats = self.along * (u * x + v * y) + self.across * (v * x - u * y) - self.rise * z
        lit /= self.radius
        np.maximum(lit, 0, out=lit)
        lit *= 1 - light.ambient
        lit += light.ambient
        return lit


def _surface(start: Disc, end: Disc, rows: slice, columns: slice) -> _Surface:
    length = math.hypot(end.x - start.x, end.y - start.y)
    if length <= abs(end.radius - start.radius):  # one disc covers the other
        start = end = max(start, end, key=lambda disc: disc.radius)
        length = 0.0
    u, v, taper, recession = 1.0, 0.0, 0.0, 0.0  # per pixel along the axis
    if length:
        u, v = (end.x - start.x) / length, (end.y - start.y) / length
        taper, recession = (end.radius - start.radius) / length, (end.depth - start.depth) / length
    x: Floats = np.arange(columns.start, columns.stop, dtype=np.float32) - np.float32(start.x)
    y: Floats = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(start.y)
    along, across = x * u + y * v, x * v - y * u
    # the hull's outline touches a ball not abeam of its centre but towards the thinner end
    lean = np.float32(taper / math.sqrt(1 - taper**2))
    ball: Floats = along + lean * np.abs(across)
    np.maximum(ball, 0, out=ball)
    np.minimum(ball, length, out=ball)
    along -= ball
    radius = start.radius + taper * ball
    depth = start.depth + recession * ball
    rise = radius**2 - along**2 - across**2
    np.sqrt(np.maximum(rise, 0, out=rise), out=rise)
    return _Surface((u, v), along, across, radius, depth, rise)
