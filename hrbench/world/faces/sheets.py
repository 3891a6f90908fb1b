"""A head and shoulders as bent sheets: skin, hair, ears, features, glasses, clothes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.faces.lines import LEFT, RIGHT, Lines
from hrbench.world.faces.looks import Looks
from hrbench.world.faces.surface import MOUTH, Shape, surface

_HALF = (0, 2, 4.5, 7, 10, 13, 17, 21, 26, 32, 38, 45, 52, 60, 68, 76, 84, 92, 104, 120, 145, 180)
_ANGLES = np.radians(np.array([-a for a in _HALF[:0:-1]] + list(_HALF), float))
_ROWS = np.array(
    (
        *(-112, -108, -100, -90, -78, -66, -54, -44, -36, -29, -23, -17, -11, -5, 0, 6, 12, 18),
        *(24, 30, 35, 39, 43, 46, 49, 52, 56, 61, 66, 70, 74, 79, 85, 91, 97, 103, 108, 112),
        *(115, 119, 124, 134, 150),
    ),
    float,
)
_SIDES = (LEFT, RIGHT)
_ALONG = (1 - np.cos(np.linspace(0, np.pi, 13))) / 2  # denser at both ends
_ACROSS = 2 * _ALONG - 1
_WHITE, _BLACK = np.array((225.0, 228, 232)), np.array((18.0, 18, 22))
_MOUTH_INSIDE, _TEETH = np.array((30.0, 22, 70)), np.array((200.0, 220, 228))
_IRIS, _PUPIL = 6.2, 2.6  # radii in mm


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of places between which a surface is drawn."""

    points: Floats  # (R, C, 3) mm; seen from its front, rows go down and columns right
    colors: Floats  # BGR 0 to 255: one, or one for each of the (R - 1, C - 1) squares
    lift: float = 0.0  # mm by which it counts as nearer than it is, to lie on another sheet
    solid: bool = True  # only its front is seen
    shaded: float = 1.0  # how much of its brightness is the light's


def head_sheets(rng: np.random.Generator, lines: Lines, looks: Looks) -> Iterator[Sheet]:
    """Yield the sheets of a head in the face's frame."""
    yield _skin(lines, looks)
    yield from _ears(lines.shape, looks)
    if not looks.bald:
        yield from _hair(rng, lines, looks)
    yield from _features(lines, looks)
    if looks.glasses:
        yield from glasses(lines.shape, looks.frame)


def body_sheets(looks: Looks) -> Iterator[Sheet]:
    """Yield neck and shoulders in a frame whose origin is that of the face at rest."""
    # height, half width and half depth of rings; the neck begins inside the head
    neck = ((70, 50, 48), (105, 51, 49), (135, 55, 51), (165, 66, 55))
    chest = ((140, 62, 56), (150, 100, 64), (164, 160, 74), (197, 198, 84), (1200, 205, 90))
    for rings, color in ((neck, looks.skin * 0.92), (chest, looks.cloth)):
        angles = np.linspace(-np.pi, np.pi, 25)
        y, wide, deep = (column[:, None] for column in np.array(rings, float).T)
        x, z = wide * np.sin(angles), 22 - deep * np.cos(angles)
        yield Sheet(np.stack((x, np.broadcast_to(y, x.shape), z), axis=-1), color)


def glasses(shape: Shape, color: Floats, *, filled: bool = False) -> Iterator[Sheet]:
    """Yield the rims, bridge and arms of glasses, and dark panes if they are filled."""
    turn = np.linspace(0, 2 * np.pi, 21)
    for side in _SIDES:
        middle = np.array([side * 33 * shape.eye_gap, 3.0])
        circle = np.stack((np.sin(turn), -np.cos(turn)), axis=-1) * (26, 19)
        rim = np.stack((middle + 1.1 * circle, middle + 0.94 * circle))
        yield Sheet(_before_eyes(shape, rim), color, lift=14.0, solid=False)
        arm = np.array([[(58, -6, -78), (77, -8, 6)], [(58, 0, -78), (77, -3, 6)]], float)
        yield Sheet(arm * (side * shape.width, 1, 1), color, lift=4.0, solid=False)
        if filled:
            top, bottom = circle[:11], circle[:9:-1]
            pane = _before_eyes(shape, np.stack((middle + top, middle + bottom)))
            yield Sheet(pane, 0.3 * color, lift=12.0, solid=False, shaded=0.4)
    bridge = np.array([[(-9, -2), (9, -2)], [(-9, 2), (9, 2)]], float)
    yield Sheet(_before_eyes(shape, bridge), color, lift=14.0, solid=False)


def mask(lines: Lines, color: Floats) -> Sheet:
    """Return a surgeon's mask from the nose to below the mouth."""
    across, down = np.meshgrid(np.linspace(-1, 1, 17), np.linspace(0, 1, 12))
    x, y = across * 56, 26 + 70 * down + 8 * across**2 * (1 - 2 * down)
    follows = np.clip((y - MOUTH) / 30, 0, 1)
    places = np.stack((x, y, follows), axis=-1)
    return Sheet(lines.lift(*places).reshape(places.shape), color, lift=16.0, shaded=0.6)


def _skin(lines: Lines, looks: Looks) -> Sheet:
    angle, row = np.meshgrid(_ANGLES, _ROWS)
    points = surface(lines.shape, lines.expression, angle, row)
    middles = (points[1:, 1:] + points[:-1, :-1]) / 2
    x, y, z = np.moveaxis(middles, -1, 0)
    cheek = np.exp(-(((np.abs(x) - 42) / 18) ** 2) - ((y - 34) / 16) ** 2)
    nose = np.exp(-((x / 11) ** 2) - ((y - 44) / 9) ** 2)
    chin = np.clip((y - 42 - 0.35 * np.abs(x)) / 22, 0, 1) * np.clip(-z / 20, 0, 1)
    red = np.clip(cheek + 0.5 * nose, 0, 1)[..., None]
    hairy = (looks.beard * chin)[..., None]
    colors = looks.skin + red * (looks.cheeks - looks.skin)
    return Sheet(points, colors + hairy * (0.7 * looks.hair - colors))


def _ears(shape: Shape, looks: Looks) -> Iterator[Sheet]:
    turn = np.linspace(0, np.pi, 9)
    for side in _SIDES:
        for size, color in ((1.0, looks.skin * (0.9, 0.9, 1)), (0.6, looks.skin * 0.66)):
            y = 10 - size * 29 * np.cos(turn)
            wide = size * 14 * np.sin(turn) * (1 - 0.25 * np.cos(turn + 2.4))
            edges = np.stack((4 - wide, 4 + wide))
            x = 72 + 0.55 * (edges - 4 + 6)
            ear = np.stack((side * x * shape.width, np.broadcast_to(y, x.shape), edges), axis=-1)
            yield Sheet(ear, color, lift=2 + 4 * (size < 1), solid=False)


def _hair(rng: np.random.Generator, lines: Lines, looks: Looks) -> Iterator[Sheet]:
    """Yield a cap of hair down to the hairline, and what hangs from it."""
    turned = np.degrees(np.abs(_ANGLES))
    ends = (looks.hairline, looks.hairline + 4, -34.0, 14.0, 16.0, 56.0)
    line = np.interp(turned, (0, 30, 58, 78, 92, 112), ends)
    share = np.array([0, 0.06, 0.15, 0.3, 0.45, 0.6, 0.72, 0.83, 0.92, 0.97, 1.0])[:, None]
    row = -112 + share * (line + 112)
    cap = surface(lines.shape, lines.expression, np.broadcast_to(_ANGLES, row.shape), row)
    thick = 1.02 + 0.09 * (1 - share**8)[..., None]
    locks = rng.uniform(0.8, 1.2, (1, len(_ANGLES) - 1, 1))
    ends_at = rng.uniform(0.9, 1.1, (len(share) - 1, len(_ANGLES) - 1, 1))
    yield Sheet(cap * thick, looks.hair * locks * ends_at, lift=3.0)
    if looks.hanging:
        behind = np.radians(np.linspace(72, 288, 22))
        down = np.linspace(0, 1, 7)[:, None]
        row = np.full((7, len(behind)), -16.0)
        curtain = surface(lines.shape, lines.expression, behind + 0 * row, row)
        curtain *= 1.1 + 0.1 * np.sin(np.pi * down)[..., None]
        curtain[..., 1] = -26 + (26 + looks.hanging) * down
        locks = rng.uniform(0.75, 1.2, (1, len(behind) - 1, 1))
        yield Sheet(curtain[:, ::-1], looks.hair * locks, lift=6.0)


def _features(lines: Lines, looks: Looks) -> Iterator[Sheet]:
    """Yield brows, eyes, nostrils and lips, which lie on the skin."""
    strips = [*_eye_strips(lines, looks), *_nose_strips(lines, looks), *_lip_strips(lines, looks)]
    edges = [edge for upper, lower, _, _ in strips for edge in (upper, lower)]
    points = lines.lift(*edges)
    ends = np.cumsum([len(edge) for edge in edges])[1::2]
    for (upper, lower, color, lift), end in zip(strips, ends, strict=True):
        strip = points[end - len(upper) - len(lower) : end].reshape(2, -1, 3)
        if strip[0, 0, 0] > strip[0, -1, 0]:
            strip = strip[:, ::-1]
        yield Sheet(strip, color, lift=lift)


Strip = tuple[Floats, Floats, Floats, float]  # both edges, colour, lift


def _eye_strips(lines: Lines, looks: Looks) -> Iterator[Strip]:
    for side in _SIDES:
        upper, lower = lines.lid(side, _ALONG, 1), lines.lid(side, _ALONG, 0)
        taper = 4 * (_ALONG * (1 - _ALONG))[:, None]
        yield lines.brow(side, _ALONG, -1), lines.brow(side, _ALONG, 1), looks.brow, 7.0
        yield upper - (0, 5, 0) * taper, upper, looks.shadow, 5.0
        yield upper, lower, _WHITE, 7.0
        for radius, color, lift in ((_IRIS, looks.iris, 9.5), (_PUPIL, _BLACK, 12.0)):
            yield lines.iris(side, radius, 1, 13), lines.iris(side, radius, 0, 13), color, lift
        yield *_band(upper, 1.4, 0.5), _BLACK + 0.1 * looks.skin, 14.0
        yield *_band(lower, 0.2, 0.8), looks.skin * 0.55, 10.0


def _nose_strips(lines: Lines, looks: Looks) -> Iterator[Strip]:
    wide, long = lines.shape.nose_width, lines.shape.nose_length
    turn = np.linspace(0, np.pi, 7)
    for side in _SIDES:
        x, y = side * wide * (6.5 - 4 * np.cos(turn)), 1.8 * np.sin(turn)
        hole = [np.stack((x, 49.5 * long + way * y, 0 * x), axis=-1) for way in (-1, 1)]
        yield hole[0], hole[1], looks.skin * 0.3, 6.0
        wing = np.array([(11.5, 38), (14.5, 42), (16, 46), (15.2, 50), (11, 52.5)])
        crease = np.column_stack((wing * (side * wide, long), np.zeros(5)))
        half = np.array([side * 0.9, 0, 0])
        yield crease - half, crease + half, looks.skin * 0.68, 5.0
    base = lines.nose_base(0.75 * _ACROSS)
    yield *_band(base, 0.8, 0.8), looks.skin * 0.66, 5.5


def _lip_strips(lines: Lines, looks: Looks) -> Iterator[Strip]:
    outer, inner = (
        [lines.lips(_ACROSS, f"{lip}_{e}") for lip in ("upper", "lower")]
        for e in ("outer", "inner")
    )
    yield outer[0], inner[0], looks.lips * 0.88, 6.0
    yield inner[1], outer[1], looks.lips, 6.0
    yield _band(inner[0], 0.4, 0)[0], _band(inner[1], 0, 0.4)[1], _MOUTH_INSIDE, 8.0
    gap = np.clip(lines.expression.opening * 30 * (1 - _ACROSS**2) - 1, 0, 6)
    yield inner[0], inner[0] + gap[:, None] * (0, 1, 0), _TEETH, 10.0


def _band(line: Floats, above: float, below: float) -> tuple[Floats, Floats]:
    """Return the edges of a band so many mm above and below a line of places."""
    down = np.array([0.0, 1.0, 0.0])
    return line - above * down, line + below * down


def _before_eyes(shape: Shape, places: Floats) -> Floats:
    """Return (..., 3) mm of (..., 2) x, y on the bent plane of a pair of glasses."""
    x, y = places[..., 0], places[..., 1]
    return np.stack((x * shape.width, y, -91 + 0.004 * x**2), axis=-1)
