"""Images decoded once, by all cores, and put down as `data.prepared` reads them: all or nothing."""

import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hrbench.data import remarks
from hrbench.data.framing import picture
from hrbench.data.headers import headers
from hrbench.data.prepared import CHANNELS, PIXELS, VERSION, Index, Wanted, in_bytes
from hrbench.data.prepared_fit import states
from hrbench.data.reach import within
from hrbench.data.workers import Rows, batches
from hrbench.errors import DataError

TOGETHER = 16  # images that a process decodes between two of its answers
ABANDONED = 3600.0  # seconds without a write
SPARE = 0.02  # share of the bytes to write that is to be free besides


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of an image once its part is written."""

    row: int
    sums: tuple[int, int]  # CRC-32 of the part and of its middle row
    odd: remarks.Remarks  # what was noted of its file


def planned(wanted: Wanted) -> Index:
    """Return what is to be written of the images that are wanted, without checksums.

    Raises:
        DataError: one cannot be read.
    """
    used = wanted.used
    sizes = np.array(list(_sizes(wanted, used)), dtype=np.int64)
    edges = within(wanted.edges[used], sizes)
    lengths = (edges[:, 2:] - edges[:, :2]).prod(axis=1) * CHANNELS
    first = picture(wanted.people, int(used[0]), wanted.read)
    return Index(
        names=np.array([wanted.called(image) for image in used.tolist()]),
        files=states(wanted, used.tolist()),
        sizes=sizes,
        edges=edges,
        starts=np.cumsum(lengths) - lengths,
        sums=np.zeros(len(used), dtype=np.uint32),
        marks=np.zeros(len(used), dtype=np.uint32),
        odd=np.empty((0, 3), dtype=np.str_),
        dtype=np.array(str(first.dtype)),
        version=np.array(VERSION),
    )


def require_space(sizes: Mapping[Path, int]) -> None:
    """Refuse to begin where so many bytes have no place in their folders, written anew.

    Raises:
        DataError: less is free.
    """
    for place in {folder.parent for folder in sizes}:
        inside = [folder for folder in sizes if folder.parent == place]
        # What is written anew is removed before.
        _require_free(place, sum(sizes[folder] - _held(folder) for folder in inside))


def _require_free(place: Path, size: int) -> None:
    there = next(parent for parent in (place, *place.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < size * (1 + SPARE):
        raise DataError(
            f"{there} has {in_bytes(free)} free, and {in_bytes(size)} are to be written; "
            "make room, or name a folder on another disk with --out"
        )


def write(wanted: Wanted, plan: Index, folder: Path, workers: int) -> Iterator[int]:
    """Write a folder, anew if it is there; yield after some images how many of them.

    Raises:
        DataError: an image cannot be read, or nothing can be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for old in (folder, *_abandoned(folder)):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_draft(folder)) as scratch:
            draft = Path(scratch) / folder.name
            draft.mkdir()
            done = []
            for some in _filled(_Filling(wanted, plan, draft / PIXELS), workers):
                done.extend(some)
                yield len(some)
            _finished(plan, done).write(draft)
            shutil.rmtree(folder, ignore_errors=True)  # of another process, meanwhile
            draft.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _draft(folder: Path) -> str:
    """Return how the folders begin in which one is written before it has its name."""
    return f".{folder.name}-"


def _abandoned(folder: Path) -> Iterator[Path]:
    """Yield drafts of a folder that nobody writes any more, whose process was killed."""
    for draft in folder.parent.glob(f"{_draft(folder)}*"):
        files = [file.stat().st_mtime for file in draft.rglob("*") if file.is_file()]
        if files and time.time() - max(files) > ABANDONED:
            yield draft


def _held(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.glob("*"))


def _finished(plan: Index, done: Sequence[Done]) -> Index:
    """Return what is in a file of pixels that is written."""
    sums = np.array([one.sums for one in sorted(done, key=attrgetter("row"))], dtype=np.uint32)
    odd = [
        (str(plan.names[one.row]), kind, words)
        for one in done
        for kind, files in one.odd.items()
        for words in files.values()
    ]
    said = np.array(odd, dtype=np.str_).reshape(-1, 3)
    return replace(plan, sums=sums[:, 0], marks=sums[:, 1], odd=said)


def _sizes(wanted: Wanted, used: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield the width and height of each image in the frame of positions."""
    people = wanted.people
    paths = [people.images[image] for image in used.tolist()] if people.inside is None else []
    seen = list(headers(paths)) or [None] * len(used)
    for image, head in zip(used.tolist(), seen, strict=True):
        if head is None:
            height, width = picture(people, image, wanted.read).shape[:2]
            yield width, height
        else:
            yield head.turned if people.upright else head.size


class _Filling:
    """Decodes images and writes what is wanted of them."""

    shape = (0,)  # nothing is handed on

    def __init__(self, wanted: Wanted, plan: Index, file: Path) -> None:
        self.wanted, self.plan, self.file = wanted, plan, file
        self.images = wanted.used
        # What is written through a map, and finds no place, ends the process.
        self.begin = np.lib.format.open_memmap(file, "w+", np.uint8, (plan.bytes,)).offset

    def fill(self, _out: NDArray[np.uint8], rows: Rows, _epoch: int) -> list[Done]:
        try:
            with self.file.open("r+b") as file:
                return [self._written(file, row) for row in rows.tolist()]
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def _written(self, file: IO[bytes], row: int) -> Done:
        people, plan, image = self.wanted.people, self.plan, int(self.images[row])
        before = remarks.taken()
        pixels = picture(people, image, self.wanted.read)
        odd = remarks.taken()
        remarks.add([before, odd])
        if pixels.shape[1::-1] != tuple(plan.sizes[row].tolist()):
            raise DataError(
                f"{people.images[image]} has other pixels than its header says; save it anew"
            )
        left, top, right, bottom = plan.edges[row].tolist()
        part = np.ascontiguousarray(pixels[top:bottom, left:right], dtype=np.uint8)
        file.seek(self.begin + int(plan.starts[row]))
        file.write(part.data)
        return Done(row, (zlib.crc32(part.data), zlib.crc32(part[len(part) // 2].data)), odd)


def _filled(filling: _Filling, workers: int) -> Iterator[list[Done]]:
    """Write the pixels of all images; yield the sums of some in turn."""
    count = len(filling.images)
    parts = np.array_split(np.arange(count), -(-count // TOGETHER))
    sizes = [len(part) for part in parts]
    for _, sums in batches(filling, parts, sizes, workers=workers, pin=False):
        yield from sums


def _unwritable(place: Path, error: OSError) -> DataError:
    return DataError(
        f"{error.filename or place} cannot be written ({error.strerror}); name another folder "
        "with --out"
    )
