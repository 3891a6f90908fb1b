"""A dataset whose images are put into tar shards, for storage where many small files are slow."""

import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hrbench import catalog, world
from hrbench.data.shard_writing import CLASS, File, index, write
from hrbench.data.shards import INDEX
from hrbench.engine.progress import Steps
from hrbench.errors import RunError
from hrbench.formats.contract import PictureFormat
from hrbench.formats.location import DataRoot, as_found, require
from hrbench.formats.registry import FORMATS
from hrbench.spec import DatasetSpec, Split
from hrbench.whole import whole_folder

UNITS = {"MB": 10**6, "GB": 10**9}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB)", re.IGNORECASE)
NAMED = ("annotations", "heads", "synsets", "solution", "detections")  # a split's files


@dataclass(frozen=True, slots=True)
class Sharded:
    """What was written."""

    dataset: str
    data: Path  # the folder of datasets
    folder: Path  # of the dataset in it
    files: int  # inside of the shards
    shards: int
    bytes: int  # of the shards

    def __str__(self) -> str:
        """Return it in a line."""
        return (
            f"{self.folder}: {self.files:,} file{'s' * (self.files != 1)} in {self.shards:,} "
            f"shard{'s' * (self.shards != 1)} of together "
            f"{self.bytes / 1e6:,.1f} MB; hrbench check {self.dataset} --data {self.data}"
        )


def shard(name: str, data: Path, out: Path | None, *, size: str) -> Sharded:
    """Write a dataset below another folder with the files of its image folders in tar shards.

    The files that its splits name beside these are copied as they are.

    Args:
        name: a dataset, a task that is measured on it, or a TOML file.
        data: the folder of datasets that it lies in.
        out: another one, to write it to, all of it or nothing; None where its image folders hold
            tar files of webdataset, of which only the index is written.
        size: of a shard, as "1GB".

    Raises:
        HrbenchError: it is not there, has no image folders, or cannot be written.
    """
    most, dataset = _bytes(size), catalog.load_dataset(name)
    dataset = as_found(dataset, data / dataset.folder)
    folders = _image_folders(dataset, data)
    target = (out or data) / dataset.folder
    try:
        if out is None:
            files = sum(_indexed(target / place, tuple(dataset.classes)) for place in folders)
        else:
            files = _written(dataset, folders, data, target, most)
    except OSError as error:
        place = error.filename or target
        raise RunError(f"{place} cannot be read or written: {error.strerror}") from error
    tars = [path for place in folders for path in (target / place).glob("*.tar")]
    size_of_all = sum(path.stat().st_size for path in tars)
    return Sharded(dataset.name, out or data, target, files, len(tars), size_of_all)


def _indexed(folder: Path, classes: Sequence[str]) -> int:
    """Write the index of the tar files in a folder of images; return how many these are."""
    if not any(folder.glob("*.tar")):
        raise RunError(f"{folder} has no tar files to index; --out DIR writes its images into such")
    return index(folder, classes)


def _written(
    dataset: DatasetSpec, folders: Sequence[str], data: Path, target: Path, size: int
) -> int:
    """Write the dataset to a folder that it gets at the end; return how many files are packed."""
    source = data / dataset.folder
    if source.resolve() in target.resolve().parents:
        raise RunError(f"{target} is inside of what is read; name another folder")
    for place in folders:
        if any((source / place).glob("*.tar")):
            raise RunError(f"{source / place} has tar files; without --out their index is written")
    with whole_folder(target) as folder:
        _copy(dataset, source, folder)
        return _pack(folders, source, folder, size, _labels(dataset, data))


def _bytes(size: str) -> int:
    match = SIZE.fullmatch(size.strip())
    count = float(match[1]) * UNITS[match[2].upper()] if match else 0.0
    if not 1 <= count < math.inf:
        raise RunError(f"--size {size}: say it as 1GB or 500MB")
    return int(count)


def _image_folders(dataset: DatasetSpec, data: Path) -> list[str]:
    """Return the folders of images that are there, none of them inside of another."""
    source, splits = data / dataset.folder, dataset.splits.values()
    named = [split.images for split in splits if split.images]
    if not named:
        raise RunError(f"{dataset.name} has no folders of images to put into shards")
    there = sorted({place for split in splits if (place := _there(source, split))})
    if not there:
        require(dataset, data, *named[0])
    if "." in there:
        raise RunError(f"{source}: its images lie beside its annotations; give them a folder")
    for place in there:
        if (source / place / INDEX).exists():
            raise RunError(
                f"{source / place} is in shards already; to index other tar files there, remove "
                f"its {INDEX}"
            )
    return [
        place
        for place in there
        if not any(Path(place).is_relative_to(other) for other in there if other != place)
    ]


def _there(source: Path, split: Split) -> str | None:
    """Return the folder of a split's images, if there is one."""
    return next((place for place in split.images if (source / place).is_dir()), None)


def _labels(dataset: DatasetSpec, data: Path) -> dict[Path, int]:
    """Return the classes of pictures, by their files."""
    known, source = FORMATS.get(dataset.format), data / dataset.folder
    if not isinstance(known, PictureFormat):
        return {}
    root, labels = DataRoot(data, world.is_synthetic(source)), dict[Path, int]()
    for name, split in dataset.splits.items():
        if _there(source, split):
            pictures = known.pictures(dataset, root, name)
            labels |= zip(pictures.images, pictures.labels.tolist(), strict=True)
    return labels


def _copy(dataset: DatasetSpec, source: Path, folder: Path) -> None:
    """Copy the files that splits name beside their images, and the mark of a synthetic set."""
    names = {getattr(split, key) for split in dataset.splits.values() for key in NAMED}
    names |= {name for split in dataset.splits.values() for name in split.release}
    for name in sorted({*filter(None, names), world.MARK}):
        if (source / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, folder / name)


def _pack(
    folders: Sequence[str], source: Path, folder: Path, size: int, labels: Mapping[Path, int]
) -> int:
    """Write the shards of all folders of images; return how many files are in them."""
    files = {place: _below(source / place) for place in folders}
    total = sum(map(len, files.values()))
    with Steps("writing shards", total) as steps:
        for place, paths in files.items():
            (folder / place).mkdir(parents=True)
            packed = _packed(source / place, paths, labels, steps)
            write(folder / place, Path(place).name, packed, size)
    return total


def _packed(
    top: Path, paths: Sequence[Path], labels: Mapping[Path, int], steps: Steps
) -> Iterator[File]:
    """Yield files with their classes beside them, as webdataset has these: 1.jpg and 1.cls."""
    for path in paths:
        name = path.relative_to(top)
        key = name.with_name(name.name.partition(".")[0]).as_posix()
        beside = ((f"{key}{CLASS}", str(labels[path]).encode()),) if path in labels else ()
        yield File(name.as_posix(), path.read_bytes(), beside)
        steps.advance()


def _below(folder: Path) -> list[Path]:
    """Return the files below a folder, its own first, by name."""
    paths = []
    for place, inner, names in os.walk(folder, onerror=_stop, followlinks=True):
        inner.sort()
        paths += [Path(place, name) for name in sorted(names)]
    return paths


def _stop(error: OSError) -> None:
    raise error  # os.walk would pass a folder over that it cannot list
