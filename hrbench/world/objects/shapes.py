"""Twelve objects of ImageNet, crudely drawn: what tells them apart is their shape.

An object is drawn in a square from -1 to 1, x to the right and y down, with a brush that turns,
scales and colours it. All objects take their colours from one range.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from hrbench.world.objects.brush import Brush, around, dimmed, ellipse


def clock(brush: Brush, rng: np.random.Generator) -> None:
    """A dial with twelve marks and two hands."""
    brush.disc(0, 0, 0.95, brush.body)
    brush.disc(0, 0, 0.8, brush.other)
    for outer, inner in zip(around(12, 0.75), around(12, 0.6), strict=True):
        brush.stroke(inner, outer, 0.06, brush.body)
    for length, width in ((0.42, 0.1), (0.62, 0.06)):
        angle = rng.uniform(0, 2 * math.pi)
        brush.stroke(
            (0, 0), (length * math.cos(angle), length * math.sin(angle)), width, brush.body
        )


def banana(brush: Brush, rng: np.random.Generator) -> None:
    """A crescent with dark ends."""
    bend = rng.uniform(0.35, 0.6)
    x = np.linspace(-0.95, 0.95, 30)
    thick = 0.3 * np.sqrt(np.clip(1 - x**2, 0, None)) + 0.03
    middle = bend * (1 - x**2)
    outline = np.concatenate(
        [np.stack([x, middle - thick], 1), np.stack([x, middle + 0.4 * thick], 1)[::-1]]
    )
    brush.shape(outline - (0, bend / 2), brush.body)
    for end in (-1, 1):
        brush.stroke((0.9 * end, -bend / 2), (1.02 * end, -bend / 2 - 0.12), 0.1, brush.other)


def traffic_light(brush: Brush, rng: np.random.Generator) -> None:
    """Three lamps in a box on a pole, one of them lit."""
    brush.stroke((0, 0.6), (0, 1.3), 0.16, brush.other)
    brush.shape([(-0.36, -0.98), (0.36, -0.98), (0.36, 0.7), (-0.36, 0.7)], brush.body)
    lit = rng.integers(3)
    for number, y in enumerate((-0.68, -0.14, 0.4)):
        brush.disc(0, y, 0.22, brush.other if number == lit else dimmed(brush.other))


def umbrella(brush: Brush, rng: np.random.Generator) -> None:
    """A canopy of ribs over a stick with a crook."""
    brush.stroke((0, -0.5), (0, 0.75), 0.07, brush.other)
    crook = ellipse(0.14, 0.78, 0.14, 0.16)[:20]
    for one, two in pairwise(crook):
        brush.stroke(tuple(one), tuple(two), 0.07, brush.other)
    angles = np.linspace(math.pi, 2 * math.pi, 24)
    top = np.stack([0.95 * np.cos(angles), 0.85 * np.sin(angles)], 1)
    bays = int(rng.integers(4, 7))
    x = np.linspace(0.95, -0.95, 48)
    hem = np.stack([x, -0.12 * np.abs(np.sin((x + 0.95) / 1.9 * math.pi * bays))], 1)
    brush.shape(np.concatenate([top, hem]), brush.body)
    for bay in range(1, bays):
        brush.stroke((0, -0.85), (-0.95 + 1.9 * bay / bays, 0), 0.03, brush.other)


def soccer_ball(brush: Brush, rng: np.random.Generator) -> None:
    """A ball with five-cornered patches."""
    brush.disc(0, 0, 0.95, brush.body)
    turn = rng.uniform(0, 2 * math.pi)
    brush.shape(around(5, 0.32, turn), brush.other)
    for angle in np.arange(5) * 2 * math.pi / 5 + turn:
        ahead = np.array([math.cos(angle), math.sin(angle)])
        aside = np.array([-ahead[1], ahead[0]])
        brush.stroke(tuple(0.32 * ahead), tuple(0.64 * ahead), 0.05, brush.other)
        patch = [0.64 * ahead, 0.8 * ahead + 0.24 * aside, 0.93 * ahead + 0.12 * aside]
        patch += [0.93 * ahead - 0.12 * aside, 0.8 * ahead - 0.24 * aside]
        brush.shape(np.array(patch), brush.other)


def envelope(brush: Brush, rng: np.random.Generator) -> None:
    """A rectangle with a flap and a stamp or a seal."""
    brush.shape([(-1, -0.62), (1, -0.62), (1, 0.62), (-1, 0.62)], brush.body)
    depth = rng.uniform(0.05, 0.3)
    for corner in ((-1, -0.62), (1, -0.62)):
        brush.stroke(corner, (0, depth), 0.05, brush.other)
    for corner in ((-1, 0.62), (1, 0.62)):
        brush.stroke(corner, (0.3 * corner[0], 0.05), 0.03, brush.other)
    brush.disc(0, depth, 0.12, brush.other)


def mushroom(brush: Brush, rng: np.random.Generator) -> None:
    """A cap with spots on a stalk that is wider below."""
    brush.shape([(-0.2, -0.1), (0.2, -0.1), (0.32, 0.95), (-0.32, 0.95)], brush.other)
    angles = np.linspace(math.pi, 2 * math.pi, 30)
    cap = np.stack([0.95 * np.cos(angles), 0.9 * np.sin(angles)], 1)
    brush.shape(np.concatenate([cap, [(0.6, 0.12), (-0.6, 0.12)]]), brush.body)
    for _ in range(int(rng.integers(3, 7))):
        angle, radius = rng.uniform(1.15, 1.85) * math.pi, rng.uniform(0.2, 0.7)
        x, y = 0.9 * radius * math.cos(angle), 0.85 * radius * math.sin(angle)
        brush.disc(x, y, rng.uniform(0.06, 0.13), brush.other)


def hourglass(brush: Brush, rng: np.random.Generator) -> None:
    """Two bulbs of glass between plates, with sand."""
    level = rng.uniform(0.3, 0.7)
    brush.shape([(-0.55, -0.85), (0.55, -0.85), (0.06, 0), (0.55, 0.85), (-0.55, 0.85), (-0.06, 0)],
                brush.other)  # fmt: skip
    brush.shape([(-0.5 * level, -0.85 * level), (0.5 * level, -0.85 * level), (0, 0)], brush.body)
    brush.shape([(-0.5, 0.85), (0.5, 0.85), (0, 0.85 - 0.6 * (1 - level))], brush.body)
    for y in (-0.92, 0.92):
        brush.shape([(-0.7, y - 0.08), (0.7, y - 0.08), (0.7, y + 0.08), (-0.7, y + 0.08)],
                    brush.body)  # fmt: skip
    for x in (-0.62, 0.62):
        brush.stroke((x, -0.85), (x, 0.85), 0.06, brush.body)


def ladybug(brush: Brush, rng: np.random.Generator) -> None:
    """A round back with a seam and spots, a head, six legs."""
    for side in (-1, 1):
        for y in (-0.4, 0.05, 0.5):
            brush.stroke((0.5 * side, y), (1.0 * side, y + 0.15), 0.06, brush.other)
        brush.stroke((0.1 * side, -0.9), (0.35 * side, -1.15), 0.05, brush.other)
    brush.disc(0, -0.72, 0.32, brush.other)
    brush.shape(ellipse(0, 0.08, 0.72, 0.82), brush.body)
    brush.stroke((0, -0.7), (0, 0.88), 0.05, brush.other)
    size = rng.uniform(0.11, 0.17)
    for side in (-1, 1):
        for x, y in ((0.3, -0.3), (0.42, 0.2), (0.22, 0.58)):
            brush.disc(side * x, y, size, brush.other)


def daisy(brush: Brush, rng: np.random.Generator) -> None:
    """Petals around a disc, on a stem."""
    brush.stroke((0, 0), (rng.uniform(-0.3, 0.3), 1.5), 0.08, brush.other)
    count = int(rng.integers(9, 15))
    for angle in np.arange(count) * 2 * math.pi / count:
        petal = ellipse(0.62, 0, 0.36, 0.14)
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        brush.shape(petal @ turn, brush.body)
    brush.disc(0, 0, 0.28, brush.other)


def dumbbell(brush: Brush, rng: np.random.Generator) -> None:
    """A bar with plates at both ends."""
    brush.stroke((-0.6, 0), (0.6, 0), 0.16, brush.other)
    plates = int(rng.integers(1, 4))
    for side in (-1, 1):
        for plate in range(plates):
            x, high = side * (0.5 + 0.17 * plate), 0.62 - 0.12 * plate
            brush.shape([(x - 0.08, -high), (x + 0.08, -high), (x + 0.08, high), (x - 0.08, high)],
                        brush.body)  # fmt: skip


def street_sign(brush: Brush, rng: np.random.Generator) -> None:
    """A board with an arrow on a post."""
    brush.stroke((0, -0.2), (0, 1.5), 0.1, brush.other)
    board = [(-0.95, -0.75), (0.7, -0.75), (1.0, -0.4), (0.7, -0.05), (-0.95, -0.05)]
    brush.shape(board, brush.body)
    words = int(rng.integers(1, 3))
    for word in range(words):
        y = -0.4 + 0.22 * (word - (words - 1) / 2)
        brush.stroke((-0.75, y), (rng.uniform(0.1, 0.45), y), 0.1, brush.other)


Draw = Callable[[Brush, np.random.Generator], None]
OBJECTS: dict[str, Draw] = {  # by the folder of their class in ImageNet
    "n02165456": ladybug,
    "n02708093": clock,
    "n03255030": dumbbell,
    "n03291819": envelope,
    "n03544143": hourglass,
    "n04254680": soccer_ball,
    "n04507155": umbrella,
    "n06794110": street_sign,
    "n06874185": traffic_light,
    "n07734744": mushroom,
    "n07753592": banana,
    "n11939491": daisy,
}
