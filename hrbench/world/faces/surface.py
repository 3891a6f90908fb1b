"""One face as a surface in 3D: lofted rings around the head, with bumps for nose, lips and chin.

Face frame: millimetres, x to the right and y down as one sees the face, z away from the viewer;
the eyes are at y = 0 and the ears at z = 0. A place on the surface is (angle, row): the angle
around the vertical axis, 0 in front, and the row whose height on the midline is that many mm.
"""

from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats

CHIN = 112.0  # the row of the jaw's edge; rows below are under the chin
MOUTH = 72.0  # mm below the eyes, where closed lips meet
_FRONT, _SIDE, _BACK, _WIDTH, _DEPTH, _BACK_DEPTH = range(1, 7)
# row; its height in front, at the sides, behind; its half width, depth in front, depth behind
_RINGS = np.array(
    [
        (-112, -112, -112, -112, 2, 4, 4),
        (-109, -109, -110, -109, 30, 34, 40),
        (-98, -98, -102, -98, 52, 58, 68),
        (-78, -78, -86, -76, 67, 75, 92),
        (-50, -50, -62, -46, 75, 84, 102),
        (-22, -22, -40, -18, 77, 88, 105),
        (0, 0, -24, 2, 76, 86, 104),
        (25, 25, -14, 20, 74, 87, 101),
        (50, 50, -8, 36, 72, 87, 96),
        (72, 72, -4, 46, 71, 86, 90),
        (92, 92, -2, 52, 70, 85, 84),
        (CHIN, CHIN, 0, 56, 69, 84, 78),
        (116, 113, 8, 57, 64, 76, 74),
        (124, 112, 30, 58, 54, 58, 66),
        (134, 106, 52, 60, 44, 36, 58),
        (150, 84, 60, 62, 6, 6, 6),
    ],
    float,
)
# middle x (on both sides), y; spread x, y; push towards the viewer in mm
_BUMPS = (
    (31.0, 1.0, 14.0, 10.0, -7.0),  # eye socket
    (30.0, -20.0, 22.0, 7.0, 2.5),  # ridge of the brow
    (44.0, 26.0, 15.0, 13.0, 3.5),  # cheekbone
    (0.0, 72.0, 20.0, 11.0, 3.5),  # lips
    (0.0, 90.0, 18.0, 5.0, -2.0),  # below the lips
    (0.0, 105.0, 15.0, 9.0, 4.0),  # chin
    (0.0, 0.0, 9.0, 9.0, -3.0),  # root of the nose
)
_NOSE_LINE = (-14, -4, 4, 20, 34, 42, 46, 50, 54, 60)  # mm below the eyes
_NOSE_HEIGHT = (0, 2, 5, 13, 21, 24, 21, 11, 3, 0)
_NOSE_WIDTH = (7, 7, 6, 8, 11, 12.5, 14, 13, 12, 12)
_HINGE = np.array([0.0, 8.0, -8.0])  # of the jaw, in front of the ears
_WIDEST = np.radians(17.0)  # by which it opens
_STEP = 0.5  # mm between the rings that are stored
_STEPS = 4  # of the fixed point that finds a place from its front view


@dataclass(frozen=True, slots=True)
class Shape:
    """Whose face it is: each a factor of the average one's, where nothing else is said."""

    width: float = 1.0
    length: float = 1.0
    jaw: float = 0.75  # power of the cosine that bends the jaw's edge: less is squarer
    nose_length: float = 1.0
    nose_width: float = 1.0
    nose_height: float = 1.0
    eye_gap: float = 1.0
    eye_width: float = 1.0
    eye_height: float = 1.0
    eye_slant: float = 0.0  # mm by which the outer corner is higher
    brow_lift: float = 0.0  # mm
    brow_arch: float = 1.0
    brow_weight: float = 1.0
    mouth_width: float = 1.0
    lips: float = 1.0


@dataclass(frozen=True, slots=True)
class Expression:
    """What the face does; all 0 is a face at rest, which is symmetric."""

    opening: float = 0.0  # of the mouth, 0 to 1
    smile: float = 0.0  # -1 puckered and sad, 1 wide
    brows: float = 0.0  # -1 frowning, 1 raised
    blink: float = 0.0  # 1 is closed
    gaze: tuple[float, float] = (0.0, 0.0)  # mm by which the pupils are off the middle


def _dense_rings() -> Floats:
    """Return the rings at every step, through which a smooth curve goes.

    Its slopes are harmonic means of those beside, so that it never overshoots a ring.
    Source: Fritsch and Butland 1984.
    """
    rows = np.arange(_RINGS[0, 0], _RINGS[-1, 0] + _STEP / 2, _STEP)
    steps = np.diff(_RINGS[:, :1], axis=0)
    rises = np.diff(_RINGS, axis=0) / steps
    same = rises[:-1] * rises[1:] > 0
    total = np.where(same, rises[:-1] + rises[1:], 1)
    inner = np.where(same, 2 * rises[:-1] * rises[1:] / total, 0)
    slopes = np.concatenate((rises[:1], inner, rises[-1:]))
    index = np.clip(np.searchsorted(_RINGS[:, 0], rows, side="right") - 1, 0, len(_RINGS) - 2)
    t = (rows - _RINGS[index, 0])[:, None] / steps[index]
    bent = t * (1 - t) * ((1 - t) * slopes[index] - t * slopes[index + 1]) * steps[index]
    straight = t**2 * (3 - 2 * t)
    dense: Floats = (1 - straight) * _RINGS[index] + straight * _RINGS[index + 1] + bent
    return dense


_DENSE = _dense_rings()


def surface(shape: Shape, expression: Expression, angle: Floats, row: Floats) -> Floats:
    """Return (..., 3) mm of places on the skin; angles are in radians and of any shape."""
    rest = _unmoved(shape, angle, row)
    loose = _smooth((row - MOUTH) / 8)
    return _grown(shape, open_jaw(rest, loose * expression.opening))


def front(shape: Shape, places: Floats) -> Floats:
    """Return (..., 3) mm of places (..., 3) on a front view of the average face.

    A place is x, y and how far it follows the jaw, which is 0 to 1 for the widest.
    """
    x, y, opening = np.moveaxis(places, -1, 0)
    row, angle = y, np.arcsin(np.clip(x / 80, -0.99, 0.99))
    for _ in range(_STEPS):
        row = row + y - _height(shape, angle, _rings(row))
        angle = np.arcsin(np.clip(x / _rings(row)[..., _WIDTH], -0.99, 0.99))
    return _grown(shape, open_jaw(_unmoved(shape, angle, row), opening))


def open_jaw(points: Floats, opening: Floats) -> Floats:
    """Return (..., 3) points turned around the jaw's hinge by (...) parts of the widest."""
    turn = _WIDEST * opening
    cosine, sine = np.cos(turn), np.sin(turn)
    x, y, z = np.moveaxis(points - _HINGE, -1, 0)
    turned = np.stack((x, cosine * y - sine * z, sine * y + cosine * z), axis=-1)
    back: Floats = turned + _HINGE
    return back


def contour(shape: Shape, expression: Expression, count: int) -> Floats:
    """Return (count, 3) mm of the jaw's edge from ear to ear, evenly spaced along it at rest."""
    angles = np.radians(np.linspace(-90, 90, 121))
    edge = _unmoved(shape, angles, np.full_like(angles, CHIN))
    length = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(edge, axis=0), axis=1))))
    even = np.interp(np.linspace(0, length[-1], count), length, angles)
    return surface(shape, expression, even, np.full_like(even, CHIN))


def _unmoved(shape: Shape, angle: Floats, row: Floats) -> Floats:
    cosine, rings = np.cos(angle), _rings(row)
    x = rings[..., _WIDTH] * np.sin(angle)
    y = _height(shape, angle, rings)
    z = -np.where(cosine > 0, rings[..., _DEPTH], rings[..., _BACK_DEPTH]) * cosine
    z = z - np.where((cosine > 0) & (row <= CHIN), _relief(shape, x, y), 0)
    return np.stack((x, y, z), axis=-1)


def _height(shape: Shape, angle: Floats, rings: Floats) -> Floats:
    cosine = np.cos(angle)
    middle = np.where(cosine > 0, rings[..., _FRONT], rings[..., _BACK])
    bend = np.abs(cosine) ** np.where(cosine > 0, shape.jaw, 1.0)
    height: Floats = rings[..., _SIDE] + (middle - rings[..., _SIDE]) * bend
    return height


def _relief(shape: Shape, x: Floats, y: Floats) -> Floats:
    """Return by how many mm the face stands out at x, y of its front view."""
    push = np.zeros_like(x)
    for middle, height, spread_x, spread_y, size in _BUMPS:
        off = (np.abs(x) - middle) / spread_x
        push += size * np.exp(-(off**2) - ((y - height) / spread_y) ** 2)
    line = y / shape.nose_length
    width = np.interp(line, _NOSE_LINE, _NOSE_WIDTH) * shape.nose_width
    ridge = np.interp(line, _NOSE_LINE, _NOSE_HEIGHT) * shape.nose_height
    relief: Floats = push + ridge * np.exp(-((np.abs(x) / width) ** 2.6))
    return relief


def _grown(shape: Shape, points: Floats) -> Floats:
    grown: Floats = points * np.array([shape.width, shape.length, 1.0])
    return grown


def _rings(row: Floats) -> Floats:
    """Return (..., 7) numbers of the rings at (...) rows."""
    place = np.clip((row - _DENSE[0, 0]) / _STEP, 0, len(_DENSE) - 1.001)
    index = place.astype(np.intp)
    share = (place - index)[..., None]
    rings: Floats = (1 - share) * _DENSE[index] + share * _DENSE[index + 1]
    return rings


def _smooth(share: Floats) -> Floats:
    share = np.clip(share, 0, 1)
    smooth: Floats = share * share * (3 - 2 * share)
    return smooth
