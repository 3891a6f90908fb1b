"""Image files by their paths: files of their own, or inside of shards that lie in their place.

A path says all: `train/a/1.jpg`, where `train` is a folder with shards, is the file `a/1.jpg` of
them. So samples are the same paths in the same order, wherever their bytes lie.
"""

import errno
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hrbench.data.shards import INDEX, Member, Shards, load

# By folder: the shards that stand for it and its name in them; None where it has files. What is
# found stays: a process reads one state of the data.
_found: dict[Path, tuple[Shards, str] | None] = {}


def read(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        OSError: there is none.
        DataError: it is inside of a shard that is not as it was written.
    """
    place = _member(path)
    return path.read_bytes() if place is None else place[0].read(place[1])


def source(path: Path) -> Path | io.BytesIO:
    """Return what Pillow opens: the path of a file of its own, else the bytes, as `read` does."""
    return path if _shards(path.parent) is None else io.BytesIO(read(path))


def opened(path: Path) -> BinaryIO:
    """Return a file to read some of, its start or its end; the bytes are not compared with a check.

    Raises:
        OSError: there is none.
    """
    place = _member(path)
    if place is None:
        return path.open("rb")
    return io.BufferedReader(Member(*place))


def size(path: Path) -> int:
    """Return how many bytes a file has.

    Raises:
        OSError: there is none.
    """
    place = _member(path)
    return path.stat().st_size if place is None else int(place[0].lengths[place[1]])


def state(path: Path) -> tuple[int, int]:
    """Return how many bytes a file has, and when it was changed or, of a member, its check.

    Raises:
        OSError: there is none.
    """
    place = _member(path)
    if place is not None:
        shards, row = place
        return int(shards.lengths[row]), int(shards.checks[row])
    seen = path.stat()
    return seen.st_size, seen.st_mtime_ns


def sizes(folder: Path) -> dict[str, int]:
    """Return how many bytes each file in a folder has, by its name.

    Raises:
        OSError: there is no such folder.
    """
    if _shards(folder) is not None:
        return {name: size(folder / name) for name in listed(folder).files}
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}


@dataclass(frozen=True, slots=True)
class Listed:
    """What lies in a folder, sorted by name."""

    folders: list[str]
    files: list[str]


def listed(folder: Path) -> Listed:
    """Return what lies in a folder.

    Raises:
        OSError: it is none.
        DataError: its shards are not whole.
    """
    place = _shards(folder)
    if place is not None:
        shards, inner = place
        if inner not in shards.folders:
            raise _missing(folder)
        folders, files = shards.folders[inner]
        return Listed(sorted(folders), sorted(files))
    with os.scandir(folder) as entries:
        there = [(entry.name, entry.is_dir(), entry.is_file()) for entry in entries]
    folders = sorted(name for name, is_folder, _ in there if is_folder)
    return Listed(folders, sorted(name for name, _, is_file in there if is_file))


def _member(path: Path) -> tuple[Shards, int] | None:
    """Return where a file is inside of shards; None where it is one of its own, or should be."""
    place = _shards(path.parent)
    if place is None:
        return None
    shards, inner = place
    row = shards.find(f"{inner}/{path.name}" if inner else path.name)
    if row is None:
        raise _missing(path)
    return shards, row


def _shards(folder: Path) -> tuple[Shards, str] | None:
    """Return the shards that stand for a folder, and its name in them; None where none do."""
    if folder not in _found:
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
        if there is None or (there != folder and not (there / INDEX).is_file()):
            return None  # a folder that is missing may come
        _found[folder] = _loaded(folder, there)
    return _found[folder]


def _loaded(folder: Path, there: Path) -> tuple[Shards, str] | None:
    if there != folder:
        top = _shards(there)
        return None if top is None else (top[0], folder.relative_to(there).as_posix())
    return (load(folder), "") if (folder / INDEX).is_file() else None


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
