"""Tar shards: the files of a folder in a few large ones, each of which an index finds again.

The shards are tar files as webdataset reads them, from end to end. The index beside them says of
each file in which shard its bytes begin, how many they are, and their CRC-32: so files are read
alone, in any order, and what was cut off or changed since is noticed.
"""

import io
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError

INDEX = "shards.npz"  # beside the tar files
KEPT = 96  # shards of a folder that stay open; macOS allows a process 256 files by default
CODE, UNKNOWN = "utf-8", "surrogateescape"  # of names, which need not be Unicode
AGAIN = "copy it again, or write the shards anew with `hrbench shard`"


@dataclass(frozen=True, eq=False)
class Shards:
    """The shards in a folder, and where the files are that they hold."""

    folder: Path
    tars: tuple[str, ...]  # their names
    names: NDArray[np.bytes_]  # (N,) of the files, relative to the folder, sorted
    tar: NDArray[np.int64]  # (N,) which of the shards has it
    offsets: NDArray[np.int64]  # (N,) in bytes
    lengths: NDArray[np.int64]  # (N,) in bytes
    checks: NDArray[np.int64]  # (N,) CRC-32
    _open: dict[int, int] = field(default_factory=dict)  # descriptors, by shard

    def find(self, name: str) -> int | None:
        """Return the row of a file; None where there is none of that name."""
        wanted = name.encode(CODE, UNKNOWN)
        if len(wanted) > self.names.itemsize:  # NumPy would copy all names into longer ones
            return None
        row = int(np.searchsorted(self.names, np.bytes_(wanted)))
        return row if row < len(self.names) and self.names[row] == wanted else None

    def read(self, row: int) -> bytes:
        """Return the bytes of a file.

        Raises:
            DataError: they are not those that were written.
        """
        content = self.part(row, 0, int(self.lengths[row]))
        if zlib.crc32(content) != self.checks[row]:
            raise DataError(f"{self._place(row)} is not as it was written; {AGAIN}")
        return content

    def part(self, row: int, start: int, count: int) -> bytes:
        """Return so many bytes of a file from `start` on, as far as it goes.

        Raises:
            DataError: the shard ends before, or cannot be read.
        """
        count = max(0, min(count, int(self.lengths[row]) - start))
        try:
            content = self._taken(int(self.tar[row]), int(self.offsets[row]) + start, count)
        except OSError as error:
            raise DataError(f"{self._place(row)} cannot be read: {error.strerror}") from error
        if len(content) < count:
            raise DataError(f"{self._place(row)} is cut short; {AGAIN}")
        return content

    @cached_property
    def folders(self) -> dict[str, tuple[list[str], list[str]]]:
        """The folders and the files in each folder of the files' names; "" is the first."""
        tree: dict[str, tuple[dict[str, None], list[str]]] = {"": ({}, [])}
        for name in self.names.tolist():
            parent, _, last = name.decode(CODE, UNKNOWN).rpartition("/")
            if parent not in tree:
                _plant(tree, parent)
            tree[parent][1].append(last)
        return {place: (list(folders), files) for place, (folders, files) in tree.items()}

    def _taken(self, tar: int, at: int, count: int) -> bytes:
        """Return bytes of a shard. Where it stays open, threads and forked processes share it.

        Reading at a place moves nothing that they share; Windows has no such call.
        """
        path = self.folder / self.tars[tar]
        if not hasattr(os, "pread") or (tar not in self._open and len(self._open) >= KEPT):
            with path.open("rb") as file:
                file.seek(at)
                return file.read(count)
        if tar not in self._open:
            descriptor = os.open(path, os.O_RDONLY)
            if self._open.setdefault(tar, descriptor) != descriptor:  # another thread was faster
                os.close(descriptor)
        return os.pread(self._open[tar], count, at)

    def _place(self, row: int) -> str:
        return f"{self.folder / self.tars[self.tar[row]]}: {self.names[row].decode(CODE, UNKNOWN)}"


def _plant(tree: dict[str, tuple[dict[str, None], list[str]]], place: str) -> None:
    """Add a folder, and those that it is in, to a tree."""
    parent, _, last = place.rpartition("/")
    if parent not in tree:
        _plant(tree, parent)
    tree[parent][0][last] = None
    tree[place] = ({}, [])


class Member(io.RawIOBase):
    """A file inside of a shard, of which only what is asked for is read."""

    def __init__(self, shards: Shards, row: int) -> None:
        self._shards, self._row, self._at = shards, row, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        length = int(self._shards.lengths[self._row])
        self._at = max(0, offset + {os.SEEK_CUR: self._at, os.SEEK_END: length}.get(whence, 0))
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:  # bytearray, memoryview: what can be written to
        content = self._shards.part(self._row, self._at, len(buffer))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def load(folder: Path) -> Shards:
    """Return the shards that lie in a folder.

    Raises:
        DataError: a shard is missing or of another size than written, or the index is none.
    """
    path = folder / INDEX
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            columns = {key: content[key] for key in content.files}
        tars = tuple(columns.pop("tars").tolist())
        bytes_of = columns.pop("bytes").tolist()
        shards = Shards(folder, tars, **columns)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        # What NumPy says of a damaged file is how to load a pickle from it.
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
        raise DataError(f"{path} is no index of shards ({why}); {AGAIN}") from error
    for name, size in zip(tars, bytes_of, strict=True):
        _require_whole(folder / name, size)
    return shards


def _require_whole(path: Path, size: int) -> None:
    try:
        there = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; {AGAIN}") from error
    if there != size:
        raise DataError(f"{path} has {there} bytes, not the {size} that were written; {AGAIN}")
