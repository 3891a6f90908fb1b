"""ResNet: one branch, a thirty-second of the image.

Letters: B images, C channels, h x w cells. The blocks are torchvision's, and so are the names of
parameters; the official `pose_resnet` has them too, so that checkpoints of both load.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from hrbench.backbone.blocks import conv_bn

STRIDE = 32  # image pixels per cell
WIDENED = 4  # a bottleneck's last convolution widens so many times


@dataclass(frozen=True, slots=True)
class Size:
    """What tells the networks of the family apart."""

    blocks: tuple[int, int, int, int]
    bottlenecks: bool  # three convolutions a block, the last four times as wide; or two
    width: int = 64  # of the stem; each of the four layers is twice as wide as the one before

    @property
    def channels(self) -> int:
        """The channels that leave the last layer."""
        return 8 * self.width * (WIDENED if self.bottlenecks else 1)


SIZES: dict[str, Size] = {
    "resnet-10-w16": Size((1, 1, 1, 1), bottlenecks=False, width=16),  # ours, for slow cores
    "resnet-18": Size((2, 2, 2, 2), bottlenecks=False),
    "resnet-34": Size((3, 4, 6, 3), bottlenecks=False),
    "resnet-50": Size((3, 4, 6, 3), bottlenecks=True),
    "resnet-101": Size((3, 4, 23, 3), bottlenecks=True),
    "resnet-152": Size((3, 8, 36, 3), bottlenecks=True),
}


class ResNet(nn.Module):
    """The backbone, without the pooling and the classes of torchvision's.

    Shapes:
        images:  (B, 3, H, W), normalised; H and W multiples of 32.
        returns: one (B, C, H / 32, W / 32), in a list, as `HRNet` has its branches.

    Source: He et al. 2016, table 1, with the stride at a bottleneck's 3 x 3 convolution, as
    torchvision and the official `pose_resnet` have it.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, size.width, 7, stride=2)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels = size.width
        for number, blocks in enumerate(size.blocks, start=1):
            width = size.width * 2 ** (number - 1)
            layer, channels = _layer(
                channels, width, blocks, 1 if number == 1 else 2, bottlenecks=size.bottlenecks
            )
            self.add_module(f"layer{number}", layer)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for number in range(1, 5):
            x = self.get_submodule(f"layer{number}")(x)
        return [x]


def _layer(
    inputs: int, width: int, blocks: int, stride: int, *, bottlenecks: bool
) -> tuple[nn.Sequential, int]:
    """Return a layer, the first of whose blocks has the stride, and the channels it puts out."""
    from torchvision.models.resnet import BasicBlock, Bottleneck  # noqa: PLC0415  takes a second

    block, outputs = (Bottleneck, WIDENED * width) if bottlenecks else (BasicBlock, width)
    shortcut = None
    if (inputs, stride) != (outputs, 1):
        shortcut = nn.Sequential(*conv_bn(inputs, outputs, 1, stride))
    first = block(inputs, width, stride, shortcut)
    return nn.Sequential(first, *(block(outputs, width) for _ in range(blocks - 1))), outputs
