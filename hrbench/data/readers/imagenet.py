"""ImageNet's pictures: a folder for each class, or the flat validation folder with its truth.

Source: the ILSVRC2012 development kit's readme; torchvision's ImageFolder.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data import inspect, matlab
from hrbench.data.pictures import Pictures
from hrbench.errors import DataError

SUFFIXES = (".jpeg", ".jpg", ".png", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
NAMES_SHOWN = 3  # of folders or files that are not right


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A split's pictures, and how many classes they show."""

    pictures: Pictures
    num_classes: int


def is_flat(folder: Path) -> bool:
    """Whether pictures lie in the folder itself, and not in one for each class.

    Raises:
        DataError: it is no folder that can be read.
    """
    entries = list(_entries(folder))
    return any(map(_is_picture, entries)) and not any(entry.is_dir() for entry in entries)


def read(folder: Path, classes: Sequence[str]) -> Found:
    """Return the pictures of a folder with one folder for each class, by name.

    Classes that have no folder are left out; `num_classes` tells.

    Raises:
        DataError: a folder is empty, is no class's, or cannot be read.
    """
    number = {name: index for index, name in enumerate(classes)}
    there = sorted(e.name for e in _entries(folder) if e.is_dir() and not e.name.startswith("."))
    if not there:
        raise DataError(f"{folder} has no folder of a class, as {classes[0]}")
    if unknown := [name for name in there if name not in number]:
        raise DataError(
            f"{folder}: {_some(unknown)}: {len(unknown)} folders are no class's of the dataset's "
            "table [classes]; move them away, or name them there"
        )
    images: list[Path] = []
    labels: list[int] = []
    for name in there:
        files = list(_pictures(folder / name))
        if not files:
            raise DataError(f"{folder / name} has no picture; fetch them, or remove the folder")
        images += files
        labels += [number[name]] * len(files)
    return Found(_columns(images, labels), len(there))


def flat(folder: Path, truth: Path, synsets: Path, classes: Sequence[str]) -> Found:
    """Return the pictures of a flat folder, by name, their classes from the development kit.

    Args:
        folder: of ILSVRC2012_val_00000001.JPEG and so on.
        truth: ILSVRC2012_validation_ground_truth.txt, a number of the kit a line.
        synsets: meta.mat, which says what class a number of the kit is.
        classes: the folders' names in the order of the network's answers, which is another.

    Raises:
        DataError: a file is not what it should be, or they do not go together.
    """
    files = list(_pictures(folder))
    try:
        numbers = [int(line) for line in truth.read_text("utf-8").split()]
    except (OSError, ValueError) as error:
        raise DataError(f"{truth} is not a list of class numbers ({error})") from error
    if len(numbers) != len(files):
        raise DataError(
            f"{truth} has {len(numbers)} lines for {len(files)} pictures in {folder}; both should "
            "be of the whole validation set"
        )
    _require_numbered(files, truth)
    names = _synsets(synsets)
    order = {name: index for index, name in enumerate(classes)}
    if unknown := sorted({n for n in numbers if names.get(n) not in order}):
        raise DataError(f"{truth}: {synsets.name} names no class of the dataset for {unknown[0]}")
    labels = [order[names[number]] for number in numbers]
    return Found(_columns(files, labels), len(set(labels)))


def _require_numbered(files: Sequence[Path], truth: Path) -> None:
    """Refuse a folder where one picture is missing and another too many: lines would shift."""
    for number, path in enumerate(files, start=1):
        if not path.stem.endswith(f"_{number:08}"):
            raise DataError(
                f"{path} is not picture {number} of {truth.name}, ILSVRC2012_val_{number:08}.JPEG; "
                "fetch what is missing, and move away what is not of the validation set"
            )


def _synsets(file: Path) -> dict[int, str]:
    """Return the kit's numbers with the names of the classes' folders."""
    table = matlab.read(file, {"synsets"}).get("synsets")
    fields = table.fields if isinstance(table, matlab.Structs) else {}
    numbers, names = (list(_flat(fields.get(key, ()))) for key in ("ILSVRC2012_ID", "WNID"))
    known = all(map(inspect.NUMBER.fits, numbers)) and all(map(inspect.TEXT.fits, names))
    if not numbers or len(numbers) != len(names) or not known:
        raise DataError(f"{file} is not the development kit's meta.mat with 'synsets'")
    return {int(number): name for number, name in zip(numbers, names, strict=True)}


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the numbers and texts of a struct's field, one by one or a column at a time."""
    for value in values:
        if isinstance(value, matlab.Cells):
            yield from _flat(value.values)
        elif isinstance(value, np.ndarray):
            yield from value.ravel().tolist()
        else:
            yield value


def _pictures(folder: Path) -> Iterator[Path]:
    names = sorted(entry.name for entry in _entries(folder) if _is_picture(entry))
    return (folder / name for name in names)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from error


def _is_picture(entry: "os.DirEntry[str]") -> bool:
    return entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".")


def _columns(images: Sequence[Path], labels: Sequence[int]) -> Pictures:
    return Pictures(tuple(images), np.array(labels, dtype=np.int64), np.arange(len(images)))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["..."] if len(names) > NAMES_SHOWN else [])])
