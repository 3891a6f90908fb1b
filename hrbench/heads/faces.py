"""Face points as heatmaps, in whole cells, as the official face code writes and reads them.

Letters: B crops, K points, h x w cells of a map; points are x, y. Cells are counted from 0.

Source: HRNet-Facial-Landmark-Detection, lib/utils/transforms.py and lib/core/evaluation.py.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.face_geometry import cells_to_image
from hrbench.geometry import Floats
from hrbench.heads import ties
from hrbench.heads.codec import Codec
from hrbench.heads.heatmap import Targets
from hrbench.heads.maxima import maxima, sampled
from hrbench.heads.patches import paste


@dataclass(frozen=True, slots=True)
class OfficialFaceHeatmap(Codec):
    """Points as bumps cut off at three sigma, and back by a quarter step and half a cell."""

    decoder: str = "official-face"
    counted_from: int = 1  # the number of an image's first pixel in the files of the dataset
    kernel: Literal["gaussian", "student"] = "gaussian"  # every published network has the first

    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> Targets:
        """Return the maps, and weights that tell which of them have a bump.

        With a whole sigma a bump's peak lies at its point. With 1.5, as for WFLW, COFW and AFLW,
        the bump has no middle cell; its peak is at the point, but one cell to the right or below
        near the left or upper border, because corners are truncated towards zero.

        Shapes: keypoints (B, K, 2) float64 crop pixels, visible (B, K) bool;
            maps (B, K, h, w), weights (B, K).
        """
        cells, reach = (keypoints / self.stride).to(device), 3 * self.sigma
        first, end = (cells - reach).trunc().long(), (cells + reach + 1).trunc().long()
        limits = torch.tensor([self.width, self.height], device=device)
        drawn = visible.to(device) & ((first < limits) & (end >= 0)).all(dim=-1)
        bump = self.bump().to(device)
        steps = torch.arange(len(bump), device=device)
        # A patch from a truncated corner to a truncated end may be one cell less than a bump.
        across, down = (steps < (end - first)[..., None]).unbind(2)
        patches = bump * (down[..., :, None] & across[..., None, :] & drawn[..., None, None])
        return Targets(paste(patches, first, (self.width, self.height)), drawn.float())

    def bump(self) -> Tensor:
        """Return one bump, (6 sigma + 1) cells square, not necessarily whole; highest is 1.

        A Student bump is the official code's t-distribution, highest 1 / sigma squared.
        """
        edge = 6 * self.sigma + 1
        steps = np.arange(math.ceil(edge), dtype=np.float32) - np.float32(edge // 2)
        squared = steps[:, None] ** 2 + steps**2
        # In NumPy's float32, as the official targets are; torch's differs in the last bit.
        if self.kernel == "student":
            return torch.from_numpy(self.sigma / (squared + self.sigma**2) ** 1.5)
        return torch.from_numpy(np.exp(-squared / (2 * self.sigma**2)))

    def volume(self) -> float:
        """Return the sum over the cells of a target that no border cuts off."""
        return self.bump().sum().item()

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, 2) float32 positions in cells and (B, K) scores for (B, K, h, w) maps.

        The position is the first maximum, moved a quarter cell towards the higher neighbour
        unless it is at the border, then half a cell to the right and down. A map with no
        positive value decodes to half a cell outside. `face_geometry.cells_to_image` leads from
        here to the official predictions.
        """
        cells, scores = find_peaks(maps)
        x, y = cells.unbind(-1)
        height, width = maps.shape[-2:]
        inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
        at = sampled(maps, x, y)
        right, down = (at(1, 0) - at(-1, 0)).sign(), (at(0, 1) - at(0, -1)).sign()
        quarters = torch.stack((right, down), dim=-1) * inside[..., None] / 4
        return cells + quarters.float() + 0.5, scores

    def tied(self, maps: Tensor, limit: float) -> Tensor:
        """Return which (B, K) positions rounding may move by more than `limit` cells."""
        return ties.tied(maps, "quarter", self.sigma, limit)

    def to_image(
        self, cells: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
    ) -> NDArray[Any]:
        """Return (N, K, 2) whole image pixels; `face_geometry.cells_to_image`."""
        moved = cells_to_image(cells, centers + self.counted_from, scales, size)
        return moved - self.counted_from


def find_peaks(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Return the (B, K, 2) cells of each map's first maximum, and the (B, K) maxima.

    It is (-1, -1) in a map with no positive value: the official (0, 0), counted from 1.
    """
    scores, x, y = maxima(maps)
    return torch.where(scores[..., None] > 0, torch.stack((x, y), dim=-1), -1), scores
