"""MPII: annotated persons, and the file for the test server.

The files are those that the authors of HRNet and SimpleBaseline derived from the release: a
JSON list of persons for each split, and gt_valid.mat, for `head_truth`. All of them count
pixels from 1.

Letters: M images, N persons, K keypoints; rows are counted from 0.

Source: deep-high-resolution-net.pytorch, lib/dataset/mpii.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of, stated, stop_at_fatal
from hrbench.data.sample import People
from hrbench.files import json_rows
from hrbench.files.json_files import no_collection, read_json
from hrbench.files.json_rows import FLAG, NUMBER, TEXT, Kind, Rows
from hrbench.geometry import PADDING, UNIT
from hrbench.lints import plausible_persons
from hrbench.metrics.pckh import FIRST_PIXEL

DOWN = 15.0  # pixels per unit of scale that a crop is moved, so that feet stay inside
NO_CENTER = -1.0  # of a center's x: neither moved nor padded


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """The persons of a file as it has them, in file order; pixels are counted from 1."""

    file_names: tuple[str, ...]  # (M,) in the order of their first person
    image: NDArray[np.int64]  # (N,) index into `file_names`
    centers: NDArray[np.float64]  # (N, 2) x, y
    scales: NDArray[np.float64]  # (N,) height of the person over 200 pixels
    joints: NDArray[np.float64]  # (N, K, 2) x, y; all 1 where the truth is hidden
    visible: NDArray[np.bool_]  # (N, K) labelled; all False where the truth is hidden


def read(
    path: Path, num_keypoints: int, *, hidden: bool = False, allow: Sequence[str] = ()
) -> tuple[Annotations, tuple[str, ...]]:
    """Return the persons of a file, and in words the faults that `allow` let pass.

    With `hidden` the file has no keypoints.

    Raises:
        DataError: it cannot be read, or has a fault that nothing can be trained with.
    """
    table, faults = examined(read_json(path), num_keypoints, hidden=hidden)
    met = stop_at_fatal(path, faults, allow)
    if table is None:
        raise ValueError(f"{path}: nothing was read, and nothing is wrong with it")
    return table, met


def people(table: Annotations, images: Path, padding: float = PADDING) -> People:
    """Return the persons of a table, counted from pixel 0, each with the official square crop.

    The crop lies 15 px per unit of scale below the annotated center; `boxes` are the squares of
    200 px per unit around the same center, before padding. Keypoints that are hidden are (0, 0)
    and not visible. Centers and scales are float64, as officially.
    """
    known = table.centers[:, 0] != NO_CENTER
    centers = table.centers.copy()
    centers[known, 1] += DOWN * table.scales[known]
    centers -= FIRST_PIXEL
    padded = np.where(known, table.scales * padding, table.scales)
    side = UNIT * table.scales[:, None]
    count = len(table.image)
    return People(
        images=tuple(images / name for name in table.file_names),
        image_ids=np.arange(len(table.file_names)),
        image=table.image,
        ids=np.arange(count),
        boxes=np.concatenate([centers - side / 2, side, side], axis=1),
        centers=centers,
        scales=np.stack([padded, padded], axis=1),
        scores=np.ones(count),
        keypoints=table.joints - FIRST_PIXEL,
        visible=table.visible,
    )


@no_collection()
def examined(
    content: Any, num_keypoints: int, *, hidden: bool = False
) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of a file's content, and what is wrong with it.

    The structure's faults hide the others: such a file has no columns.
    """
    if not isinstance(content, list):
        return None, [stated("the file is not MPII's list of persons")]
    if not content:
        return None, [stated("no person is listed")]
    if faults := json_rows.objects(content, "persons"):
        return None, faults
    kinds = {"image": TEXT, "center": _PAIR, "scale": _SCALE}
    if not hidden:
        kinds |= {"joints": _points(num_keypoints), "joints_vis": _flags(num_keypoints)}
    faults = [fault for key, kind in kinds.items() for fault in _field(content, key, kind)]
    if faults:
        return None, faults
    table = _columns(content, num_keypoints, hidden=hidden)
    return table, _values(table, hidden=hidden)


def _is_pair(value: Any) -> bool:
    numbers = isinstance(value, list) and len(value) == 2 and all(map(NUMBER.fits, value))
    return numbers and all(map(isfinite, value))


_PAIR = Kind("two finite numbers", _is_pair)
_SCALE = Kind(
    "a finite number other than 0", lambda value: NUMBER.fits(value) and isfinite(value) and value
)


def _points(count: int) -> Kind:
    return Kind(
        f"{count} pairs of finite numbers",
        lambda value: isinstance(value, list) and len(value) == count and all(map(_is_pair, value)),
    )


def _flags(count: int) -> Kind:
    return Kind(
        f"{count} times 0 or 1",
        lambda value: (
            isinstance(value, list) and len(value) == count and all(map(FLAG.fits, value))
        ),
    )


def _field(rows: Rows, key: str, kind: Kind) -> list[Fault]:
    """Return the rows, which have no ids, without a field or with one of another kind."""
    missing = [_row(index) for index, row in enumerate(rows) if key not in row]
    odd = [_row(i) for i, row in enumerate(rows) if key in row and not kind.fits(row[key])]
    return [
        *fault_of(f"persons without '{key}'", missing),
        *fault_of(f"persons whose '{key}' is not {kind.words}", odd),
    ]


def _row(index: int) -> str:
    return f"row {index}"


def _columns(rows: Rows, num_keypoints: int, *, hidden: bool) -> Annotations:
    names = tuple(dict.fromkeys(row["image"] for row in rows))
    place = {name: index for index, name in enumerate(names)}
    joints = np.ones((len(rows), num_keypoints, 2))
    visible = np.zeros((len(rows), num_keypoints), dtype=np.bool_)
    if not hidden:
        joints[:] = [row["joints"] for row in rows]
        visible[:] = [row["joints_vis"] for row in rows]
    return Annotations(
        file_names=names,
        image=np.array([place[row["image"]] for row in rows], dtype=np.int64),
        centers=np.array([row["center"] for row in rows], dtype=np.float64),
        scales=np.array([row["scale"] for row in rows], dtype=np.float64),
        joints=joints,
        visible=visible,
    )


def _values(table: Annotations, *, hidden: bool) -> list[Fault]:
    outside = (table.visible & (table.joints < 1).any(axis=2)).any(axis=1)
    checks = {
        "persons without a center": table.centers[:, 0] == NO_CENTER,
        "persons whose scale is below 0": table.scales < 0,
        "persons without a labelled joint": ~table.visible.any(axis=1) & (not hidden),
        "joints left of their image or above it": outside,
    }
    faults = [
        fault
        for kind, bad in checks.items()
        for fault in fault_of(kind, [_row(i) for i in np.flatnonzero(bad).tolist()], fatal=False)
    ]
    shown = table.visible
    return [
        *faults,
        *plausible_persons.faults(table.image, table.joints, shown, table.centers, table.scales),
    ]
