"""Faces with K points each: the columns of all four sets, and the official CSV files.

The official code takes the numbers of all files as they are. 300-W's and COFW's count pixels
from 1, as MATLAB does; WFLW's and AFLW's are taken to count from 0. Readers get that as
`counted_from` and subtract it, so that points, centers and boxes share the frame of `People`.

Source: HRNet-Facial-Landmark-Detection, lib/datasets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of, stop_at_fatal
from hrbench.data.sample import People
from hrbench.face_geometry import PADDING, UNIT, box_of_points
from hrbench.formats.faces import csv_columns
from hrbench.lints import plausible_faces

LARGEST = 1e9  # pixels; what lies beyond is no position in an image, and would not fit float32


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces of a split in the order of its file, one a row.

    A point counts as visible where its y in the file is above 0: the others are not drawn on
    the official target. `boxes` are the squares of the file, before they are enlarged.
    """

    people: People
    box_sizes: NDArray[np.float64] | None  # (N,) image pixels; AFLW's errors are divided by them
    occluded: NDArray[np.bool_] | None = None  # (N, K) as annotated; only COFW's file has it
    # Of each column by which images are divided, the values that each image has.
    values: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)


Examined = tuple[Faces | None, list[Fault]]  # no faces where nothing can be made of the file


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """N faces in the numbers of their file."""

    places: Sequence[str]  # (N,) where each stands, in words
    images: Sequence[Path]  # (N,)
    points: NDArray[np.float64]  # (N, K, 2)
    centers: NDArray[np.float32]  # (N, 2)
    scales: NDArray[np.float64]  # (N,) edge of the square over `UNIT`
    box_sizes: NDArray[np.float64] | None = None  # (N,)


def examined(
    path: Path,
    images: Path,
    num_keypoints: int,
    *,
    counted_from: int,
    box_column: bool,
    further: Sequence[str] = (),
) -> Examined:
    """Return the faces of an official CSV file, and what is wrong with it.

    Args:
        path: image_name, scale, box_size, center_w, center_h, then x and y of each point. The
            names in the first line count where all are there; else columns go by position, as
            in the official code.
        images: the folder that the image names are relative to.
        num_keypoints: K.
        counted_from: the number of the first pixel, 0 or 1.
        box_column: whether there is a box_size; only AFLW's files have it.
        further: columns by which images are divided.

    Raises:
        DataError: it cannot be read, or is not text.
    """
    cells, said = csv_columns.read(path, num_keypoints, box_column=box_column, further=further)
    if cells is None:
        return None, said
    numbers, faults = parsed(cells.numbers, cells.places, cells.columns)
    names = zip(cells.places, cells.images, strict=True)
    faults += fault_of(
        "faces without the name of an image", [place for place, name in names if not name]
    )
    if faults := faults or _not_finite(numbers, cells.places):
        return None, faults
    first = 4 if box_column else 3
    faces, faults = examined_rows(
        Rows(
            cells.places,
            [images / name for name in cells.images],
            numbers[:, first:].reshape(-1, num_keypoints, 2),
            numbers[:, first - 2 : first].astype(np.float32),
            numbers[:, 0],
            numbers[:, 1] if box_column else None,
        ),
        counted_from,
    )
    if faces is None or not further:
        return faces, [*said, *faults]
    values = {name: _by_image(faces.people, column) for name, column in cells.others.items()}
    bare = [
        f"{place}, {name}"
        for name, column in cells.others.items()
        for place, text in zip(cells.places, column, strict=True)
        if not text
    ]
    faults += fault_of("faces without what [split] divides them by", bare)
    return replace(faces, values=values), [*said, *faults]


def _by_image(people: People, column: Sequence[str]) -> list[list[str]]:
    """Return the values of a column that each image has, of a value for each face."""
    values: list[list[str]] = [[] for _ in people.images]
    for image, value in zip(people.image.tolist(), column, strict=True):
        values[image] += [value] if value not in {"", *values[image]} else []
    return values


def parsed(
    rows: Sequence[Sequence[str]], places: Sequence[str], columns: Sequence[int]
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Return (N, C) numbers for N rows of C texts, and which are no numbers.

    Nothing can be said of the numbers where there is a fault. `columns` are the (C,) columns of
    the file that the texts stand in, counted from 1.
    """
    numbers, odd = [], []
    for row, place in zip(rows, places, strict=True):
        try:
            numbers.append(list(map(float, row)))
        except ValueError:
            at = next(at for at, text in enumerate(row) if not csv_columns.is_number(text))
            odd.append(f"{place}, column {columns[at]}: {row[at]!r}")
    return np.array(numbers, dtype=np.float64), fault_of("numbers that are none", odd)


def examined_points(
    places: Sequence[str],
    images: Sequence[Path],
    points: NDArray[np.float64],
    counted_from: int,
) -> Examined:
    """Return faces that come without a box, with the one around their (N, K, 2) points."""
    if faults := _not_finite(points.reshape(len(points), -1), places):
        return None, faults
    return examined_rows(Rows(places, images, points, *box_of_points(points)), counted_from)


def _not_finite(numbers: NDArray[np.float64], places: Sequence[str]) -> list[Fault]:
    bad = np.asarray((~(np.abs(numbers) < LARGEST)).any(axis=1))
    return fault_of(f"faces with NaN, infinity or numbers beyond {LARGEST:.0e}", _at(places, bad))


def examined_rows(rows: Rows, counted_from: int) -> Examined:
    """Return faces whose numbers are finite, and what is strange about them."""
    sizes = {"scale": rows.scales, "box_size": rows.box_sizes}
    faults = []
    for name, values in sizes.items():
        if values is not None:
            faults += fault_of(
                f"faces whose {name} is not above 0", _at(rows.places, ~(values > 0))
            )
    if faults:
        return None, faults
    unlit = np.asarray((rows.points[..., 1] <= 0).any(axis=1))
    return faces_of(rows, counted_from), [
        *plausible_faces.faults(rows.places, rows.images, rows.points, rows.centers, rows.scales),
        *fault_of(
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


def sound(place: Path, result: Examined, allow: Sequence[str] = ()) -> Faces:
    """Return faces without a fatal fault but those that `allow` names.

    Raises:
        DataError: there is one; `place` is the file or folder that has it.
    """
    faces, faults = result
    met = stop_at_fatal(place, faults, allow)
    if faces is None:
        raise ValueError(f"{place}: nothing was read, and nothing is wrong with it")
    return replace(faces, people=replace(faces.people, allowed=met))
