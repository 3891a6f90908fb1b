"""SimCC: a keypoint as one bin of its crop's columns and one of its rows, each a class.

Letters: B crops, K keypoints, C channels, h x w cells of the finest branch, W + H bins: those of
the columns, then those of the rows, side by side.

Source: Li et al. 2022, SimCC: a Simple Coordinate Classification Perspective for Human Pose
Estimation, section 3; the bumps, the loss and the scores as in its code, github.com/leeyegy/SimCC.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn

from hrbench.heads.codec import GridCodec, gaussian
from hrbench.heads.heatmap import Loss, Targets
from hrbench.heads.keypoints import KeypointHead
from hrbench.heads.maxima import highest
from hrbench.heads.ties import ROUNDING

SPLIT = 2  # bins per crop pixel: the paper's k


class SimccHead(KeypointHead):
    """Score every keypoint at every bin: a map of each, then a linear layer for either axis.

    Args:
        channels: C, of the finest branch.
        cells: h and w.
        bins: W and H.
        num_keypoints: K.

    Shapes:
        features: (B, C, h, w), and coarser branches that are not read.
        returns:  (B, K, W + H) logits.
    """

    def __init__(
        self, channels: int, cells: tuple[int, int], bins: tuple[int, int], num_keypoints: int
    ) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, num_keypoints, kernel_size=1)
        self.mlp_head_x = nn.Linear(math.prod(cells), bins[0])
        self.mlp_head_y = nn.Linear(math.prod(cells), bins[1])

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        maps = self.score(features[0]).flatten(2)
        return torch.cat((self.mlp_head_x(maps), self.mlp_head_y(maps)), dim=2)


@dataclass(frozen=True, slots=True)
class SimccVectors(GridCodec):
    """Keypoints as a Gaussian over the columns and one over the rows, whose sums are 1.

    A cell is a bin here. A map is a keypoint's vector of W + H, and may be a target, logits, or
    either of a mirrored crop.
    """

    decoder: str = "simcc"

    decoders: ClassVar[Collection[str]] = ("simcc",)
    STRIDE: ClassVar[float] = 1 / SPLIT
    peaks: ClassVar[bool] = False

    @property
    def losses(self) -> Mapping[str, Loss]:
        """The losses for such targets, by the names of recipes."""
        return {"kl-divergence": self.divergence}

    def volume(self) -> float:
        """Return the sum of a Gaussian whose peak is 1."""
        return self.sigma * math.sqrt(2 * math.pi)

    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> Targets:
        """Return the vectors and weights that a network on `device` is trained with.

        A keypoint far outside has no weight and no bump, like an invisible one. Far is three sigma,
        counted in pixels where a bump's are bins: the official targets are so.

        Shapes: keypoints (B, K, 2) float64 crop pixels, visible (B, K) bool;
            maps (B, K, W + H), weights (B, K).
        """
        limits, reach = torch.tensor(self.size) * self.stride, 3 * self.sigma
        ends = (keypoints + reach + 1).trunc()
        inside = ((keypoints - reach < limits) & (ends >= 0)).all(dim=-1)
        weights = (visible & inside).float()
        steps = [
            torch.arange(bins) - place[..., None]
            for bins, place in zip(self.size, (keypoints / self.stride).unbind(-1), strict=True)
        ]
        bumps = gaussian(torch.cat(steps, dim=-1), self.sigma) / self.volume() * weights[..., None]
        return Targets(bumps.float().to(device), weights.to(device))

    def divergence(self, scores: Tensor, targets: Targets) -> Tensor:
        """Return the Kullback-Leibler divergence from the targets, of x and y, a mean over bins.

        Keypoints without weight count as 0 in the mean over all.
        """
        total = torch.zeros_like(targets.weights)
        for logits, wanted in zip(self.axes(scores.float()), self.axes(targets.maps), strict=True):
            total = total + F.kl_div(logits.log_softmax(-1), wanted, reduction="none").mean(-1)
        return (total * targets.weights).mean()

    def axes(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the (..., W) and (..., H) parts of maps."""
        across, down = maps.split(self.size, dim=-1)
        return across, down

    def from_logits(self, scores: Tensor) -> Tensor:
        """Return maps whose peak is 1 where scores are a perfect answer's."""
        shares = [part.softmax(dim=-1) for part in self.axes(scores)]
        return torch.cat(shares, dim=-1) * self.volume()

    def flip_back(self, maps: Tensor, order: Tensor, shift: int) -> Tensor:
        """Return the maps of mirrored crops as if they had not been: that of x turned round.

        It then lies one bin too far to the right: a `shift` moves it so many to the left, and the
        last bins keep their values.
        """
        across, down = self.axes(maps.index_select(1, order))
        across = across.flip(-1)
        moved = torch.cat((across[..., shift:], across[..., across.shape[-1] - shift :]), dim=-1)
        return torch.cat((moved, down), dim=-1)

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the likeliest bins, (B, K, 2), and the scores of the less sure axis, (B, K)."""
        (sure_x, x), (sure_y, y) = map(highest, self.axes(self.from_logits(maps)))
        return torch.stack((x, y), dim=-1).float(), torch.minimum(sure_x, sure_y)

    def tied(self, maps: Tensor, limit: float) -> Tensor:  # noqa: ARG002  bins are further apart
        """Return which (B, K) positions hang on rounding: two bins are the likeliest within it."""
        rounding = ROUNDING * maps.abs().amax(-1)
        gaps = [part.topk(2).values.diff(dim=-1).abs()[..., 0] for part in self.axes(maps)]
        return torch.minimum(*gaps) <= rounding

    def drawn(self, targets: Targets) -> Tensor:
        """Return (B, H, W) pictures of the targets: how likely a bin's column and row are."""
        across, down = self.axes(targets.maps * targets.weights[..., None] * self.volume())
        return (down[..., :, None] * across[..., None, :]).amax(dim=1)
