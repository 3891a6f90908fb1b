"""The dilated temporal network that lifts keypoints over time to joints.

Letters: B sequences, T frames, K keypoints that go in, J joints that come out.
"""

import math
from collections.abc import Sequence

import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn


class TemporalLifter(nn.Module):
    """Lift every frame by the frames around it, or, if causal, by those up to it.

    The first filter reads neighbours, each further one as far apart as the ones before it reach.
    The network pads nothing: `data.sequences` repeats the frames at a sequence's ends. A causal
    network has the same filters; it carries the last frame past them in place of the middle one,
    and its windows end at the frame they are for.

    Shapes:
        forward:   (B, T, K, 2) to (B, T - receptive field + 1, J, 3): one answer per frame.
        one_frame: (B, receptive field, K, 2) to (B, 1, J, 3).
        Keypoints are normalised screen coordinates, see `cameras.screen`. Joints come out in the
        unit and frame it was trained with: metres from the root in the published checkpoints.

    Source: Pavllo et al. 2019, section 3 and appendix A.5; parameter names are those of the
    official release, so that its checkpoints load unchanged.

    Raises:
        ValueError: a filter's width is even, which has no middle.
    """

    def __init__(
        self,
        num_keypoints: int,
        num_joints: int,
        *,
        widths: Sequence[int] = (3, 3, 3, 3, 3),
        channels: int = 1024,
        dropout: float = 0.25,
        causal: bool = False,
    ) -> None:
        super().__init__()
        if not widths or any(width < 1 or width % 2 == 0 for width in widths):
            raise ValueError(f"widths of filters must be odd, not {list(widths)}")
        self.widths, self.causal = tuple(widths), causal
        self.expand_bn = nn.BatchNorm1d(channels)
        self.shrink = nn.Conv1d(channels, 3 * num_joints, kernel_size=1)
        self.expand_conv = nn.Conv1d(2 * num_keypoints, channels, widths[0], bias=False)
        self.layers_conv = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, bias=False)
            for width in widths[1:]
            for kernel in (width, 1)
        )
        self.layers_bn = nn.ModuleList(nn.BatchNorm1d(channels) for _ in self.layers_conv)
        self.active = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(dropout))

    @property
    def dilations(self) -> list[int]:
        """How many frames apart the taps of each filter are."""
        return [math.prod(self.widths[:layer]) for layer in range(len(self.widths))]

    @property
    def receptive_field(self) -> int:
        """How many frames an answer is made of."""
        return math.prod(self.widths)

    @property
    def pad(self) -> int:
        """How many frames a sequence needs before it and after it for an answer per frame."""
        return self.receptive_field // 2

    @property
    def causal_shift(self) -> int:
        """How many of the frames after a sequence belong before it instead."""
        return self.pad if self.causal else 0

    def forward(self, keypoints: Tensor) -> Tensor:
        frames = keypoints.shape[1]
        if frames < self.receptive_field:
            raise ValueError(f"{frames} frames, receptive field {self.receptive_field}")
        return self._lift(keypoints, self.dilations, [1] * len(self.widths))

    def one_frame(self, keypoints: Tensor) -> Tensor:
        """Return what `forward` does for one window, without what the answer is not made of.

        In training that also means statistics of batches, and dropout, of those frames alone.
        """
        frames = keypoints.shape[1]
        if frames != self.receptive_field:
            raise ValueError(f"{frames} frames, receptive field {self.receptive_field}")
        return self._lift(keypoints, [1] * len(self.widths), self.widths)

    def _lift(self, keypoints: Tensor, dilations: Sequence[int], strides: Sequence[int]) -> Tensor:
        x = keypoints.flatten(2).transpose(1, 2)
        x = F.conv1d(x, self.expand_conv.weight, stride=strides[0])
        x = self.active(self.expand_bn(x))
        weights, norms = list(self.layers_conv.parameters()), list(self.layers_bn)
        for layer, width in enumerate(self.widths[1:]):
            dilation, stride = dilations[layer + 1], strides[layer + 1]
            y = F.conv1d(x, weights[2 * layer], stride=stride, dilation=dilation)
            y = self.active(norms[2 * layer](y))
            y = self.active(norms[2 * layer + 1](F.conv1d(y, weights[2 * layer + 1])))
            first = carried_tap(width, causal=self.causal) * dilation
            x = x[..., first::stride][..., : y.shape[-1]] + y
        joints: Tensor = self.shrink(x).transpose(1, 2).unflatten(2, (-1, 3))
        return joints


def carried_tap(width: int, *, causal: bool) -> int:
    """Return which of a filter's taps reads the frame that is carried past it."""
    return width - 1 if causal else width // 2
