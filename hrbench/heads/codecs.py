"""Keypoints as heatmaps: on whole cells, where they really are, and edge on edge.

Letters: B crops, K keypoints, h x w cells of a map; points are x, y.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from hrbench.geometry import CropMatrix, udp_matrix
from hrbench.heads import ties
from hrbench.heads.codec import GridCodec, gaussian
from hrbench.heads.decoding import DECODERS
from hrbench.heads.heatmap import STRIDE, Targets
from hrbench.heads.patches import paste
from hrbench.heads.simcc import SimccVectors


@dataclass(frozen=True, slots=True)
class GaussianHeatmap(GridCodec):
    """Keypoints as Gaussian bumps on whole cells, cut off at three sigma.

    Source: Xiao et al. 2018, section 2; the quarter step is Newell et al. 2016's.
    """

    decoder: str = "quarter"

    decoders: ClassVar[Collection[str]] = DECODERS
    STRIDE: ClassVar[float] = STRIDE

    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> Targets:
        """Return the maps and weights that a network on `device` is trained with.

        A keypoint too far outside for its bump to reach a cell gets weight 0 and an empty map,
        like an invisible one. Positions are truncated towards zero and the weight's border is
        one cell wider than the map's at the top left: the official targets are so.

        Shapes: keypoints (B, K, 2) float64 crop pixels, visible (B, K) bool;
            maps (B, K, h, w), weights (B, K).
        """
        reach = int(3 * self.sigma)
        places = self.places(keypoints)
        cells = (places + 0.5).trunc()
        weights = (visible & self.touched(cells, reach)).float()
        bumps = self.bumps(places - cells) * weights[..., None, None]
        corners = (cells - reach).long().to(device)
        maps = paste(bumps.to(device), corners, (self.width, self.height))
        return Targets(maps, weights.to(device))

    def places(self, keypoints: Tensor) -> Tensor:
        """Return where crop pixels are on the map, in cells."""
        return keypoints / self.stride

    def touched(self, cells: Tensor, reach: float) -> Tensor:
        """Return for (..., 2) cells whether a bump there counts as on the map."""
        limits = torch.tensor([self.width, self.height])
        return ((cells - reach < limits) & (cells + reach + 1 >= 0)).all(dim=-1)

    def bumps(self, offsets: Tensor) -> Tensor:  # noqa: ARG002  here a bump is always centred
        """Return the bumps for (B, K, 2) offsets of keypoints from their cells: all the same."""
        return self.bump()

    def bump(self) -> Tensor:
        """Return one Gaussian, (6 sigma + 1) cells square, exactly 1 in the middle."""
        steps = np.arange(-int(3 * self.sigma), int(3 * self.sigma) + 1, dtype=np.float32)
        squared = steps[:, None] ** 2 + steps**2
        # NumPy's float32 exp, as the official targets have it; torch's differs in the last bit.
        return torch.from_numpy(np.exp(-squared / (2 * self.sigma**2)))

    def volume(self) -> float:
        """Return the sum over the cells of a target that no border cuts off."""
        return self.bump().sum().item()

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, 2) positions in cells and (B, K) scores, as its decoder reads them."""
        return DECODERS[self.decoder](maps, self.sigma)

    def tied(self, maps: Tensor, limit: float) -> Tensor:
        """Return which (B, K) positions rounding may move by more than `limit` cells."""
        return ties.tied(maps, self.decoder, self.sigma, limit)


@dataclass(frozen=True, slots=True)
class UnbiasedHeatmap(GaussianHeatmap):
    """Keypoints as Gaussians around where they really are, over the whole map.

    Source: Zhang et al. 2020 (DARK), section 3.3; weights at the border as mmpose has them.
    """

    decoder: str = "dark"

    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> Targets:
        """Return the maps and weights, as `GaussianHeatmap.encode` does.

        Nothing is cut off; but a keypoint more than three sigma outside has no weight and no map.
        """
        places = self.places(keypoints)
        weights = (visible & self.touched(places, 3 * self.sigma)).float().to(device)
        x, y = places.unbind(-1)
        across = gaussian(torch.arange(self.width) - x[..., None], self.sigma).float().to(device)
        down = gaussian(torch.arange(self.height) - y[..., None], self.sigma).float().to(device)
        down = down * weights[..., None]
        return Targets(down[..., :, None] * across[..., None, :], weights)

    def volume(self) -> float:
        """Return the sum over the cells of a target that no border cuts off."""
        return 2 * math.pi * self.sigma**2


@dataclass(frozen=True, slots=True)
class UdpHeatmap(GaussianHeatmap):
    """Keypoints as Gaussians around where they are, cut off at three sigma, edge on edge.

    The outermost cells lie on the crop's outermost pixels, so that a mirrored map needs no
    shift: (w stride - 1) / (w - 1) pixels per cell, not `stride`. Crops for it are cut by
    `geometry.udp_matrix`, which brings its cells back to the image too.

    Source: Huang et al. 2020 (UDP), section 3.2, as mmpose computes it: in float32.
    """

    decoder: str = "udp"

    grid: ClassVar[CropMatrix] = staticmethod(udp_matrix)
    inset: ClassVar[int] = 1

    def places(self, keypoints: Tensor) -> Tensor:
        """Return where crop pixels are on the map, in cells."""
        return keypoints.float() / self.pitch()

    def crop_pixels(self, cells: Tensor) -> Tensor:
        """Return where positions on the map are in the crop, in its pixels."""
        return cells * self.pitch().to(cells.device)

    def pitch(self) -> Tensor:
        """Return (2,) crop pixels per cell, across and down."""
        cells = torch.tensor([self.width, self.height], dtype=torch.float64)
        return ((cells * self.stride - 1) / (cells - 1)).float()

    def bumps(self, offsets: Tensor) -> Tensor:
        """Return (B, K, 6 sigma + 1, 6 sigma + 1) bumps that peak (B, K, 2) off their middle."""
        reach = int(3 * self.sigma)
        steps = torch.arange(-reach, reach + 1) - offsets.double()[..., None]
        across, down = gaussian(steps, self.sigma).unbind(-2)
        return (down[..., :, None] * across[..., None, :]).float()


CODECS: dict[str, type[GridCodec]] = {
    "quarter": GaussianHeatmap,
    "dark": UnbiasedHeatmap,
    "udp": UdpHeatmap,
    "simcc": SimccVectors,
}
