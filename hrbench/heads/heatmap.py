"""Keypoints as heatmaps: the layers, the losses, and maps of mirrored crops.

Letters: B crops, K keypoints, h x w cells of a map; points are x, y.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn

from hrbench.heads.keypoints import KeypointHead

STRIDE = 4  # crop pixels per cell of a map
HARDEST = 8  # keypoints of a crop, that `ohkm` counts


class HeatmapHead(KeypointHead):
    """Score every keypoint at every cell of the finest branch.

    Of one branch this is HRNetV1's head; of several, enlarged to the finest, concatenated and
    mixed, it is HRNetV2's.

    Shapes:
        features: (B, C_i, h / 2**i, w / 2**i) per branch; the first ones of them are read.
        returns:  (B, K, h, w), unbounded; a target peaks at 1.

    Source: Sun et al. 2019, section 3; Wang et al. 2020, section 3.
    """

    def __init__(self, channels: Sequence[int], num_keypoints: int) -> None:
        super().__init__()
        width = sum(channels)
        self.num_branches = len(channels)
        self.mix: nn.Module = nn.Identity()
        if self.num_branches > 1:
            self.mix = nn.Sequential(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU())
        self.score = nn.Conv2d(width, num_keypoints, kernel_size=1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        finest, *coarser = features[: self.num_branches]
        size = finest.shape[-2:]
        enlarged = [
            F.interpolate(branch, size, mode="bilinear", align_corners=False) for branch in coarser
        ]
        scores: Tensor = self.score(self.mix(torch.cat([finest, *enlarged], dim=1)))
        return scores


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


def plain_mse(scores: Tensor, targets: Targets) -> Tensor:
    """Return the mean squared error over everything, whatever the weights: the faces' loss.

    Source: HRNet-Facial-Landmark-Detection, tools/train.py.
    """
    return (scores.float() - targets.maps).square().mean()


def ohkm(scores: Tensor, targets: Targets, hardest: int = HARDEST) -> Tensor:
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


LOSSES: dict[str, Loss] = {
    "mse": mse,
    "plain-mse": plain_mse,
    "ohkm": ohkm,
    "cross-entropy": cross_entropy,
}
OF_LOGITS = ("cross-entropy",)  # losses of scores that a softmax makes maps of


def flip_back(maps: Tensor, order: Tensor, shift: int) -> Tensor:
    """Return the maps of mirrored crops as if they had not been mirrored.

    With `shift`, moved so many cells to the right; the columns left of that keep their values.

    Shapes: maps (B, K, h, w); order (K,), each keypoint's partner.
    """
    turned = maps.index_select(1, order).flip(-1)
    if not shift:
        return turned
    return torch.cat((turned[..., :shift], turned[..., :-shift]), dim=-1)
