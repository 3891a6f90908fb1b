"""The blur of DARK and UDP: mmpose's, which is cv2.GaussianBlur's for a kernel of a given size."""

import math
from functools import cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def blur(maps: Tensor, sigma: float) -> Tensor:
    """Return (..., h, w) maps blurred by a Gaussian, zero outside, scaled to their old maxima.

    A map of zeros has no scale: it becomes NaN.
    """
    blurred = unscaled(maps, sigma)
    return blurred * (maps.amax((-2, -1), keepdim=True) / blurred.amax((-2, -1), keepdim=True))


def unscaled(maps: Tensor, sigma: float) -> Tensor:
    """Return (..., h, w) maps blurred by a Gaussian, zero outside."""
    down, across = (_band(size, sigma, maps.device).to(maps) for size in maps.shape[-2:])
    # As products of matrices: on a GPU, convolutions are rounded to TF32 unless told not to.
    return down @ maps @ across


def blur_radius(sigma: float) -> int:
    """Return how many cells the blur looks to each side: 5 for sigma 2, and 8 for 3.

    The published kernels of 11 and 17 cells; 6 sigma - 1, made odd, for any other sigma.
    """
    return max(math.ceil(3 * sigma) - 1, 1)


@cache
def kernel(sigma: float, reach: int) -> NDArray[Any]:
    """Return the (n * n, m * m) matrix from squares of cells to blurred ones in their middles.

    An edge n is 2 (reach + blur_radius) + 1, an edge m 2 reach + 1.
    """
    radius = blur_radius(sigma)
    edge = 2 * (reach + radius) + 1
    axis = _band(edge, sigma, torch.device("cpu"))[:, radius : edge - radius]
    return torch.kron(axis, axis).numpy()


def _band(size: int, sigma: float, device: torch.device) -> Tensor:
    """Return the symmetric (size, size) matrix that blurs one axis.

    It is made on the device: to copy it there, the host would wait for what runs on it.
    """
    radius = blur_radius(sigma)
    deviation = 0.3 * (radius - 1) + 0.8  # cv2's for a kernel that is given by its size
    steps = torch.arange(-radius, radius + 1, dtype=torch.float64, device=device)
    weights = torch.exp(-(steps**2) / (2 * deviation**2))
    weights /= weights.sum()
    cells = torch.arange(size, device=device)
    apart = cells[:, None] - cells
    band = weights[(apart + radius).clamp(0, 2 * radius)]
    return torch.where(apart.abs() <= radius, band, 0).float()
