"""A person detector that was never there: its boxes are the true ones, spoilt.

It overlooks people, the small and the hidden ones more often; its boxes are off; it reports
some people twice and things that are nobody. Its scores follow the overlap with the truth,
with noise.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # x, y, width, height in pixels

_OVERLOOKED = 0.06  # how often a person is, at least
_OVERLOOKED_SMALL = 0.4  # and a very small one more often by this
_SMALL = 32.0  # pixels: the size at which that has faded to a third
_SHIFT, _STRETCH = 0.04, 0.06  # standard deviations: of the box's sides, and of their logarithm
_TWICE = 0.25  # how often a second, worse box follows
_WORSE = 3.0  # times the usual jitter
_NOBODY = 0.7  # boxes with nobody in them, a picture


def detect(
    rng: np.random.Generator, people: Sequence[Box], size: tuple[int, int]
) -> list[tuple[Box, float]]:
    """Return boxes in an image of (height, width) with scores from 0 to 1, best first."""
    hits = []
    for box in people:
        smallness = np.exp(-np.sqrt(box[2] * box[3]) / _SMALL)
        if rng.random() < _OVERLOOKED + _OVERLOOKED_SMALL * smallness:
            continue
        hits.append(_report(rng, box, size, 1.0))
        if rng.random() < _TWICE:
            hits.append(_report(rng, box, size, _WORSE))
    hits += [_false_alarm(rng, size) for _ in range(rng.poisson(_NOBODY))]
    return sorted((hit for hit in hits if min(hit[0][2:]) >= 1), key=lambda hit: -hit[1])


def overlap(first: Box, second: Box) -> float:
    """Return the intersection of two boxes over their union."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = first, second
    width = min(ax + aw, bx + bw) - max(ax, bx)
    height = min(ay + ah, by + bh) - max(ay, by)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (aw * ah + bw * bh - shared)


def _report(
    rng: np.random.Generator, box: Box, size: tuple[int, int], jitter: float
) -> tuple[Box, float]:
    sides = np.array(box[2:])
    middle = np.array(box[:2]) + sides / 2 + rng.normal(0, jitter * _SHIFT, 2) * sides
    sides = sides * np.exp(rng.normal(0, jitter * _STRETCH, 2))
    seen = _clipped(middle - sides / 2, middle + sides / 2, size)
    return seen, float(np.clip(overlap(box, seen) + rng.normal(0.02, 0.08), 0.01, 0.999))


def _false_alarm(rng: np.random.Generator, size: tuple[int, int]) -> tuple[Box, float]:
    height, width = size
    middle = rng.uniform((0, 0), (width, height))
    sides = rng.uniform(0.15, 0.8) * height * np.array([rng.uniform(0.25, 0.8), 1.0])
    score = float(np.clip(rng.beta(1.2, 6), 0.01, 0.95))
    return _clipped(middle - sides / 2, middle + sides / 2, size), score


def _clipped(low: NDArray[np.float64], high: NDArray[np.float64], size: tuple[int, int]) -> Box:
    """Return the part of a box that lies in the image."""
    height, width = size
    left, top = np.clip(low, 0, (width, height)).tolist()
    right, bottom = np.clip(high, 0, (width, height)).tolist()
    return left, top, right - left, bottom - top
