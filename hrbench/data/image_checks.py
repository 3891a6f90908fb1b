"""What is wrong with the files in a folder of images."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data import remarks, stored
from hrbench.data.faults import Fault, fault_of
from hrbench.data.headers import Header, headers
from hrbench.data.images import decode
from hrbench.data.jpeg import is_cut_short
from hrbench.data.orientation import orientation
from hrbench.errors import DataError
from hrbench.pools import pool_of

BROKEN, CUT_SHORT = "that cannot be decoded", "that end too early"


def sizes_of_files(folder: Path, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the bytes of each file that `names` lists below a folder; -1 where it is not there."""
    parents = {name.rpartition("/")[0] for name in names}
    there = {name: size for parent in parents for name, size in _scan(folder, parent)}
    return np.array([there.get(name, -1) for name in names], dtype=np.int64)


def _scan(folder: Path, parent: str) -> Iterator[tuple[str, int]]:
    try:
        for name, size in stored.sizes(folder / parent).items():
            yield f"{parent}/{name}" if parent else name, size
    except OSError:
        return  # no such folder: none of its files is there


def opened(folder: Path, names: Sequence[str], processes: int) -> Iterator[Header | str]:
    """Yield the size and tag of each image file, decoded, or BROKEN or CUT_SHORT."""
    paths = (folder / name for name in names)
    with pool_of(processes) as pool:
        if pool is None:
            yield from map(look, paths)
            return
        for seen, odd in pool.map(_with_remarks, paths, chunksize=16):
            remarks.add([odd])
            yield seen


def _with_remarks(path: Path) -> tuple[Header | str, remarks.Remarks]:
    return look(path), remarks.taken()


def headed(paths: Sequence[Path]) -> Iterator[Header | str]:
    """Yield the header of each image file; what has none or no end is decoded, as by `look`."""
    for path, seen in zip(paths, headers(paths, end=True), strict=True):
        yield seen if seen is not None and seen.ended else look(path)


def look(path: Path) -> Header | str:
    """Return the size and tag of an image file, decoded, or BROKEN or CUT_SHORT."""
    try:
        content = stored.read(path)
    except (OSError, DataError):
        return BROKEN
    image = decode(content)
    if image is None:
        return CUT_SHORT if is_cut_short(content) else BROKEN
    height, width, _ = image.pixels.shape
    if image.oddity:
        remarks.remark(image.oddity, str(path), image.words)
    return Header((width, height), orientation(path))


def undecoded(names: Sequence[str], seen: Sequence[Header | str]) -> list[Fault]:
    """Return which files `opened` could not decode, as faults."""
    kinds = undecodable(names, seen).items()
    return [fault for kind, files in kinds for fault in fault_of(kind, files)]


def undecodable(names: Sequence[str], seen: Sequence[Header | str]) -> dict[str, list[str]]:
    """Return which files `opened` could not decode, by the kind of their fault."""
    return {
        f"image files {problem}": [
            name for name, look in zip(names, seen, strict=True) if look == problem
        ]
        for problem in (BROKEN, CUT_SHORT)
    }


def odd() -> list[Fault]:
    """Return what was noted of files since, as what a person should look at."""
    return [
        Fault(kind, len(files), remarks.names(files), fatal=False)
        for kind, files in remarks.taken().items()
    ]
