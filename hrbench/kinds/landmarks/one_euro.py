"""The one-euro filter: places of something that moves, with less jitter.

Letters: K places.

Source: Casiez et al. 2012, 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input.
"""

import math
from typing import TypeVar

import numpy as np

from hrbench.arrays import Floats
from hrbench.kinds.predictor import Smoothing

SPEED_CUTOFF = 1.0  # Hz, of speeds: the paper's
Cutoff = TypeVar("Cutoff", float, Floats)


class OneEuro:
    """A low-pass filter whose cutoff grows with the speed: what stands still is smoothed most.

    Each coordinate has a speed of its own, in sizes of the object a second.
    """

    def __init__(self, smoothing: Smoothing) -> None:
        self._smoothing = smoothing
        self._last: tuple[float, Floats, Floats] | None = None  # time, places, speeds

    def __call__(self, places: Floats, time: float, size: float) -> Floats:
        """Return (K, 2) places smoothed; the first ones are as they are.

        Args:
            places: of an object.
            time: of the places in seconds, later than that of the last ones.
            size: of the object, in the unit of the places.
        """
        if self._last is None:
            self._last = time, places, np.zeros_like(places)
            return places
        before, last, speed = self._last
        passed = time - before
        speed = speed + _share(SPEED_CUTOFF, passed) * ((places - last) / passed / size - speed)
        cutoff: Floats = self._smoothing.cutoff + self._smoothing.beta * np.abs(speed)
        smoothed = last + _share(cutoff, passed) * (places - last)
        self._last = time, smoothed, speed
        return smoothed


def _share(cutoff: Cutoff, passed: float) -> Cutoff:
    """Return how much of what is new counts, for a cutoff in Hz."""
    return 1 / (1 + 1 / (2 * math.pi * passed * cutoff))
