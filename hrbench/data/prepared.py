"""Decoded images in one file, as far as crops reach into them: mapped, so that readers share it.

Two files in a folder: `pixels.npy`, the parts of images one after the other, and `images.npz`,
what and where they are, with checksums. They are of the image files as these were, and are taken
for what the files hold only where nothing of that has changed.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hrbench.data.framing import Read
from hrbench.data.parts import Part, Region
from hrbench.data.reach import Edges
from hrbench.data.remarks import remark
from hrbench.data.sample import People
from hrbench.errors import DataError

PIXELS, INDEX = "pixels.npy", "images.npz"
VERSION = 1  # goes up with every change of what the files mean
CHANNELS = 3


class UnfitError(DataError):
    """Prepared images that are not those of the files, or not far enough for the crops."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Images that crops are cut from, and how far."""

    title: str  # of a dataset, a split, and what they are for
    people: People
    read: Read  # the cutting's
    edges: Edges  # (M, 4) of what crops reach, as `data.reach` has it
    root: Path  # that names of files begin below

    @property
    def used(self) -> NDArray[np.int64]:
        """The indices of images that have boxes."""
        return np.unique(self.people.image)

    def called(self, image: int) -> str:
        """Return what an image is called, wherever the data lie."""
        path = self.people.images[image]
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()

    def file(self, image: int) -> Path:
        """Return the file that an image is, or is inside of."""
        path = self.people.images[image]
        return path if self.people.inside is None else path.parent


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """What is in a file of pixels: M parts of images."""

    names: NDArray[np.str_]  # (M,)
    files: NDArray[np.int64]  # (M, 2) bytes of each image's file, and when it was changed, in ns
    sizes: NDArray[np.int64]  # (M, 2) width, height of the whole image
    edges: Edges  # (M, 4) of the part that is stored
    starts: NDArray[np.int64]  # (M,) of its first byte
    sums: NDArray[np.uint32]  # (M,) CRC-32 of its bytes
    marks: NDArray[np.uint32]  # (M,) of its middle row's
    odd: NDArray[np.str_]  # (R, 3) remarks: an image's name, the kind, and words on it
    dtype: NDArray[np.str_]  # () of the pixels that a file gives, which are bytes here
    version: NDArray[np.int64]  # ()

    @property
    def bytes(self) -> int:
        """How many are stored."""
        extents = self.edges[:, 2:] - self.edges[:, :2]
        return int(extents.prod(axis=1).sum()) * CHANNELS

    @property
    def whole_bytes(self) -> int:
        """How many the whole images have."""
        return int(self.sizes.prod(axis=1).sum()) * CHANNELS

    def write(self, folder: Path) -> None:
        """Put it beside its pixels."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        np.savez_compressed(folder / INDEX, **columns)


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An image of which a part is stored."""

    pixels: NDArray[Any]  # (h, w, 3) of that part
    corner: tuple[int, int]  # x, y of its first pixel in the image
    size: tuple[int, int]  # width, height of the image

    def part(self, region: Region) -> Part:
        """Return what a crop looks at, which is stored."""
        x, y = region.left - self.corner[0], region.top - self.corner[1]
        width, height = region.right - region.left, region.bottom - region.top
        pixels = self.pixels[max(0, y) : y + height, max(0, x) : x + width]
        if pixels.shape[:2] != (height, width):
            raise ValueError(f"{region} is not within what is stored from {self.corner} on")
        return Part(pixels, (region.left, region.top))

    def whole(self) -> NDArray[Any]:
        """Return all of the image, zeros where nothing is stored."""
        (left, top), (height, width) = self.corner, self.pixels.shape[:2]
        if (width, height) == self.size:
            return self.pixels
        image = np.zeros((self.size[1], self.size[0], CHANNELS), self.pixels.dtype)
        image[top : top + height, left : left + width] = self.pixels
        return image


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Parts of images that are ready, for the images of some people."""

    folder: Path
    index: Index
    written: int  # when its pixels were, in ns
    rows: NDArray[np.int64]  # of each image's part; -1 of an image without boxes
    odd: Mapping[int, tuple[str, str, str]]  # a remark on an image: its kind, the file, words

    def opened(self, image: int) -> Stored:
        """Return an image as the cutting reads it from its file, in the frame of positions.

        Raises:
            DataError: it is damaged.
        """
        row = int(self.rows[image])
        stored = self._stored(row)
        if zlib.crc32(stored[len(stored) // 2].data) != self.index.marks[row]:
            raise damaged(self.folder, str(self.index.names[row]))
        if image in self.odd:
            remark(*self.odd[image])
        left, top = self.index.edges[row, :2].tolist()
        width, height = self.index.sizes[row].tolist()
        pixels = stored.astype(self.index.dtype.item(), copy=False)
        return Stored(pixels, (left, top), (width, height))

    def whole(self, image: int) -> NDArray[Any]:
        """Return the (height, width, 3) pixels of an image, zeros where nothing is stored.

        Raises:
            DataError: it is damaged.
        """
        return self.opened(image).whole()

    def damage(self) -> Iterator[str]:
        """Yield the name of each image in turn, those whose bytes are wrong; else ""."""
        for row, name in enumerate(self.index.names.tolist()):
            yield "" if self.sound(row) else name

    def sound(self, row: int) -> bool:
        """Whether all bytes of a part are those that were written."""
        return zlib.crc32(self._stored(row).data) == int(self.index.sums[row])

    def _stored(self, row: int) -> NDArray[np.uint8]:
        left, top, right, bottom = self.index.edges[row].tolist()
        start, length = int(self.index.starts[row]), (bottom - top) * (right - left) * CHANNELS
        part = _mapped(self.folder, self.written)[start : start + length]
        return part.reshape(bottom - top, right - left, CHANNELS)


def whole(folder: Path) -> tuple[Index, int]:
    """Return what a folder says that it holds, if it is all there, and when that was written."""
    try:
        written = (folder / PIXELS).stat().st_mtime_ns
        # NumPy leaves a file of its own open where it is no archive.
        with (folder / INDEX).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if stored["version"] != VERSION:
                raise UnfitError("another version of hrbench has written them")
            index = Index(**{column.name: stored[column.name] for column in fields(Index)})
        if len(_mapped(folder, written)) != index.bytes:
            raise UnfitError(f"{PIXELS} is not whole")
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
        raise UnfitError(f"they cannot be read ({error})") from error
    return index, written


def damaged(folder: Path, name: str) -> DataError:
    """Return the error for stored pixels of an image that are not those that were written."""
    return DataError(
        f"{folder / PIXELS} is damaged at {name}; `hrbench prepare` writes it anew, and without "
        "its folder the files of the images are read"
    )


def in_bytes(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


@lru_cache(maxsize=16)
def _mapped(folder: Path, _: int) -> NDArray[np.uint8]:
    """Map a file once in each process: what a process sends to another is its name only."""
    return np.asarray(np.load(folder / PIXELS, mmap_mode="r", allow_pickle=False))
