"""The part of a heatmap that decoding needs: a square around its first maximum.

Stored with predictions, it lets another decoder read them without the network.
"""

import torch
from torch import Tensor

from hrbench.heads.blur import blur_radius
from hrbench.heads.maxima import REACH, maxima
from hrbench.heads.patches import cut, paste


def reach(sigma: float) -> int:
    """Return how many cells of a map count on each side of its maximum: 7 for sigma 2, 10 for 3."""
    return blur_radius(sigma) + REACH


def patches(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Return (B, K, n, n) squares around each map's first maximum and (B, K, 2) their corners.

    A corner is x, y of a square's first cell, int16; n is 2 reach(sigma) + 1. Outside of its
    map a square is 0.
    """
    steps = reach(sigma)
    _, x, y = maxima(maps)
    corners = torch.stack((x, y), dim=-1) - steps
    return cut(maps, corners, 2 * steps + 1), corners.to(torch.int16)


def from_patches(values: Tensor, corners: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, K, h, w) maps that decode as those which `patches` were cut from.

    Away from the square a map is 0, or as low as its maximum is where no value is positive. A
    map without a clear peak may decode otherwise with DARK: that bounds a blurred map from below
    after scaling it to its old maximum, which for such a map can lie anywhere.

    Shapes: values (B, K, n, n); corners (B, K, 2); size is w, h.
    """
    middle = values.shape[-1] // 2
    elsewhere = values[..., middle, middle].clamp(max=0)[..., None, None]
    return paste(values - elsewhere, corners, size) + elsewhere
