"""Maps with their first maxima, and the cells around these: as tensors, or on a CPU as arrays.

Either has the same methods, which give the same. On a CPU torch looks for a maximum value by value
and NumPy several at once, and torch takes longer to begin a small step than NumPy to do it. On a
card, and where torch traces or differentiates, nothing may leave it.

Letters: B crops, K keypoints, h x w cells of a map.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from hrbench.heads.blur import blur, blur_radius, kernel, unscaled

Values = TypeVar("Values", Tensor, NDArray[Any])
Around = Callable[[int, int], Values]  # of so many cells right of and below each maximum

IN_NUMPY = {torch.float32, torch.float64}
REACH = 2  # cells that DARK's second derivatives look to each side


class Peaks(ABC, Generic[Values]):
    """The first maxima of (B, K, h, w) maps."""

    library: ClassVar[ModuleType]  # whose functions take the values

    maps: Values
    scores: Values  # the maxima
    x: Values  # the columns of the first cells that have them
    y: Values  # their rows

    def __init__(self, maps: Values) -> None:
        self.maps = maps
        height, width = maps.shape[-2:]
        self.height: int = height
        self.width: int = width
        self.scores, self.x, self.y = self.find()

    @abstractmethod
    def find(self) -> tuple[Values, Values, Values]:
        """Return the maxima, and the column and row of the first cell that has it."""

    @abstractmethod
    def inside(self, before: int, after: int) -> Values:
        """Return which maxima have so many cells left and above, and so many right and below."""

    @abstractmethod
    def neighbours(self) -> tuple[Values, Values]:
        """Return the cells right of and below the maxima, and those left of and above, as (2, ...).

        Anything where those are not on the map.
        """

    @abstractmethod
    def logarithms(self, sigma: float, low: float, high: float) -> Around[Values]:
        """Return a function for the logarithms of `blur`'s cells, clamped to the bounds.

        It looks up to `REACH` cells to each side. Beyond the border it is as at the border.
        """

    @abstractmethod
    def moved(self, right: Values, down: Values) -> tuple[Tensor, Tensor]:
        """Return the (B, K, 2) maxima moved by steps, and (B, K) scores.

        A map with no positive value gives (0, 0).
        """


class TensorPeaks(Peaks[Tensor]):
    """Maxima as (B, K) tensors, where the maps are."""

    library: ClassVar[ModuleType] = torch

    def find(self) -> tuple[Tensor, Tensor, Tensor]:
        scores, peak = self.maps.flatten(2).max(dim=-1)
        return scores, peak % self.width, peak // self.width

    def inside(self, before: int, after: int) -> Tensor:
        return inside(self.x, self.y, (self.width, self.height), before, after)

    def neighbours(self) -> tuple[Tensor, Tensor]:
        at = sampled(self.maps, self.x, self.y)
        return torch.stack((at(1, 0), at(0, 1))), torch.stack((at(-1, 0), at(0, -1)))

    def logarithms(self, sigma: float, low: float, high: float) -> Around[Tensor]:
        return sampled(blur(self.maps, sigma).clamp(low, high).log(), self.x, self.y)

    def moved(self, right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
        cells = torch.stack((self.x + right, self.y + down), dim=-1)
        return torch.where((self.scores > 0)[..., None], cells, 0), self.scores


class ArrayPeaks(Peaks[NDArray[Any]]):
    """Maxima as (B * K) arrays."""

    library: ClassVar[ModuleType] = np

    def find(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        size = self.height * self.width
        flat = self.maps.reshape(-1, size)
        self.peak = flat.argmax(axis=1)
        self.cells, self.at = flat.reshape(-1), self.peak + np.arange(0, flat.size, size)
        y = self.peak // self.width
        return self.cells.take(self.at), self.peak - y * self.width, y

    def inside(self, before: int, after: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = inner((self.width, self.height), before, after).take(self.peak)
        return found

    def neighbours(self) -> tuple[NDArray[Any], NDArray[Any]]:
        steps = np.array([[1], [self.width], [-1], [-self.width]])
        around = self.cells.take(self.at + steps, mode="wrap")
        return around[:2], around[2:]

    def logarithms(self, sigma: float, low: float, high: float) -> Around[NDArray[Any]]:
        blurred = self.blurred(sigma)
        # Scaling only ever enlarges, up to the maximum at most. Between the bounds it is a term
        # that all logarithms have, and no difference of two.
        outside = (blurred < low).any(axis=(1, 2)) | (self.scores > high)
        scaled = np.flatnonzero(outside & (self.scores > 0))
        if len(scaled):
            maps = torch.from_numpy(self.maps.reshape(-1, self.height, self.width)[scaled])
            highest = unscaled(maps, sigma).amax((1, 2)).numpy()
            blurred[scaled] *= (self.scores[scaled] / highest)[:, None, None]
        found = np.log(blurred.clip(low, high))
        return lambda right, down: found[:, REACH + down, REACH + right]

    def blurred(self, sigma: float) -> NDArray[Any]:
        """Return (B * K, 5, 5) blurred cells around the maxima, not scaled."""
        cells = torch.from_numpy(self.squares(REACH + blur_radius(sigma))).flatten(1)
        blurred = cells @ torch.from_numpy(kernel(sigma, REACH)).to(cells)
        found: NDArray[Any] = blurred.numpy().reshape(-1, 2 * REACH + 1, 2 * REACH + 1)
        cut = np.flatnonzero(~self.inside(REACH, REACH))
        columns, rows = (
            (places[cut, None] + np.arange(-REACH, REACH + 1)).clip(0, size - 1) - places[cut, None]
            for places, size in ((self.x, self.width), (self.y, self.height))
        )
        found[cut] = found[cut[:, None, None], rows[:, :, None] + REACH, columns[:, None] + REACH]
        return found

    def squares(self, reach: int) -> NDArray[Any]:
        """Return (B * K, n, n) cells around the maxima, 0 outside of their maps."""
        edge, maps = 2 * reach + 1, self.maps.reshape(-1, self.height, self.width)
        if edge > min(self.height, self.width):
            return self.cut_off(reach, np.arange(len(maps)))
        left, top = (
            self.x.clip(reach, self.width - reach - 1),
            self.y.clip(reach, self.height - reach - 1),
        )
        windows = sliding_window_view(maps, (edge, edge), axis=(1, 2))
        found: NDArray[Any] = windows[np.arange(len(maps)), top - reach, left - reach]
        cut = np.flatnonzero(~self.inside(reach, reach))
        found[cut] = self.cut_off(reach, cut)
        return found

    def cut_off(self, reach: int, chosen: NDArray[np.int64]) -> NDArray[Any]:
        """Return the squares around some maxima, wherever their maps end."""
        steps = np.arange(-reach, reach + 1)
        places = steps[:, None] * self.width + steps
        at = self.at[chosen, None, None] + places
        columns, rows = self.x[chosen, None] + steps, self.y[chosen, None] + steps
        across, down = (columns >= 0) & (columns < self.width), (rows >= 0) & (rows < self.height)
        on_map = down[:, :, None] & across[:, None, :]
        return np.where(on_map, self.cells.take(at, mode="clip"), 0)

    def moved(self, right: NDArray[Any], down: NDArray[Any]) -> tuple[Tensor, Tensor]:
        cells = np.empty((len(self.at), 2), dtype=np.float32)
        positive = self.scores > 0
        cells[:, 0] = np.where(positive, self.x + right, 0)
        cells[:, 1] = np.where(positive, self.y + down, 0)
        batch = self.maps.shape[:2]
        scores = torch.from_numpy(self.scores.reshape(batch))
        return torch.from_numpy(cells.reshape(*batch, 2)), scores


def inside(x: Values, y: Values, size: tuple[int, int], before: int, after: int) -> Values:
    """Return which columns and rows of a map of `size` w, h are so far from its borders."""
    width, height = size
    across = (x >= before) & (x < width - after)
    found: Values = across & (y >= before) & (y < height - after)
    return found


@cache
def inner(size: tuple[int, int], before: int, after: int) -> NDArray[np.bool_]:
    """Return (h * w,) which cells of a map are `inside`: to look up costs less than to compare."""
    columns, rows = np.arange(size[0]), np.arange(size[1])[:, None]
    return inside(columns, rows, size, before, after).ravel()


def peaks_of(maps: Tensor) -> Peaks[Any]:
    """Return the maxima of maps, as what is fastest to compute with."""
    return ArrayPeaks(maps.numpy()) if in_numpy(maps) else TensorPeaks(maps)


def maxima(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the (B, K) maxima of (B, K, h, w) maps, and the column and row of the first cells."""
    scores, peak = highest(maps.flatten(2))
    width = maps.shape[-1]
    return scores, peak % width, peak // width


def highest(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the maxima over the last axis, and the index of the first that has it."""
    if in_numpy(values):
        index = torch.from_numpy(np.asarray(values.numpy().argmax(axis=-1)))
        return values.gather(-1, index[..., None])[..., 0], index
    maximum, index = values.max(dim=-1)
    return maximum, index


def in_numpy(values: Tensor) -> bool:
    """Return whether they are on a CPU, of a type that NumPy computes in as torch does.

    Not where something traces or differentiates.
    """
    known = values.is_cpu and values.dtype in IN_NUMPY
    return known and not values.requires_grad and not torch.compiler.is_compiling()


def sampled(maps: Tensor, x: Tensor, y: Tensor) -> Around[Tensor]:
    """Return a function for the (B, K) values so many cells right of and below each x, y.

    Beyond the border it is the value at the border.
    """
    flat, (height, width) = maps.flatten(2), maps.shape[-2:]

    def at(right: int, down: int) -> Tensor:
        column, row = (x + right).clamp(0, width - 1), (y + down).clamp(0, height - 1)
        return flat.gather(2, (row * width + column)[..., None])[..., 0]

    return at
