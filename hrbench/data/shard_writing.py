"""Tar shards as they are written, and the index of such as others have written.

A shard is webdataset's: files whose names are the same up to the first dot, and that follow each
other, are one sample.
"""

import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path, PurePosixPath

import numpy as np

from hrbench.data.media import IMAGES
from hrbench.data.shards import CODE, INDEX, UNKNOWN
from hrbench.errors import DataError
from hrbench.whole import whole

CLASS = ".cls"  # what the file is called that says a picture's class, by its number
Row = tuple[bytes, int, int, int, int]  # name, which tar, offset, length, CRC-32


@dataclass(frozen=True, slots=True)
class File:
    """A file that is put into a shard."""

    name: str  # relative to the folder
    content: bytes
    beside: tuple[tuple[str, bytes], ...] = ()  # files right behind it that the index passes over


def write(folder: Path, name: str, files: Iterable[File], size: int) -> int:
    """Write files into shards called `name`, and their index; return how many shards there are.

    A shard is closed when it has `size` bytes. Its bytes follow from the files' names and content.
    """
    tars: list[Path] = []
    rows: list[Row] = []
    waiting = iter(files)
    file = next(waiting, None)
    while file is not None:
        tars.append(folder / f"{name}-{len(tars):06d}.tar")
        with tarfile.open(tars[-1], "w", format=tarfile.PAX_FORMAT) as tar:
            while file is not None and tar.offset < size:
                place, check = _put(tar, file.name, file.content), zlib.crc32(file.content)
                row = (len(tars) - 1, place, len(file.content), check)
                rows.append((file.name.encode(CODE, UNKNOWN), *row))
                for other, more in file.beside:
                    _put(tar, other, more)
                file = next(waiting, None)
    _write_index(folder, tars, sorted(rows))
    return len(tars)


def index(folder: Path, classes: Sequence[str]) -> int:
    """Write the index of the tar files in a folder; return how many pictures they have.

    Where there are classes, a picture is found as in a folder of its class's name, which the `.cls`
    beside it says by its number.

    Raises:
        DataError: they are no whole tar files, or a picture has no class, or a name is there twice.
        RunError: the index cannot be written.
    """
    tars = sorted(folder.glob("*.tar"))
    rows = sorted(row for number, tar in enumerate(tars) for row in _rows(number, tar, classes))
    names = [row[0] for row in rows]
    again = next((one for one, other in pairwise(names) if one == other), None)
    if again is not None:
        raise DataError(f"{folder}: {again.decode(CODE, UNKNOWN)} is in its tar files twice")
    if not rows:
        raise DataError(f"{folder}: no picture is in its tar files")
    _write_index(folder, tars, rows)
    return len(rows)


def _rows(number: int, path: Path, classes: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a tar file's pictures."""
    try:
        with tarfile.open(path, "r:") as tar:
            files = ((info, _content(tar, info, path)) for info in tar if info.isfile())
            for key, sample in groupby(files, lambda file: _key(file[0].name)):
                members = list(sample)
                label = next((c for info, c in members if info.name == f"{key}{CLASS}"), None)
                for info, content in members:
                    if PurePosixPath(info.name).suffix.lower() in IMAGES:
                        name = _name(info.name, label, classes, path).encode(CODE, UNKNOWN)
                        place = info.offset_data, len(content), zlib.crc32(content)
                        yield name, number, *place
    except tarfile.TarError as error:
        raise DataError(
            f"{path} is no whole tar file ({error}); compressed ones are not read"
        ) from error


def _key(name: str) -> str:
    """Return what the names of a sample's files begin with."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> bytes:
    file = tar.extractfile(info)
    content = b"" if file is None else file.read()
    if len(content) != info.size:
        raise DataError(f"{path} is cut short in {info.name}; fetch it again")
    return content


def _name(name: str, label: bytes | None, classes: Sequence[str], path: Path) -> str:
    """Return the name by which a picture is found; a tar of a folder may have the folder's too."""
    if not classes:
        return name.removeprefix("./").removeprefix(f"{path.parent.name}/")
    number = "" if label is None else label.decode("ascii", "replace").strip()
    if not number.isdecimal() or int(number) >= len(classes):
        said = f"says class '{number}'" if number else f"has no {CLASS} beside it"
        raise DataError(
            f"{path}: {name} {said}; that is to be one of 0 to {len(classes) - 1}, in the order of "
            "the dataset's table [classes]"
        )
    return f"{classes[int(number)]}/{PurePosixPath(name).name}"


def _write_index(folder: Path, tars: Sequence[Path], rows: Sequence[Row]) -> None:
    """Write the index, all of it or nothing."""
    tar, offsets, lengths, checks = np.array([row[1:] for row in rows], np.int64).reshape(-1, 4).T
    with whole(folder / INDEX, "") as draft:
        np.savez(
            draft,
            tars=np.array([tar.name for tar in tars], dtype=np.str_),
            bytes=np.array([tar.stat().st_size for tar in tars], dtype=np.int64),
            names=np.array([row[0] for row in rows], dtype=np.bytes_),
            tar=tar,
            offsets=offsets,
            lengths=lengths,
            checks=checks,
        )


def _put(tar: tarfile.TarFile, name: str, content: bytes) -> int:
    """Write a file as its name and its bytes alone make it; return where these begin."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
    return tar.offset - -(-len(content) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
