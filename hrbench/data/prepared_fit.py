"""Whether prepared images are those that crops are to be cut from, and reach far enough."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data import stored
from hrbench.data.framing import picture
from hrbench.data.prepared import Index, Prepared, UnfitError, Wanted, damaged, whole
from hrbench.data.reach import joined, within

READERS = 8  # threads: a file server answers several at once
COMPARED = 8  # images that are decoded once more where prepared ones are opened


def opened(folder: Path, wanted: Wanted) -> Prepared:
    """Return what a folder holds of the images that are wanted.

    Raises:
        UnfitError: they are not whole, no longer those of the files, or not far enough.
    """
    index, written = whole(folder)
    rows, used = _rows(index, wanted), wanted.used
    _require_same_files(wanted, used, index, rows[used])
    _require_reach(wanted, used, index, rows[used])
    found = Prepared(folder, index, written, rows, _odd(wanted, used, index))
    _require_same_pixels(wanted, used[:: -(-len(used) // COMPARED) or 1], found)
    return found


def grown(folder: Path, wanted: Wanted) -> Wanted:
    """Return what is wanted with what a folder has of all its images, so that both are served."""
    try:
        index, _ = whole(folder)
        rows = _rows(index, wanted)
    except UnfitError:
        return wanted
    edges, used = wanted.edges.copy(), wanted.used
    edges[used] = joined(edges[used], index.edges[rows[used]])
    return replace(wanted, edges=edges)


def states(wanted: Wanted, images: Sequence[int]) -> NDArray[np.int64]:
    """Return (n, 2) bytes of images' files and when they changed, or a check; -1 for none."""
    files = [wanted.file(image) for image in images]
    different = list(dict.fromkeys(files))
    with ThreadPoolExecutor(READERS) as pool:
        known = dict(zip(different, pool.map(_state, different), strict=True))
    return np.array([known[file] for file in files], dtype=np.int64).reshape(-1, 2)


def _state(file: Path) -> tuple[int, int]:
    try:
        return stored.state(file)
    except OSError:
        return -1, -1


def _rows(index: Index, wanted: Wanted) -> NDArray[np.int64]:
    """Return the row of each image that is wanted; -1 of those without boxes."""
    place = {name: row for row, name in enumerate(index.names.tolist())}
    rows = np.full(len(wanted.people.images), -1, dtype=np.int64)
    for image in wanted.used.tolist():
        name = wanted.called(image)
        if name not in place:
            raise UnfitError(f"{name} is not among them")
        rows[image] = place[name]
    return rows


def _odd(wanted: Wanted, used: NDArray[np.int64], index: Index) -> dict[int, tuple[str, str, str]]:
    """Return the remark on each image that has one."""
    said = {name: (kind, words) for name, kind, words in index.odd.tolist()}
    names = {image: wanted.called(image) for image in (used.tolist() if said else ())}
    files = wanted.people.images
    return {
        image: (said[name][0], str(files[image]), said[name][1])
        for image, name in names.items()
        if name in said
    }


def _require_same_files(
    wanted: Wanted, used: NDArray[np.int64], index: Index, rows: NDArray[np.int64]
) -> None:
    changed = (states(wanted, used.tolist()) != index.files[rows]).any(axis=1)
    if changed.any():
        name = wanted.called(int(used[changed][0]))
        raise UnfitError(f"{int(changed.sum())} of the images have changed since, as {name}")


def _require_reach(
    wanted: Wanted, used: NDArray[np.int64], index: Index, rows: NDArray[np.int64]
) -> None:
    edges, there = within(wanted.edges[used], index.sizes[rows]), index.edges[rows]
    short = ((edges[:, :2] < there[:, :2]) | (edges[:, 2:] > there[:, 2:])).any(axis=1)
    if short.any():
        name = wanted.called(int(used[short][0]))
        raise UnfitError(
            f"crops of this task, its augmentation and its boxes reach further in "
            f"{int(short.sum())} of the images, as in {name}"
        )


def _require_same_pixels(wanted: Wanted, images: NDArray[np.int64], found: Prepared) -> None:
    for image in images.tolist():
        kept, pixels = found.opened(image), picture(wanted.people, image, wanted.read)
        (left, top), (height, width) = kept.corner, kept.pixels.shape[:2]
        part = pixels[top : top + height, left : left + width]
        alike = pixels.dtype == kept.pixels.dtype and pixels.shape[1::-1] == kept.size
        if not found.sound(int(found.rows[image])):
            raise damaged(found.folder, wanted.called(image))
        if not alike or not np.array_equal(part, kept.pixels):
            raise UnfitError(f"{wanted.called(image)} is decoded otherwise now")
