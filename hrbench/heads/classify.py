"""The classification head: all four branches, widened and summed coarser and coarser."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from hrbench.backbone.blocks import Bottleneck
from hrbench.backbone.initial import draw


class ClassificationHead(nn.Module):
    """Widen each branch, carry the finest down to the coarsest, pool over the cells, classify.

    Args:
        channels: of each branch, finest first.
        num_classes: of the dataset.
        width: of the finest branch's bottleneck, a quarter of what it puts out; each coarser
            branch's is twice as wide. The published networks have 32.
        features: what is pooled, per image. The published networks have 2048.

    Shapes:
        branches: one (B, C_i, h / 2**i, w / 2**i) per branch, rounded up.
        returns:  (B, num_classes) logits.

    Source: HRNet-Image-Classification, lib/models/cls_hrnet.py; parameter names are its own, so
    that its checkpoints load unchanged.
    """

    BRANCHES = 4  # of the published networks

    def __init__(
        self, channels: Sequence[int], num_classes: int, *, width: int = 32, features: int = 2048
    ) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(len(channels))]
        outputs = [Bottleneck.EXPANSION * width for width in widths]
        self.incre_modules = nn.ModuleList(
            nn.Sequential(Bottleneck(inputs, width))
            for inputs, width in zip(channels, widths, strict=True)
        )
        self.downsamp_modules = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(finer, coarser, 3, stride=2, padding=1),
                nn.BatchNorm2d(coarser),
                nn.ReLU(inplace=True),
            )
            for finer, coarser in pairwise(outputs)
        )
        self.final_layer = nn.Sequential(
            nn.Conv2d(outputs[-1], features, 1), nn.BatchNorm2d(features), nn.ReLU(inplace=True)
        )
        self.classifier = nn.Linear(features, num_classes)

    def initialise(self) -> None:
        """Draw the weights of convolutions anew, by the numbers that come next."""
        draw(self, "fan-out")

    def forward(self, branches: Sequence[Tensor]) -> Tensor:
        finest, *coarser = (
            widen(branch) for widen, branch in zip(self.incre_modules, branches, strict=True)
        )
        total = finest
        for halve, branch in zip(self.downsamp_modules, coarser, strict=True):
            total = branch + halve(total)
        logits: Tensor = self.classifier(self.final_layer(total).mean(dim=(2, 3)))
        return logits


class PooledHead(nn.Module):
    """Classify what a backbone has pooled itself.

    Shapes: one (B, features) in a list; returns (B, num_classes) logits.
    """

    def __init__(self, features: int, num_classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(features, num_classes)

    def forward(self, pooled: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.classifier(pooled[0])
        return logits
