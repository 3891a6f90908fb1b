"""What a codec is: how keypoints become a network's targets, and its answers keypoints again.

Letters: B crops, N boxes, K keypoints, h x w cells of a map; points are x, y.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from numpy.typing import NDArray
from torch import Tensor

from hrbench.geometry import CropMatrix, Floats, cells_to_image, crop_matrix
from hrbench.heads.heatmap import LOSSES, Loss, Targets, flip_back


@dataclass(frozen=True, slots=True)
class Codec(ABC):
    """Targets of one size, the losses for them, and what reads a network's maps."""

    height: int  # h, in cells
    width: int  # w, in cells
    stride: float  # crop pixels per cell
    sigma: float  # of a target's bump, in cells
    decoder: str  # which of several reads the maps

    decoders: ClassVar[Collection[str]] = ()  # what `decoder` may be
    peaks: ClassVar[bool] = True  # a square around a map's maximum is enough to decode it
    inset: ClassVar[int] = 0  # a crop, and a map, is so much less wide than it has columns

    @property
    def losses(self) -> Mapping[str, Loss]:
        """The losses for such targets, by the names of recipes."""
        return LOSSES

    @property
    def size(self) -> tuple[int, int]:
        """The maps' w and h, in cells."""
        return self.width, self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Where the middle of a crop is on the map, in cells."""
        return (self.width - self.inset) / 2, (self.height - self.inset) / 2

    @abstractmethod
    def encode(self, keypoints: Tensor, visible: Tensor, device: torch.device) -> Targets:
        """Return the targets on `device` for (B, K, 2) crop pixels and (B, K) visibility."""

    @abstractmethod
    def volume(self) -> float:
        """Return the sum over the cells of a target that no border cuts off."""

    def from_logits(self, scores: Tensor) -> Tensor:
        """Return (B, K, h, w) maps for the scores of a network trained by cross-entropy.

        A softmax over cells, times a bump's volume: a perfect answer is the target.
        """
        return F.softmax(scores.flatten(2), dim=2).view_as(scores) * self.volume()

    def flip_back(self, maps: Tensor, order: Tensor, shift: int) -> Tensor:
        """Return the maps of mirrored crops as if they had not been; `heatmap.flip_back`."""
        return flip_back(maps, order, shift)

    @abstractmethod
    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, 2) positions in cells and (B, K) scores for (B, K, h, w) maps."""

    @abstractmethod
    def tied(self, maps: Tensor, limit: float) -> Tensor:
        """Return which (B, K) positions rounding may move by more than `limit` cells."""

    def drawn(self, targets: Targets) -> Tensor:
        """Return (B, h, w) pictures of the targets, 0 to 1, each of all keypoints that count."""
        return (targets.maps * targets.weights[..., None, None]).amax(dim=1)

    def crop_pixels(self, cells: Tensor) -> Tensor:
        """Return where positions on the map are in the crop, in its pixels."""
        return cells * self.stride

    @abstractmethod
    def to_image(
        self, cells: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
    ) -> NDArray[Any]:
        """Return (N, K, 2) image pixels for positions in crops at `centers` with `scales`.

        The positions are in cells of maps of `size`, or in pixels of crops of `size`; that is
        width, height.
        """


@dataclass(frozen=True, slots=True)
class GridCodec(Codec):
    """A codec whose maps lie on the crop as a grid does, so that one matrix leads to the image."""

    STRIDE: ClassVar[float]  # crop pixels per cell, of every one
    grid: ClassVar[CropMatrix] = staticmethod(crop_matrix)  # how crops for it are cut

    def to_image(
        self, cells: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Return (N, K, 2) image pixels; `geometry.cells_to_image`."""
        return cells_to_image(cells, centers, scales, size, self.grid)


def gaussian(distance: Tensor, sigma: float) -> Tensor:
    """Return the Gaussian that is 1 at distance 0."""
    return torch.exp(-distance.square() / (2 * sigma**2))
