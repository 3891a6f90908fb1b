"""Images as a backbone takes them: the order and the statistics of their planes."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor, nn

Color = Literal["rgb", "bgr"]


@dataclass(frozen=True, slots=True)
class Input:
    """How images were given to a family of backbones."""

    mean: tuple[float, float, float]  # of red, green, blue, from 0 to 1
    deviation: tuple[float, float, float]
    color: Color | None  # of all its releases; None: they differ, and a file says


IMAGENET = Input((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "rgb")  # of its images


class Normalisation(nn.Module):
    """Bring images as they are read to a network's device and statistics.

    With `bgr` the planes come blue first, yet by the statistics of red, green, blue in this
    order: the official `pose_resnet` was trained so. The statistics are no part of checkpoints.

    Shapes: (B, H, W, 3) uint8 RGB, on any device, to (B, 3, H, W) float32.
    """

    mean: Tensor  # (3, 1, 1)
    deviation: Tensor

    def __init__(self, given: Input, color: Color = "rgb") -> None:
        super().__init__()
        self.color = color
        for name, values in (("mean", given.mean), ("deviation", given.deviation)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        if _are_bytes_here(images) and self.mean.is_cpu:
            return self._looked_up(images)
        return self._computed(images)

    def _computed(self, images: Tensor) -> Tensor:
        moved = images.to(self.mean.device, non_blocking=True).permute(0, 3, 1, 2)
        # Plane by plane: interleaved colours, as they come, take two and a half times as long.
        planes = moved.to(torch.float32, memory_format=torch.contiguous_format)
        if self.color == "bgr":
            planes = planes.flip(1)
        return planes.div_(255).sub_(self.mean).div_(self.deviation)

    def _looked_up(self, images: Tensor) -> Tensor:
        """Return the same: what is computed of each of the 256 levels, where they stand."""
        levels = torch.arange(256, dtype=torch.uint8).view(1, 256, 1, 1).expand(1, 256, 1, 3)
        values = self._computed(levels)[0, :, :, 0].numpy()
        planes = images.permute(0, 3, 1, 2).numpy()[:, :: -1 if self.color == "bgr" else 1]
        normalised = np.empty(planes.shape, dtype=np.float32)
        for picture, to in zip(planes, normalised, strict=True):
            for color in range(3):
                cv2.LUT(picture[color], values[color], dst=to[color])
        return torch.from_numpy(normalised)


def _are_bytes_here(images: Tensor) -> bool:
    """Whether OpenCV can read them: bytes in this process, with nobody who notes what is done."""
    noted = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # torch does not list it
    return type(images) is Tensor and images.is_cpu and images.dtype == torch.uint8 and not noted
