"""One CollectedData_*.csv file of DeepLabCut: its lines, its columns, its images.

Letters: K keypoints.
"""

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError
from hrbench.files.paths import with_slashes

ABOVE = 6  # folders above a table, in one of which its names of images begin
HEADER = ("scorer", "individuals", "bodyparts", "coords")
DECIMAL = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
UNIQUE = "single"  # the individual that DeepLabCut gives bodyparts which all animals share
SEPARATORS = ",;\t"  # of columns: a spreadsheet writes others where a comma is in numbers
Line = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the header of a file says."""

    width: int  # columns of the file
    first: int  # the first that is no part of the image's path
    individuals: dict[str, tuple[str, ...]]  # the bodyparts of each, in order
    places: dict[tuple[str, str], int]  # of the x of each; y is the next


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One image of a file."""

    image: Path
    objects: tuple[NDArray[np.float64], ...]  # (K, 2) of each individual


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a file says; its rows can be gone through once."""

    bodyparts: tuple[str, ...]  # of every animal
    unique: tuple[str, ...]  # bodyparts that no animal has
    rows: Iterator[Row]


def read(file: Path, images: Path | None) -> Table:
    """Return what a file says; images are looked for in a folder that is named, or near the file.

    Raises:
        DataError: it cannot be read, or has a fault, which may be in a row.
    """
    lines = _lines(file)
    columns = _columns(file, lines)
    unique = columns.individuals.get(UNIQUE, ()) if len(columns.individuals) > 1 else ()
    return Table(_animals(file, columns), unique, _rows(file, lines, columns, images))


def _lines(file: Path) -> list[Line]:
    """Return the lines of a file that are not empty, with their numbers."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            separator = max(SEPARATORS, key=opened.readline().count)
            opened.seek(0)
            reader = csv.reader(opened, strict=True, delimiter=separator)
            lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not text in UTF-8: {error.reason}") from error
    except csv.Error as error:
        raise DataError(f"{file} is not CSV: {error}") from error
    if separator == SEPARATORS[0]:
        return lines
    return [(number, [_with_point(cell) for cell in cells]) for number, cells in lines]


def _with_point(cell: str) -> str:
    """Return a number with a point where a spreadsheet has written a comma."""
    return cell.replace(",", ".") if DECIMAL.fullmatch(cell.strip()) else cell


def _columns(file: Path, lines: list[Line]) -> Columns:
    header = {cells[0]: (number, cells) for number, cells in lines[: len(HEADER)]}
    for name in ("bodyparts", "coords"):
        if name not in header:
            raise DataError(
                f"{file}: none of its first {len(HEADER)} lines begins with '{name}'; a "
                "CollectedData file of DeepLabCut has such a line"
            )
    number, coords = header["coords"]
    first = next((i for i, cell in enumerate(coords) if i and cell), len(coords))
    bodyparts = header["bodyparts"][1]
    individuals = header.get("individuals", (0, [UNIQUE] * len(coords)))[1]
    if not len(coords) == len(bodyparts) == len(individuals):
        raise DataError(f"{file}: the lines of its header have not the same number of columns")
    names = list(zip(individuals, bodyparts, strict=True))
    for place in range(first, len(coords), 2):
        if coords[place : place + 2] != ["x", "y"] or len(set(names[place : place + 2])) > 1:
            raise DataError(
                f"{file}, line {number}: columns {place + 1} and {place + 2} are not x and y of "
                "one bodypart; annotations have those alone, predictions have a likelihood too"
            )
    places = {names[place]: place for place in range(first, len(coords), 2)}
    if 2 * len(places) != len(coords) - first or not places:
        raise DataError(f"{file}: its header has a bodypart twice, or none")
    animals = {animal: tuple(b for a, b in places if a == animal) for animal, _ in places}
    return Columns(len(coords), first, animals, places)


def _animals(file: Path, columns: Columns) -> tuple[str, ...]:
    """Return the bodyparts that all animals have."""
    lists = {
        parts: animal for animal, parts in columns.individuals.items() if _counts(columns, animal)
    }
    if len(lists) > 1:
        names = " and ".join(lists.values())
        raise DataError(f"{file}: the individuals {names} have other bodyparts")
    return next(iter(lists))


def _counts(columns: Columns, animal: str) -> bool:
    return animal != UNIQUE or len(columns.individuals) == 1


def _rows(file: Path, lines: list[Line], columns: Columns, images: Path | None) -> Iterator[Row]:
    header = sum(1 for _, cells in lines[: len(HEADER)] if cells[0] in HEADER)
    animals = [animal for animal in columns.individuals if _counts(columns, animal)]
    for number, cells in lines[header:]:
        where = f"{file}, line {number}"
        if len(cells) != columns.width:
            raise DataError(f"{where} has {len(cells)} columns, and the header {columns.width}")
        objects = [
            np.array([_point(where, cells, columns.places[animal, part], part) for part in parts])
            for animal, parts in columns.individuals.items()
            if animal in animals
        ]
        path = with_slashes("/".join(cells[: columns.first]))
        labelled = tuple(points for points in objects if np.isfinite(points).any())
        yield Row(_image(file, path, images), labelled)


def _point(where: str, cells: list[str], place: int, part: str) -> tuple[float, float]:
    x, y = (_number(where, cells[place + axis], "xy"[axis], part) for axis in (0, 1))
    if math.isnan(x) != math.isnan(y):
        raise DataError(f"{where}: {part} has one of x and y; label both or neither")
    return x, y


def _number(where: str, cell: str, axis: str, part: str) -> float:
    try:
        value = float(cell) if cell.strip() else math.nan
    except ValueError as error:
        raise DataError(f"{where}: '{cell}', the {axis} of {part}, is not a number") from error
    if math.isinf(value):
        raise DataError(f"{where}: '{cell}', the {axis} of {part}, is not a number")
    return value


def _image(file: Path, path: str, images: Path | None) -> Path:
    """Return where an image lies: beside its file, as a rule, or where the project says."""
    beside = file.parent / Path(path).name
    above = [folder / path for folder in file.resolve().parents[:ABOVE]]
    given = [] if images is None else [images / path, images / Path(path).name]
    return next((place for place in (*given, beside, *above) if place.is_file()), beside)
