"""MPII's gt_valid.mat, the truth to score against, and whether its rows are those of the JSON.

It alone has the boxes of the heads. Its rows have no names: they go with those of the JSON by
their place, and by the joints that both files have.

Letters: N persons, K keypoints; rows are counted from 0, pixels from 1.

Source: deep-high-resolution-net.pytorch, lib/dataset/mpii.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of, said_of
from hrbench.errors import DataError
from hrbench.files import matlab
from hrbench.formats.mpii.reader import Annotations
from hrbench.geometry import UNIT
from hrbench.lints.thresholds import is_widespread
from hrbench.metrics.pckh import HEAD_SHARE, KEYPOINTS, HeadTruth

POSITIONS, HEADS, MISSING, JOINTS = "pos_gt_src", "headboxes_src", "jnt_missing", "dataset_joints"
ORDER = (  # of `metrics.pckh.KEYPOINTS`; the official code looks up these names and no other
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", None, None),
    *(None, "head", "rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
)
IN_HEAD = [KEYPOINTS.index(name) for name in ("upper_neck", "head_top")]
APART = 0.05  # of a person's height: joints farther apart are two joints
SAME = 1.0  # pixels: joints nearer are one, however their files round
HEAD_AWAY, HEAD_LONG = 2.0, 6.0  # times the way from neck to top of the head
ROWS, HEAD_BOXES = "mpii-rows", "head-boxes"  # what `--allow` takes


def truth(path: Path, expected: int | None = None) -> HeadTruth:
    """Return what gt_valid.mat says of its N persons, `expected` of them if that is known.

    Raises:
        DataError: the file is not there or not whole, or cannot be scored against.
    """
    return _read(path, expected)[0]


def examined(path: Path, table: Annotations) -> tuple[HeadTruth, list[Fault]]:
    """Return what gt_valid.mat says of a table's persons, in their order, and what is wrong.

    Rows that stand in another order are put right, where the joints decide which is whose.

    Raises:
        DataError: the file is not there or not whole, or cannot be scored against.
    """
    heads, boxes = _read(path, len(table.image))
    faults = _head_boxes(heads, boxes)
    strays = np.flatnonzero(_strays(heads, table))
    if not len(strays):
        return heads, faults
    order = _order(heads, table)
    words = [f"row {row}" for row in strays.tolist()]
    if order is None:
        kind = f"rows whose {POSITIONS} are other joints than the annotations' in the same row"
        if is_widespread(len(strays), int(table.visible.any(axis=1).sum())):
            return heads, [*faults, *fault_of(kind, words, name=ROWS)]
        return heads, [*faults, *said_of(kind, words)]
    kind = "rows in another order than the annotations', which the joints put right"
    return heads.rows(order), [*faults, *said_of(kind, words)]


def _strays(heads: HeadTruth, table: Annotations) -> NDArray[np.bool_]:
    """Return (N,): whether most joints that both files have of a row are far apart."""
    both = table.visible & ~heads.missing
    reach = APART * UNIT * np.abs(table.scales)[:, None]
    apart = np.linalg.norm(heads.keypoints - table.joints, axis=2)
    far = both & ~(apart <= np.maximum(reach, SAME))
    alone = ~both.any(axis=1) & table.visible.any(axis=1) & ~heads.missing.all(axis=1)
    return np.asarray((2 * far.sum(axis=1) > both.sum(axis=1)) | alone)


def _order(heads: HeadTruth, table: Annotations) -> NDArray[np.int64] | None:
    """Return (N,) the truth's row of each of the table's; None where joints do not decide it.

    Of rows with the same joints and heads it matters not which is whose. Rows without a joint
    are not scored, and take what is left.
    """
    order = np.full(len(table.image), -1, dtype=np.int64)
    shown = ~heads.missing
    labelled = np.flatnonzero(table.visible.any(axis=1))
    for row in labelled.tolist():
        seen = table.visible[row]
        near = np.linalg.norm(heads.keypoints - table.joints[row], axis=2) <= SAME
        either = (shown | seen).sum(axis=1)
        same = np.flatnonzero(2 * (near & shown & seen).sum(axis=1) > either)
        same = same[~np.isin(same, order)]
        if not len(same) or not _are_equal(heads.rows(same)):
            return None
        order[row] = same[0]
    left = np.setdiff1d(np.arange(len(order)), order)
    if len(left) != len(order) - len(labelled) or shown[left].any():
        return None
    order[order < 0] = left
    return order


def _are_equal(rows: HeadTruth) -> bool:
    """Whether all rows say the same."""
    joints = np.where(rows.missing[..., None], 0, rows.keypoints)
    columns = (joints, rows.missing, rows.head_sizes)
    return all(bool((column == column[0]).all()) for column in columns)


def _head_boxes(heads: HeadTruth, boxes: NDArray[np.float64]) -> list[Fault]:
    """Return whether most boxes of heads are not where the heads' joints are, or of their size."""
    known = np.flatnonzero(~heads.missing[:, IN_HEAD].any(axis=1))
    neck, top = np.moveaxis(heads.keypoints[known][:, IN_HEAD], 1, 0)
    length = np.maximum(np.linalg.norm(top - neck, axis=1), SAME)
    away = np.linalg.norm(boxes[known].mean(axis=1) - (neck + top) / 2, axis=1) / length
    size = heads.head_sizes[known] / HEAD_SHARE / length
    odd = known[(away > HEAD_AWAY) | (size < 1 / HEAD_LONG) | (size > HEAD_LONG)]
    if 2 * len(odd) <= len(known):
        return []
    kind = f"rows whose {HEADS} are not the boxes around neck and top of the head in {POSITIONS}"
    return fault_of(kind, [f"row {row}" for row in odd.tolist()], name=HEAD_BOXES)


def _read(path: Path, expected: int | None) -> tuple[HeadTruth, NDArray[np.float64]]:
    """Return the truth, and the (N, 2, 2) corners of the boxes of the heads."""
    if not path.exists():
        raise DataError(
            f"{path} does not exist: training works without it, scoring does not; it comes with "
            "the annotations, and `hrbench check mpii` says who issues them"
        )
    content = matlab.read(path, {POSITIONS, HEADS, MISSING, JOINTS})
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
    heads = HeadTruth(np.moveaxis(positions, 2, 0), missing.T == 1, sizes)
    return heads, np.moveaxis(boxes, 2, 0)


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


def _numbers(
    content: Mapping[str, Any], key: str, shape: tuple[int | str, ...], path: Path
) -> NDArray[np.float64]:
    """Return a variable as float64; "N" in `shape` is any number of persons."""
    if key not in content:
        raise DataError(f"{path} has no variable '{key}', as gt_valid.mat has; fetch it again")
    array = content[key]
    wanted = ", ".join(map(str, shape))
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: {key} is no table of numbers ({wanted}); fetch it again")
    if array.ndim == len(shape) - 1:
        array = array[..., None]  # MATLAB drops the last axis of one person
    if array.shape[:-1] != shape[:-1] or not array.shape[-1]:
        raise DataError(f"{path}: {key} is {array.shape}, not ({wanted}); fetch it again")
    return np.asarray(array, dtype=np.float64)


def _require_order(content: Mapping[str, Any], path: Path) -> None:
    """Require the joints' names, where the file has them, to be in the order of the JSON."""
    if JOINTS not in content:
        return
    cells = content[JOINTS]
    names = cells.split() if isinstance(cells, str) else []
    if isinstance(cells, matlab.Cells):
        names = [str(cell) for cell in cells.values]
    fits = [wanted in {None, name} for name, wanted in zip(names, ORDER, strict=False)]
    if len(names) != len(ORDER) or not all(fits):
        wanted = " ".join(name or "*" for name in ORDER)
        raise DataError(
            f"{path}: {JOINTS} is {' '.join(names)}, not {wanted}, the order of the annotations; "
            "fetch the file again"
        )
