"""Faces with K points each: the columns of all four sets, and the official CSV files.

The official code takes the numbers of all files as they are. 300-W's and COFW's count pixels
from 1, as MATLAB does; WFLW's and AFLW's are taken to count from 0. Readers get that as
`counted_from` and subtract it, so that points, centers and boxes share the frame of `People`.

Source: HRNet-Facial-Landmark-Detection, lib/datasets, which reads CSV columns by position.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.inspect import Fault, fault, stated
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.face_geometry import PADDING, UNIT, box_of_points

LARGEST = 1e9  # pixels; what lies beyond is no position in an image, and would not fit float32


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces of a split in the order of its file, one a row.

    A point counts as visible where its y in the file is above 0: the others are not drawn on
    the official target. `boxes` are the squares of the file, before they are enlarged.
    """

    people: People
    box_sizes: NDArray[np.float64] | None  # (N,) image pixels; AFLW's errors are divided by them


Examined = tuple[Faces | None, list[Fault]]  # no faces where a fault is fatal


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """N faces in the numbers of their file."""

    places: Sequence[str]  # (N,) where each stands, in words
    images: Sequence[Path]  # (N,)
    points: NDArray[np.float64]  # (N, K, 2)
    centers: NDArray[np.float32]  # (N, 2)
    scales: NDArray[np.float64]  # (N,) edge of the square over `UNIT`
    box_sizes: NDArray[np.float64] | None = None  # (N,)


def from_csv(
    path: Path, images: Path, num_keypoints: int, *, counted_from: int, box_column: bool
) -> Faces:
    """Return the faces of an official CSV file; see `examined` for the arguments.

    Raises:
        DataError: it cannot be read, or has a fault that nothing can be trained with.
    """
    result = examined(path, images, num_keypoints, counted_from=counted_from, box_column=box_column)
    return sound(path, result)


def examined(
    path: Path, images: Path, num_keypoints: int, *, counted_from: int, box_column: bool
) -> Examined:
    """Return the faces of an official CSV file, and what is wrong with it.

    Args:
        path: image_name, scale, box_size, center_w, center_h, then x and y of each point; the
            names in the first line are not looked at.
        images: the folder that the image names are relative to.
        num_keypoints: K.
        counted_from: the number of the first pixel, 0 or 1.
        box_column: whether there is a box_size; only AFLW's files have it.

    Raises:
        DataError: it cannot be read, or is not text.
    """
    lines, cells = _cells(path)
    first = 5 if box_column else 4  # column of the first point
    if found := _structure(lines, cells, first, num_keypoints):
        return None, found
    places, rows = [f"line {line}" for line in lines[1:]], cells[1:]
    numbers, found = parsed([row[1:] for row in rows], places, first_column=2)
    nameless = [place for place, row in zip(places, rows, strict=True) if not row[0].strip()]
    found += fault("faces without the name of an image", nameless)
    if found := found or _not_finite(numbers, places):
        return None, found
    return examined_rows(
        Rows(
            places,
            [images / row[0].strip() for row in rows],
            numbers[:, first - 1 :].reshape(-1, num_keypoints, 2),
            numbers[:, first - 3 : first - 1].astype(np.float32),
            numbers[:, 0],
            numbers[:, 1] if box_column else None,
        ),
        counted_from,
    )


def _cells(path: Path) -> tuple[list[int], list[list[str]]]:
    reader = csv.reader(io.StringIO(read_text(path)))
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{path} is not CSV: {error} in line {reader.line_num}") from error
    return [line for line, _ in rows], [row for _, row in rows]


def _structure(
    lines: Sequence[int], cells: Sequence[Sequence[str]], first: int, num_keypoints: int
) -> list[Fault]:
    if not cells:
        return [stated("the file is empty")]
    width, found = first + 2 * num_keypoints, len(cells[0])
    points, rest = divmod(found - first, 2)
    if found != width and points > 0 and not rest:
        return [stated(f"it has {points} points a face, this dataset has {num_keypoints}")]
    if found != width:
        return [stated(f"line 1 has {found} columns, not the {width} of {num_keypoints} points")]
    if parsed([cells[0][1:]], [""], first_column=2)[1] == []:
        return [stated("line 1 is a face; the names of the columns should stand there")]
    if not cells[1:]:
        return [stated("it has the names of the columns, and no face")]
    pairs = zip(lines, cells, strict=True)
    odd = [f"line {line} has {len(row)}" for line, row in pairs if len(row) != width]
    return fault(f"rows that have not {width} columns", odd)


def read_text(path: Path) -> str:
    """Return the text of a file, or say in one sentence why there is none."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        words = f"{error.reason} at byte {error.start}; fetch the file again"
        raise DataError(f"{path} is not text in UTF-8: {words}") from error


def parsed(
    rows: Sequence[Sequence[str]], places: Sequence[str], *, first_column: int
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Return (N, C) numbers for N rows of C texts, and which are no numbers.

    Nothing can be said of the numbers where there is a fault. `first_column` is the number of
    the first text in its line, counted from 1.
    """
    numbers, odd = [], []
    for row, place in zip(rows, places, strict=True):
        try:
            numbers.append(list(map(float, row)))
        except ValueError:
            column = next(column for column, text in enumerate(row) if not _is_number(text))
            odd.append(f"{place}, column {column + first_column}: {row[column]!r}")
    return np.array(numbers, dtype=np.float64), fault("numbers that are none", odd)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def examined_points(
    places: Sequence[str],
    images: Sequence[Path],
    points: NDArray[np.float64],
    counted_from: int,
) -> Examined:
    """Return faces that come without a box, with the one around their (N, K, 2) points."""
    if found := _not_finite(points.reshape(len(points), -1), places):
        return None, found
    return examined_rows(Rows(places, images, points, *box_of_points(points)), counted_from)


def _not_finite(numbers: NDArray[np.float64], places: Sequence[str]) -> list[Fault]:
    bad = np.asarray((~(np.abs(numbers) < LARGEST)).any(axis=1))
    return fault(f"faces with NaN, infinity or numbers beyond {LARGEST:.0e}", _at(places, bad))


def examined_rows(rows: Rows, counted_from: int) -> Examined:
    """Return faces whose numbers are finite, and what is strange about them."""
    sizes = {"scale": rows.scales, "box_size": rows.box_sizes}
    found = []
    for name, values in sizes.items():
        if values is not None:
            found += fault(f"faces whose {name} is not above 0", _at(rows.places, ~(values > 0)))
    if found:
        return None, found
    keys = [
        (image, points.tobytes()) for image, points in zip(rows.images, rows.points, strict=True)
    ]
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    again = [rows.places[row] for row, key in enumerate(keys) if first[key] != row]
    unlit = np.asarray((rows.points[..., 1] <= 0).any(axis=1))
    return faces_of(rows, counted_from), [
        *fault("faces that stand twice", again, fatal=False),
        *fault(
            "faces with points whose y is not above 0, which are not trained on",
            _at(rows.places, unlit),
            fatal=False,
        ),
    ]


def _at(places: Sequence[str], chosen: NDArray[np.bool_]) -> list[str]:
    return [place for place, there in zip(places, chosen.tolist(), strict=True) if there]


def faces_of(rows: Rows, counted_from: int) -> Faces:
    """Return faces in the frame of `People`."""
    index = {path: number for number, path in enumerate(dict.fromkeys(rows.images))}
    # In float32: the official code rounds first, and adding the 1 again must give its number.
    centers = rows.centers - np.float32(counted_from)
    sides = np.repeat(rows.scales[:, None] * UNIT, 2, axis=1)
    people = People(
        images=tuple(index),
        image_ids=np.arange(len(index)),
        image=np.array([index[path] for path in rows.images], dtype=np.int64),
        ids=np.arange(len(rows.images)),
        boxes=np.concatenate([centers - sides / 2, sides], axis=1),
        centers=centers,
        scales=np.repeat(rows.scales[:, None] * PADDING, 2, axis=1),
        scores=np.ones(len(rows.images)),
        keypoints=rows.points - counted_from,
        visible=rows.points[..., 1] > 0,
    )
    return Faces(people, rows.box_sizes)


def sound(place: Path, result: Examined) -> Faces:
    """Return faces without a fatal fault.

    Raises:
        DataError: there is one; `place` is the file or folder that has it.
    """
    faces, found = result
    if faces is None:
        fatal = next(one for one in found if one.fatal)
        raise DataError(f"{place}: {fatal}; `hrbench check` lists all faults of a dataset")
    return faces
