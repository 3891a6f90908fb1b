"""The lines of a face that are both drawn and annotated: brows, lids, nose, lips, jaw."""

from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.faces.surface import MOUTH, Expression, Shape, contour, front

LEFT, RIGHT = -1.0, 1.0  # sides as one sees the face; x grows to the right
NOSE_TIP, NOSE_BASE = 42.0, 52.0  # mm below the eyes
_CORNERS = 0.42  # of the jaw's way that the corners of the mouth follow
_LIP = 0.86  # where the inner corners are, of the outer ones


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one face.

    All but the jaw are (N, 3) places on the front view of the average face: x, y and how far
    each follows the jaw. `lift` puts them on this face, many at a time since that is faster.
    """

    shape: Shape
    expression: Expression

    def lift(self, *lines: Floats) -> Floats:
        """Return (N, 3) mm in the face's frame for the places of some lines together."""
        return front(self.shape, np.concatenate(lines))

    def jaw(self, count: int) -> Floats:
        """Return (count, 3) mm of the jaw's edge from the left ear over the chin to the right."""
        return contour(self.shape, self.expression, count)

    def brow(self, side: float, along: Floats, across: float) -> Floats:
        """Return places of a brow: along from its outer end 0 to its inner 1, across -1 to 1.

        The upper edge is at -1.
        """
        shape, raised = self.shape, self.expression.brows
        arch = 5.5 * shape.brow_arch * np.sin(np.pi * np.clip(along * 0.9 + 0.16, 0, 1))
        x = 52 - 39.5 * along - np.minimum(raised, 0) * -2.5 * along
        y = -17 - shape.brow_lift - arch - 8 * raised * np.where(raised < 0, along, 1)
        y = y - 5 * np.maximum(raised, 0) * along * (1 - along)
        half = shape.brow_weight * (0.9 + 1.7 * np.sqrt(np.clip(along, 0, 1)))
        return _places(side * x * shape.eye_gap, y + across * half)

    def lid(self, side: float, along: Floats, upper: float) -> Floats:
        """Return places of the upper (1) or lower (0) lid, or between them.

        Along is 0 at the outer corner and 1 at the inner.
        """
        x, low, high = self._eye(along)
        return _places(side * x, low + upper * (high - low))

    def iris(self, side: float, radius: float, upper: float, count: int) -> Floats:
        """Return the upper (1) or lower (0) half of a circle around the pupil, cut by the lids."""
        x, y = self._pupil(side)
        angles = np.linspace(0, np.pi, count)
        across = x + radius * np.cos(angles) * side
        edge = y + radius * np.sin(angles) * (1 - 2 * upper)
        outer, inner = self._eye(np.array([0.0, 1.0]))[0]
        across = side * np.clip(side * across, inner, outer)
        _, low, high = self._eye((outer - side * across) / (outer - inner))
        return _places(across, np.clip(edge, np.minimum(high, low), low))

    def pupil(self, side: float) -> Floats:
        """Return (1, 3): the middle of the iris, on the lid's line where that hides it."""
        x, y = self._pupil(side)
        return _places(np.array([x]), np.array([y]))

    def ridge(self, along: Floats) -> Floats:
        """Return places of the nose's ridge from between the eyes 0 to its tip 1."""
        y = 3 + (NOSE_TIP - 3) * along
        return _places(np.zeros_like(y), y * self.shape.nose_length)

    def nose_base(self, across: Floats) -> Floats:
        """Return places below the nose from its left wing -1 to its right 1."""
        y = NOSE_BASE - 2.5 * across**2
        shape = self.shape
        return _places(15 * shape.nose_width * across, y * shape.nose_length)

    def lips(self, across: Floats, edge: str) -> Floats:
        """Return places of an edge of the lips from the left corner -1 to the right 1.

        The edges are upper_outer, upper_inner, lower_inner and lower_outer.
        """
        shape, smile = self.shape, self.expression.smile
        inner = edge.endswith("inner")
        u = across * (_LIP if inner else 1.0)
        half = 26 * shape.mouth_width * (1 + 0.2 * max(smile, 0) + 0.3 * min(smile, 0))
        y = MOUTH - 8 * smile * u**2 - 0.8 + 1.6 * u**2 + self._lip_height(u, edge)
        lower = edge.startswith("lower")
        follows = _CORNERS + (1 - _CORNERS) * (1 - u**2) if lower else _CORNERS * u**4
        return _places(half * u, y, follows * self.expression.opening)

    def _lip_height(self, u: Floats, edge: str) -> Floats:
        """Return by how many mm an edge lies below the line where closed lips meet."""
        full = self.shape.lips * (1 - 0.3 * abs(self.expression.smile))
        bow = 8.5 * (1 - np.abs(u) ** 1.6) - 1.6 * np.exp(-((u / 0.12) ** 2))
        heights = {
            "upper_outer": -full * bow,
            "upper_inner": -0.3 * (1 - u**2),
            "lower_inner": 0.3 * (1 - u**2),
            "lower_outer": full * 10 * (1 - u**2) ** 0.8,
        }
        return np.asarray(heights[edge], float)

    def _eye(self, along: Floats) -> tuple[Floats, Floats, Floats]:
        """Return x, and y of the lower and the upper lid, on the right of a front view."""
        shape, act = self.shape, self.expression
        half = 15 * shape.eye_width
        x = 31.0 * shape.eye_gap + half * (1 - 2 * along)
        base = 1.5 - shape.eye_slant * (1 - along)
        hump = np.sqrt(np.clip(4 * along * (1 - along), 0, None))
        squint = 0.25 * max(act.smile, 0)
        low = base + 4.2 * shape.eye_height * hump * (1 - squint)
        high = base - 6.8 * shape.eye_height * hump * (1 + 0.25 * max(act.brows, 0))
        return x, low, low + (high - low) * (1 - act.blink)

    def _pupil(self, side: float) -> tuple[float, float]:
        shape, (right, down) = self.shape, self.expression.gaze
        x, low, high = self._eye(np.array([0.5]))
        y = min(max(0.3 - shape.eye_slant / 2 + down, float(high[0])), float(low[0]))
        return side * float(x[0]) + right, y


def _places(x: Floats, y: Floats, follows: Floats | float = 0.0) -> Floats:
    return np.stack(np.broadcast_arrays(x, y, follows), axis=-1)
