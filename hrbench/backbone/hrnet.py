"""HRNet of any width: four branches from a quarter to a thirty-second of the image.

Letters: B images, C_i channels of branch i (branch 0 is the finest), h x w its cells.
Parameter names are those of the official releases, so that their checkpoints load.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn

from hrbench.backbone.blocks import BasicBlock, Bottleneck, conv_bn

Upsampling = Literal["nearest", "bilinear"]

STEM_WIDTH = 64
STRIDES = (4, 8, 16, 32)  # image pixels per cell of each branch


@dataclass(frozen=True, slots=True)
class Size:
    """What tells the networks of the family apart."""

    width: int  # channels of branch 0; each coarser branch has twice as many
    modules: tuple[int, int, int] = (1, 4, 3)  # in the stages of 2, 3 and 4 branches
    blocks: int = 4  # residual blocks per branch of a module
    stem_blocks: int = 4
    stem_width: int = 64  # of the bottlenecks before the branches part

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels of the four branches, finest first."""
        return tuple(self.width * 2**i for i in range(4))


SIZES: dict[str, Size] = {
    "hrnet-w8": Size(8, modules=(1, 1, 1), blocks=1, stem_blocks=1, stem_width=16),
    "hrnet-w16": Size(16, modules=(1, 1, 1), blocks=2, stem_blocks=1, stem_width=32),
    "hrnet-w18-small-v1": Size(16, modules=(1, 1, 1), blocks=2, stem_blocks=1, stem_width=32),
    "hrnet-w18-small-v2": Size(18, modules=(1, 3, 2), blocks=2, stem_blocks=2),
    "hrnet-w18": Size(18),
    "hrnet-w30": Size(30),
    "hrnet-w32": Size(32),
    "hrnet-w40": Size(40),
    "hrnet-w44": Size(44),
    "hrnet-w48": Size(48),
    "hrnet-w64": Size(64),
}


class HighResolutionModule(nn.Module):
    """Refine every branch, then sum each into all others at their resolution.

    A coarser branch is projected by a 1 x 1 convolution and enlarged, by `upsampling`; a
    finer one is halved by strided 3 x 3 convolutions.

    Shapes:
        branches: one (B, C_i, h / 2**i, w / 2**i) per branch i.
        returns:  the same for the first `num_outputs` branches.

    Source: Sun et al. 2019, section 3.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_blocks: int,
        num_outputs: int,
        upsampling: Upsampling = "nearest",
    ) -> None:
        super().__init__()
        self.upsampling = upsampling
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width, width) for _ in range(num_blocks)))
            for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(resample(channels, source, target) for source in range(len(channels)))
            for target in range(num_outputs)
        )

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        refined = [branch(x) for branch, x in zip(self.branches, branches, strict=True)]
        outputs = []
        for layers, target in zip(self.fuse_layers, refined, strict=False):
            moved = (layer(x) for layer, x in zip(layers.children(), refined, strict=True))
            terms = (enlarge(x, target, self.upsampling) for x in moved)
            outputs.append(F.relu(reduce(torch.add, terms)))
        return outputs


def resample(channels: Sequence[int], source: int, target: int) -> nn.Module:
    """Return the layers that give branch `source` the width of `target`, a finer one its cells."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(*conv_bn(channels[source], channels[target], 1))
    same, last = channels[source], channels[target]
    halvings = [
        nn.Sequential(*conv_bn(same, same, 3, stride=2), nn.ReLU(inplace=True))
        for _ in range(target - source - 1)
    ]
    return nn.Sequential(*halvings, nn.Sequential(*conv_bn(same, last, 3, stride=2)))


def enlarge(x: Tensor, target: Tensor, upsampling: Upsampling) -> Tensor:
    """Return a map with as many cells as `target`; both cover the same area, edge to edge."""
    if x.shape[-2:] == target.shape[-2:]:
        return x
    return F.interpolate(x, target.shape[-2:], mode=upsampling)


class HRNet(nn.Module):
    """The backbone: a stem, then stages of two, three and four branches.

    Args:
        size: width and depth.
        num_outputs: branches that leave the last module; 1 gives HRNetV1's single map,
            and the layers that would feed the others do not exist.
        upsampling: of coarser branches, where they are summed into finer ones. The official
            pose and classification networks take the nearest cell, the face networks are
            bilinear; no parameter depends on it.

    Shapes:
        images:  (B, 3, H, W), RGB, normalised; H and W multiples of 32.
        returns: one (B, C_i, H / 4 / 2**i, W / 4 / 2**i) per output branch i.

    Source: Sun et al. 2019, section 3; Wang et al. 2020, section 3.
    """

    def __init__(self, size: Size, num_outputs: int, upsampling: Upsampling = "nearest") -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, STEM_WIDTH, 3, stride=2)
        self.conv2, self.bn2 = conv_bn(STEM_WIDTH, STEM_WIDTH, 3, stride=2)
        self.relu = nn.ReLU(inplace=True)
        stem = Bottleneck.EXPANSION * size.stem_width
        self.layer1 = nn.Sequential(
            *(
                Bottleneck(stem if block else STEM_WIDTH, size.stem_width)
                for block in range(size.stem_blocks)
            )
        )
        channels, (two, three, four) = size.channels, size.modules
        self.transition1 = transition([stem], channels[:2])
        self.stage2 = stage(channels[:2], two, size.blocks, 2, upsampling)
        self.transition2 = transition(channels[:2], channels[:3])
        self.stage3 = stage(channels[:3], three, size.blocks, 3, upsampling)
        self.transition3 = transition(channels[:3], channels)
        self.stage4 = stage(channels, four, size.blocks, num_outputs, upsampling)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = self.relu(self.bn1(self.conv1(images)))
        x = self.relu(self.bn2(self.conv2(x)))
        branches: list[Tensor] = [self.layer1(x)]
        branches = self.stage2(part(self.transition1, branches))
        branches = self.stage3(part(self.transition2, branches))
        return self.stage4(part(self.transition3, branches))  # type: ignore[no-any-return]


def stage(
    channels: Sequence[int], modules: int, blocks: int, num_outputs: int, upsampling: Upsampling
) -> nn.Sequential:
    """Return `modules` modules in a row; all but the last keep every branch."""
    outputs = [len(channels)] * (modules - 1) + [num_outputs]
    return nn.Sequential(*(HighResolutionModule(channels, blocks, n, upsampling) for n in outputs))


def transition(before: Sequence[int], after: Sequence[int]) -> nn.ModuleList:
    """Return the layers that adapt each branch's width and add one coarser branch."""
    layers: list[nn.Module] = []
    for old, new in zip(before, after, strict=False):
        keep = nn.Identity() if old == new else nn.Sequential(*conv_bn(old, new, 3), nn.ReLU())
        layers.append(keep)
    halve = nn.Sequential(*conv_bn(before[-1], after[-1], 3, stride=2), nn.ReLU())
    return nn.ModuleList([*layers, nn.Sequential(halve)])


def part(layers: nn.ModuleList, branches: Sequence[Tensor]) -> list[Tensor]:
    """Apply a transition: its last layer makes a new branch of the coarsest old one."""
    inputs = [*branches, branches[-1]]
    return [layer(x) for layer, x in zip(layers, inputs, strict=True)]
