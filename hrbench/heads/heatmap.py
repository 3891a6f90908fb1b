"""Keypoints as heatmaps: the layer, its targets, its losses and its decoding.

Letters: B crops, K keypoints, h x w cells of a map; points are x, y.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn


class HeatmapHead(nn.Module):
    """Score every keypoint at every cell of the finest branch.

    Shapes:
        features: (B, C_i, h / 2**i, w / 2**i) per branch; the finest counts.
        returns:  (B, K, h, w), unbounded; a target peaks at 1.

    Source: Sun et al. 2019, section 3.
    """

    def __init__(self, channels: Sequence[int], num_keypoints: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels[0], num_keypoints, kernel_size=1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        scores: Tensor = self.score(features[0])
        return scores


@dataclass(frozen=True, slots=True)
class GaussianHeatmap:
    """Keypoints as Gaussian bumps cut off at three sigma, and back by a quarter step.

    Source: Xiao et al. 2018, section 2; the quarter step is Newell et al. 2016's.
    """

    height: int  # h, in cells
    width: int  # w, in cells
    stride: float  # crop pixels per cell
    sigma: float  # in cells

    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> "Targets":
        """Return the maps and weights that a network on `device` is trained with.

        A keypoint too far outside for its bump to reach a cell gets weight 0 and an empty map,
        like an invisible one. Positions are truncated towards zero and the weight's border is
        one cell wider than the map's at the top left: the official targets are so.

        Shapes: keypoints (B, K, 2) float64 crop pixels, visible (B, K) bool;
            maps (B, K, h, w), weights (B, K).
        """
        reach = int(3 * self.sigma)
        cells = (keypoints / self.stride + 0.5).trunc().long()
        limits = torch.tensor([self.width, self.height])
        touches = ((cells - reach < limits) & (cells + reach + 1 >= 0)).all(dim=-1)
        weights = (visible & touches).to(device)
        steps = torch.arange(-reach, reach + 1, device=device)
        columns, rows = (cells.to(device)[..., None] + steps).unbind(2)
        across = (columns >= 0) & (columns < self.width)
        inside = ((rows >= 0) & (rows < self.height))[..., :, None] & across[..., None, :]
        # What a bump has outside of its map goes to one cell behind the last, then cut off.
        behind = self.height * self.width
        place = rows[..., :, None] * self.width + columns[..., None, :]
        place = torch.where(inside, place, behind).flatten(2)
        bumps = self.bump().to(device).flatten() * weights[..., None]
        maps = torch.zeros((*weights.shape, behind + 1), device=device).scatter_(2, place, bumps)
        maps = maps[..., :behind].unflatten(2, (self.height, self.width))
        return Targets(maps, weights.float())

    def bump(self) -> Tensor:
        """Return one Gaussian, (6 sigma + 1) cells square, exactly 1 in the middle."""
        steps = np.arange(-int(3 * self.sigma), int(3 * self.sigma) + 1, dtype=np.float32)
        squared = steps[:, None] ** 2 + steps**2
        # NumPy's float32 exp, as the official targets have it; torch's differs in the last bit.
        return torch.from_numpy(np.exp(-squared / (2 * self.sigma**2)))

    def from_logits(self, scores: Tensor) -> Tensor:
        """Return (B, K, h, w) maps for the scores of a network trained by cross-entropy.

        A softmax over cells, times a bump's volume: a perfect answer is the target, peak 1.
        """
        shares = F.softmax(scores.flatten(2), dim=2).view_as(scores)
        return shares * self.bump().sum().item()

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, 2) positions in cells and (B, K) scores for (B, K, h, w) maps.

        The position is the first maximum, moved a quarter cell towards the higher neighbour
        unless it is at the border. A map with no positive value decodes to (0, 0).
        """
        flat = maps.flatten(2)
        scores, peak = flat.max(dim=-1)
        x, y = peak % self.width, peak // self.width
        positive = scores > 0
        inside = (x > 1) & (x < self.width - 1) & (y > 1) & (y < self.height - 1) & positive

        def quarter(step: int) -> Tensor:
            sides = torch.stack((peak + step, peak - step), dim=-1).clamp(0, flat.shape[-1] - 1)
            ahead, behind = flat.gather(2, sides).unbind(-1)
            return (ahead - behind).sign() * inside / 4

        cells = torch.stack((x * positive + quarter(1), y * positive + quarter(self.width)), dim=-1)
        return cells, scores


@dataclass(frozen=True, slots=True)
class Targets:
    """What a heatmap network is trained towards."""

    maps: Tensor  # (B, K, h, w)
    weights: Tensor  # (B, K)


Loss = Callable[[Tensor, Targets], Tensor]  # (B, K, h, w) scores to one number


def mse(scores: Tensor, targets: Targets) -> Tensor:
    """Return half the mean squared error; the weight scales both maps, so enters squared.

    Source: deep-high-resolution-net.pytorch, lib/core/loss.py.
    """
    return 0.5 * squared_errors(scores, targets).mean()


def ohkm(scores: Tensor, targets: Targets, hardest: int = 8) -> Tensor:
    """Return half the mean squared error of each crop's `hardest` keypoints.

    Source: as `mse`; online hard keypoint mining is Chen et al. 2018's, section 3.2.
    """
    per_keypoint = 0.5 * squared_errors(scores, targets)
    return per_keypoint.topk(hardest, dim=1).values.mean()


def squared_errors(scores: Tensor, targets: Targets) -> Tensor:
    """Return (B, K) mean squared errors, the maps scaled by the weights."""
    weights = targets.weights[:, :, None, None]
    return (scores.float() * weights - targets.maps * weights).square().mean(dim=(2, 3))


def cross_entropy(scores: Tensor, targets: Targets) -> Tensor:
    """Return the cross-entropy between each map's softmax over cells and its normalised bump.

    It learns from the first step, where squared error first learns the empty map for hundreds;
    so the small recipes use it. Keypoints without weight, or whose bump is cut off whole, do
    not count.
    """
    bumps = targets.maps.flatten(2)
    volume = bumps.sum(dim=2)
    logs = F.log_softmax(scores.float().flatten(2), dim=2)
    entropy = -(bumps * logs).sum(dim=2) / volume.clamp(min=1)
    counted = targets.weights * (volume > 0)
    return (entropy * counted).sum() / counted.sum().clamp(min=1)


LOSSES: dict[str, Loss] = {"mse": mse, "ohkm": ohkm, "cross-entropy": cross_entropy}


def flip_back(maps: Tensor, order: Tensor, shift: int) -> Tensor:
    """Return the maps of mirrored crops as if they had not been mirrored.

    With `shift`, moved so many cells to the right; the columns left of that keep their values.

    Shapes: maps (B, K, h, w); order (K,), each keypoint's partner.
    """
    turned = maps[:, order].flip(-1)
    if not shift:
        return turned
    return torch.cat((turned[..., :shift], turned[..., :-shift]), dim=-1)
