"""From heatmaps to positions: the quarter step, DARK, and DARK as UDP has it.

Each takes (B, K, h, w) maps and the targets' sigma in cells, and returns (B, K, 2) positions
x, y in cells and (B, K) scores, the maxima. A map with no positive value decodes to (0, 0).
Computed where the maps are.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

Decoder = Callable[[Tensor, float], tuple[Tensor, Tensor]]

EPSILON = torch.finfo(torch.float32).eps


def quarter(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:  # noqa: ARG001  a Decoder has it
    """Return the first maximum, moved a quarter cell towards the higher neighbour.

    At the border it is not moved; columns and rows 0, 1 and the last are the border.

    Source: deep-high-resolution-net.pytorch, lib/core/inference.py.
    """
    height, width = maps.shape[-2:]
    scores, x, y = maxima(maps)
    inside = (x > 1) & (x < width - 1) & (y > 1) & (y < height - 1)
    at = sampled(maps, x, y)
    right, down = (at(1, 0) - at(-1, 0)).sign(), (at(0, 1) - at(0, -1)).sign()
    return _moved(x, y, torch.stack((right, down), dim=-1) * inside[..., None] / 4, scores)


def dark(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Return the peak of the Gaussian that the blurred map is around its first maximum.

    One Newton step on the logarithm; the step has no limit. Within two cells of the border, and
    where the second derivatives do not determine a peak, it is the maximum itself.

    Source: Zhang et al. 2020, section 3.2; which cells are the border, mmpose.
    """
    height, width = maps.shape[-2:]
    scores, x, y = maxima(maps)
    at = sampled(blur(maps, sigma).clamp(min=1e-10).log(), x, y)
    step = newton_step(
        slope=((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2),
        xx=(at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4,
        yy=(at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4,
        xy=(at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4,
    )
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    return _moved(x, y, torch.where(inside[..., None], step, 0), scores)


def udp(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Return the peak as `dark` does, with derivatives over one cell and no border.

    Outside of the map its last cells are repeated, so a maximum there moves half a cell out.

    Source: Huang et al. 2020, section 3.3, as mmpose computes it.
    """
    scores, x, y = maxima(maps)
    at = sampled(blur(maps, sigma).clamp(1e-3, 50.0).log(), x, y)
    beside = at(1, 0) + at(0, 1) + at(-1, 0) + at(0, -1)
    step = newton_step(
        slope=((at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2),
        xx=at(1, 0) - 2 * at(0, 0) + at(-1, 0) + EPSILON,
        yy=at(0, 1) - 2 * at(0, 0) + at(0, -1) + EPSILON,
        xy=(at(1, 1) - beside + 2 * at(0, 0) + at(-1, -1)) / 2,
    )
    return _moved(x, y, step, scores)


DECODERS: dict[str, Decoder] = {"quarter": quarter, "dark": dark, "udp": udp}


def maxima(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the (B, K) maxima, and the column and row of the first cell that has it."""
    scores, peak = maps.flatten(2).max(dim=-1)
    width = maps.shape[-1]
    return scores, peak % width, peak // width


def sampled(maps: Tensor, x: Tensor, y: Tensor) -> Callable[[int, int], Tensor]:
    """Return a function for the (B, K) values so many cells right of and below each x, y.

    Beyond the border it is the value at the border.
    """
    flat, (height, width) = maps.flatten(2), maps.shape[-2:]

    def at(right: int, down: int) -> Tensor:
        column, row = (x + right).clamp(0, width - 1), (y + down).clamp(0, height - 1)
        return flat.gather(2, (row * width + column)[..., None])[..., 0]

    return at


def newton_step(slope: tuple[Tensor, Tensor], xx: Tensor, yy: Tensor, xy: Tensor) -> Tensor:
    """Return the (B, K, 2) steps to where the slope is 0, by the second derivatives.

    Where these are singular the step is 0.
    """
    right, down = slope
    step = torch.stack((xy * down - yy * right, xy * right - xx * down), dim=-1)
    step = step / (xx * yy - xy * xy)[..., None]
    return torch.where(step.isfinite().all(dim=-1, keepdim=True), step, 0)


def _moved(x: Tensor, y: Tensor, step: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    positive = (scores > 0)[..., None]
    return torch.where(positive, torch.stack((x, y), dim=-1) + step, 0), scores


def blur(maps: Tensor, sigma: float) -> Tensor:
    """Return maps blurred by a Gaussian, zero outside, scaled to their old maxima.

    A map of zeros has no scale: it becomes NaN.

    Source: mmpose, whose blur is cv2.GaussianBlur's.
    """
    height, width = maps.shape[-2:]
    # As products of matrices: on a GPU, convolutions are rounded to TF32 unless told not to.
    blurred = _band(height, sigma).to(maps) @ maps @ _band(width, sigma).to(maps)
    return blurred * (maps.amax((2, 3), keepdim=True) / blurred.amax((2, 3), keepdim=True))


def blur_radius(sigma: float) -> int:
    """Return how many cells the blur looks to each side: 5 for sigma 2, and 8 for 3.

    The published kernels of 11 and 17 cells; 6 sigma - 1, made odd, for any other sigma.
    """
    return max(math.ceil(3 * sigma) - 1, 1)


def _band(size: int, sigma: float) -> Tensor:
    """Return the symmetric (size, size) matrix that blurs one axis."""
    radius = blur_radius(sigma)
    deviation = 0.3 * (radius - 1) + 0.8  # cv2's for a kernel that is given by its size
    steps = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-(steps**2) / (2 * deviation**2))
    kernel /= kernel.sum()
    apart = torch.arange(size)[:, None] - torch.arange(size)
    weights = kernel[(apart + radius).clamp(0, 2 * radius)]
    return torch.where(apart.abs() <= radius, weights, 0).float()
