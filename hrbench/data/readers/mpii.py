"""MPII: annotated persons, the truth to score against, and the file for the test server.

The files are those that the authors of HRNet and SimpleBaseline derived from the release: a
JSON list of persons for each split, and gt_valid.mat, which alone has the boxes of the heads.
All of them count pixels from 1.

Letters: M images, N persons, K keypoints; rows are counted from 0.

Source: deep-high-resolution-net.pytorch, lib/dataset/mpii.py.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, savemat
from scipy.io.matlab import MatReadError

from hrbench.data import inspect
from hrbench.data.annotations import no_collection, read_json
from hrbench.data.inspect import NUMBER, TEXT, Fault, Kind, stated
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.geometry import PADDING, UNIT
from hrbench.metrics.pckh import FIRST_PIXEL, HEAD_SHARE, HeadTruth

POSITIONS, HEADS, MISSING, JOINTS = "pos_gt_src", "headboxes_src", "jnt_missing", "dataset_joints"
ORDER = (  # of `metrics.pckh.KEYPOINTS`; the official code looks up these names and no other
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", None, None),
    *(None, "head", "rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
)
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


def annotated(
    path: Path, images: Path, num_keypoints: int, *, hidden: bool = False, padding: float = PADDING
) -> People:
    """Return the persons of a split in file order, each with the official square crop.

    The crop lies 15 px per unit of scale below the annotated center; `boxes` are the squares of
    200 px per unit around the same center, before padding. With `hidden` the file has no
    keypoints: they are (0, 0) and not visible. Centers and scales are float64, as officially.

    Raises:
        DataError: it cannot be read, or has a fault that nothing can be trained with.
    """
    table, found = examined(read_json(path), num_keypoints, hidden=hidden)
    fatal = [fault for fault in found if fault.fatal]
    if table is None or fatal:
        raise DataError(f"{path}: {fatal[0]}; `hrbench check` lists all faults of a dataset")
    return people(table, images, padding)


def people(table: Annotations, images: Path, padding: float = PADDING) -> People:
    """Return the persons of a table, counted from pixel 0, with their crops."""
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
    if found := inspect.objects(content, "persons"):
        return None, found
    kinds = {"image": TEXT, "center": _PAIR, "scale": _SCALE}
    if not hidden:
        kinds |= {"joints": _points(num_keypoints), "joints_vis": _flags(num_keypoints)}
    found = [fault for key, kind in kinds.items() for fault in _field(content, key, kind)]
    if found:
        return None, found
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
            isinstance(value, list) and len(value) == count and all(map(inspect.FLAG.fits, value))
        ),
    )


def _field(rows: inspect.Rows, key: str, kind: Kind) -> list[Fault]:
    """Return the rows, which have no ids, without a field or with one of another kind."""
    missing = [_row(index) for index, row in enumerate(rows) if key not in row]
    odd = [_row(i) for i, row in enumerate(rows) if key in row and not kind.fits(row[key])]
    return [
        *inspect.fault(f"persons without '{key}'", missing),
        *inspect.fault(f"persons whose '{key}' is not {kind.words}", odd),
    ]


def _row(index: int) -> str:
    return f"row {index}"


def _columns(rows: inspect.Rows, num_keypoints: int, *, hidden: bool) -> Annotations:
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
    return [
        fault
        for kind, bad in checks.items()
        for fault in inspect.fault(
            kind, [_row(i) for i in np.flatnonzero(bad).tolist()], fatal=False
        )
    ]


def truth(path: Path, expected: int | None = None) -> HeadTruth:
    """Return what gt_valid.mat says of its N persons, `expected` of them if that is known.

    Raises:
        DataError: the file is not there or not whole, or cannot be scored against.
    """
    content = _variables(path)
    shapes = {POSITIONS: (len(ORDER), 2, "N"), HEADS: (2, 2, "N"), MISSING: (len(ORDER), "N")}
    positions, boxes, missing = (_numbers(content, key, shapes[key], path) for key in shapes)
    counts = {array.shape[-1] for array in (positions, boxes, missing)}
    if len(counts) > 1:
        raise DataError(
            f"{path}: {POSITIONS}, {HEADS} and {MISSING} are of {positions.shape[-1]}, "
            f"{boxes.shape[-1]} and {missing.shape[-1]} persons; fetch the file again"
        )
    if expected not in {None, *counts}:
        raise DataError(
            f"{path} is of {positions.shape[-1]} persons and the annotations beside it of "
            f"{expected}: fetch both again, from one source"
        )
    _require_order(content, path)
    sizes = HEAD_SHARE * np.linalg.norm(boxes[1] - boxes[0], axis=0)
    _require_sound(positions, missing, sizes, path)
    return HeadTruth(np.moveaxis(positions, 2, 0), missing.T == 1, sizes)


def _require_sound(
    positions: NDArray[np.float64],
    missing: NDArray[np.float64],
    sizes: NDArray[np.float64],
    path: Path,
) -> None:
    nowhere = ~np.isfinite(positions).all(axis=1)
    faults = {
        f"{MISSING} is not 0 or 1": ~np.isin(missing, (0, 1)).all(axis=0),
        "a labelled joint has no position": (nowhere & (missing == 0)).any(axis=0),
        "the head's box has no size": ~(np.isfinite(sizes) & (sizes > 0)),
    }
    for words, bad in faults.items():
        if bad.any():
            raise DataError(
                f"{path}: {words} for person {np.flatnonzero(bad)[0]}, counted from 0; "
                "fetch the file again"
            )


def _variables(path: Path) -> dict[str, Any]:
    """Return the variables of a MATLAB file, or say in one sentence why there are none."""
    try:
        content: Any = BytesIO(path.read_bytes())  # scipy's types know only paths
    except FileNotFoundError as error:
        raise DataError(
            f"{path} does not exist: training works without it, scoring does not; it comes with "
            "the annotations, and `hrbench check mpii` says who issues them"
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return dict(loadmat(content, variable_names=[POSITIONS, HEADS, MISSING, JOINTS]))
    except NotImplementedError as error:
        raise DataError(
            f"{path} is a MATLAB 7.3 file, which is not read: fetch the official one, or save "
            "it with -v7"
        ) from error
    # What scipy raises depends on where the file is cut; each of these was seen.
    except (MatReadError, OSError, ValueError, TypeError, LookupError, zlib.error) as error:
        raise DataError(
            f"{path} is no MATLAB file, or it is cut short or damaged; fetch it again"
        ) from error


def _numbers(
    content: Mapping[str, Any], key: str, shape: tuple[int | str, ...], path: Path
) -> NDArray[np.float64]:
    """Return a variable as float64; "N" in `shape` is any number of persons."""
    if key not in content:
        raise DataError(f"{path} has no variable '{key}', as gt_valid.mat has; fetch it again")
    array = np.asarray(content[key])
    if array.ndim == len(shape) - 1:
        array = array[..., None]  # MATLAB drops the last axis of one person
    wanted = shape[:-1]
    if array.dtype.kind not in "fiub" or array.shape[:-1] != wanted or not array.shape[-1]:
        said = f"{array.shape} of {array.dtype}"
        words = ", ".join(map(str, shape))
        raise DataError(f"{path}: {key} is {said}, not ({words}) of numbers; fetch it again")
    return array.astype(np.float64)


def _require_order(content: Mapping[str, Any], path: Path) -> None:
    """Require the joints' names, where the file has them, to be in the order of the JSON."""
    if JOINTS not in content:
        return
    names = tuple(str(np.ravel(cell)[0]) for cell in np.ravel(content[JOINTS]) if np.size(cell))
    fits = [wanted in {None, name} for name, wanted in zip(names, ORDER, strict=False)]
    if len(names) != len(ORDER) or not all(fits):
        wanted = " ".join(name or "*" for name in ORDER)
        raise DataError(
            f"{path}: {JOINTS} is {' '.join(names)}, not {wanted}, the order of the annotations; "
            "fetch the file again"
        )


def write_predictions(path: Path, keypoints: NDArray[np.floating]) -> None:
    """Write pred.mat, whole or not at all: `preds` (N, 16, 2), counted from pixel 1.

    `keypoints` are in image pixels from 0, in the order of the split's file; their precision
    is kept.
    """
    partial = path.with_name(f".{path.stem}.partial.mat")
    savemat(partial, {"preds": keypoints + FIRST_PIXEL})
    partial.replace(path)
