"""From heatmaps to positions: the quarter step, DARK, and DARK as UDP has it.

Each takes (B, K, h, w) maps and the targets' sigma in cells, and returns (B, K, 2) positions
x, y in cells and (B, K) scores, the maxima. A map with no positive value decodes to (0, 0).
Computed where the maps are.
"""

import math
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hrbench.heads.maxima import Peaks, Values, peaks_of

Decoder = Callable[[Tensor, float], tuple[Tensor, Tensor]]
Steps = Callable[[Peaks[Any], float], tuple[Any, Any]]  # of maxima, to the right and down

EPSILON = torch.finfo(torch.float32).eps


def moving(steps: Steps) -> Decoder:
    """Return the decoder that moves the first maxima of maps by steps."""

    @wraps(steps)
    def decode(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        peaks = peaks_of(maps)
        return peaks.moved(*steps(peaks, sigma))

    return decode


@moving
def quarter(peaks: Peaks[Any], sigma: float) -> tuple[Any, Any]:  # noqa: ARG001  `Steps` has it
    """Return the first maximum, moved a quarter cell towards the higher neighbour.

    At the border it is not moved; columns and rows 0, 1 and the last are the border.

    Source: deep-high-resolution-net.pytorch, lib/core/inference.py.
    """
    ahead, behind = peaks.neighbours()
    step = peaks.inside(2, 1) / 4
    steps = step * (ahead > behind) - step * (ahead < behind)
    return steps[0], steps[1]


@moving
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def dark(peaks: Peaks[Any], sigma: float) -> tuple[Any, Any]:
    """Return the peak of the Gaussian that the blurred map is around its first maximum.

    One Newton step on the logarithm; the step has no limit. Within two cells of the border, and
    where the second derivatives do not determine a peak, it is the maximum itself.

    Source: Zhang et al. 2020, section 3.2; which cells are the border, mmpose.
    """
    at, where = peaks.logarithms(sigma, 1e-10, math.inf), peaks.library.where
    steps = newton_step(
        peaks.library,
        slope=((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2),
        xx=(at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4,
        yy=(at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4,
        xy=(at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4,
    )
    inside = peaks.inside(2, 2)
    right, down = (where(inside, step, 0) for step in steps)
    return right, down


@moving
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def udp(peaks: Peaks[Any], sigma: float) -> tuple[Any, Any]:
    """Return the peak as `dark` does, with derivatives over one cell and no border.

    Outside of the map its last cells are repeated, so a maximum there moves half a cell out.

    Source: Huang et al. 2020, section 3.3, as mmpose computes it.
    """
    at = peaks.logarithms(sigma, 1e-3, 50.0)
    beside = at(1, 0) + at(0, 1) + at(-1, 0) + at(0, -1)
    return newton_step(
        peaks.library,
        slope=((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2),
        xx=at(1, 0) - 2 * at(0, 0) + at(-1, 0) + EPSILON,
        yy=at(0, 1) - 2 * at(0, 0) + at(0, -1) + EPSILON,
        xy=(at(1, 1) - beside + 2 * at(0, 0) + at(-1, -1)) / 2,
    )


DECODERS: dict[str, Decoder] = {"quarter": quarter, "dark": dark, "udp": udp}


def newton_step(
    library: ModuleType, slope: tuple[Values, Values], xx: Values, yy: Values, xy: Values
) -> tuple[Values, Values]:
    """Return the steps right and down to where the slope is 0, by the second derivatives.

    Where these are singular the step is 0.
    """
    across, along = slope
    determinant = xx * yy - xy * xy
    right = (xy * along - yy * across) / determinant
    down = (xy * across - xx * along) / determinant
    regular = library.isfinite(right) & library.isfinite(down)
    return library.where(regular, right, 0), library.where(regular, down, 0)
