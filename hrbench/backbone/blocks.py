"""Residual blocks and convolutions with batch normalisation, under the official names."""

from torch import Tensor, nn


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Return a convolution without bias that keeps the size (over `stride`), and its norm."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


def shortcut(inputs: int, outputs: int) -> nn.Module:
    """Return what carries a block's input to its output: as it is, where both have one width."""
    if inputs == outputs:
        return nn.Identity()
    return nn.Sequential(*conv_bn(inputs, outputs, 1))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions around which the input is carried.

    Shapes: (B, inputs, h, w) to (B, width, h, w).
    """

    EXPANSION = 1

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_bn(inputs, width, 3)
        self.conv2, self.bn2 = conv_bn(width, width, 3)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(inputs, width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y.add_(self.downsample(x)))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions; the last widens fourfold.

    Shapes: (B, inputs, h, w) to (B, 4 * width, h, w).
    """

    EXPANSION = 4

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        outputs = self.EXPANSION * width
        self.conv1, self.bn1 = conv_bn(inputs, width, 1)
        self.conv2, self.bn2 = conv_bn(width, width, 3)
        self.conv3, self.bn3 = conv_bn(width, outputs, 1)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y.add_(self.downsample(x)))  # type: ignore[no-any-return]
