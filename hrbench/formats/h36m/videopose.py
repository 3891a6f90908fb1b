"""VideoPose3D's files: world joints, and 2D keypoints of every camera.

Source: VideoPose3D, DATASETS.md and common/h36m_dataset.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Key, Motion
from hrbench.errors import DataError
from hrbench.files.pickles import load_npz
from hrbench.formats.h36m.frame_names import (
    ALL_JOINTS,
    HOURGLASS,
    JOINTS,
    KEPT,
    NOT_FOUND,
    sequence,
)
from hrbench.formats.h36m.joint_maps import COCO as COCO_NAMES
from hrbench.formats.h36m.joint_maps import to_h36m

JOINTS_FILE = "data_3d_h36m.npz"
KEYPOINTS_FILE = "data_2d_h36m_{}.npz"
MILLIMETRES = 1000.0  # in a metre
COCO = "coco"  # a layout's name


def motions(file: Path, subjects: Sequence[str]) -> list[Motion]:
    """Return the sequences of some subjects, in mm.

    Raises:
        DataError: a subject is missing, or an array is not one of joints.
    """
    positions = _dict(load_npz(file), "positions_3d", file)
    return [
        Motion(subject, sequence(name), _joints(array, f"{file}: {subject} {name}"))
        for subject in subjects
        for name, array in _dict(positions, subject, file).items()
    ]


def keypoints(
    file: Path, subjects: Sequence[str], cameras: Sequence[str], *, from_coco: bool = False
) -> dict[Key, NDArray[np.floating]]:
    """Return the (T', 17, 2) keypoints in pixels of every clip of some subjects.

    `cameras` are the names of each subject's, in the order of the file. COCO's layout is brought
    to Human3.6M's joints where `from_coco` says so; the stacked hourglasses' 16 joints leave
    neck_nose NaN.

    Raises:
        DataError: a subject or a camera is missing, or the layout has other joints.
    """
    content = load_npz(file)
    by_subject = _dict(content, "positions_2d", file)
    if (_layout(content) == COCO) != from_coco:
        wanted = "coco-17" if from_coco is False else "none"
        raise DataError(
            f"{file} has keypoints of the layout '{_layout(content) or 'h36m'}', which is lifted "
            f"with --set protocol.joint_map={wanted}"
        )
    positions: dict[Key, NDArray[np.floating]] = {}
    for subject in subjects:
        for name, arrays in _dict(by_subject, subject, file).items():
            where = f"{file}: {subject} {name}"
            if len(arrays) < len(cameras):
                raise DataError(
                    f"{where}: keypoints of {len(arrays)} cameras, not {len(cameras)}: camera "
                    f"{cameras[len(arrays)]} is missing"
                )
            for camera, array in zip(cameras, arrays, strict=False):
                key = subject, sequence(name), camera
                positions[key] = in_our_order(np.asarray(array), where, from_coco=from_coco)
    return positions


def in_our_order(
    array: NDArray[np.floating], where: str, *, from_coco: bool = False
) -> NDArray[np.floating]:
    """Return (T, 17, 2) keypoints of Human3.6M's joints for those of another layout.

    Raises:
        DataError: there is another number of them.
    """
    if array.ndim != 3 or array.shape[1] not in {len(HOURGLASS), len(JOINTS)}:
        raise DataError(
            f"{where}: keypoints of shape {array.shape}, not (frames, joints, 2) of "
            f"{len(JOINTS)} joints ({', '.join(JOINTS)}) or of the stacked hourglasses' "
            f"{len(HOURGLASS)}"
        )
    if array.shape[1] == len(HOURGLASS):
        return np.insert(array[:, HOURGLASS], NOT_FOUND, np.nan, axis=1)
    return to_h36m(COCO_NAMES)(array) if from_coco else array


def _layout(content: dict[str, Any]) -> str:
    about = content.get("metadata")
    return str(about.get("layout_name", "")) if isinstance(about, dict) else ""


def _joints(array: Any, where: str) -> NDArray[np.floating]:
    joints = np.asarray(array)
    if joints.ndim != 3 or joints.shape[1:] not in {(ALL_JOINTS, 3), (len(JOINTS), 3)}:
        raise DataError(
            f"{where}: joints of shape {joints.shape}, not (frames, 32, 3) or (frames, 17, 3)"
        )
    if not np.isfinite(joints).all():
        frame = np.argwhere(~np.isfinite(joints))[0, 0]
        raise DataError(f"{where}: frame {frame} has a joint that is not a number")
    kept = joints[:, KEPT] if joints.shape[1] == ALL_JOINTS else joints
    return np.asarray(kept * kept.dtype.type(MILLIMETRES))


def _dict(content: Any, key: str, file: Path) -> dict[str, Any]:
    inner = content.get(key) if isinstance(content, dict) else None
    if not isinstance(inner, dict):
        there = ", ".join(map(str, content)) if isinstance(content, dict) else "no table"
        raise DataError(
            f"{file} has no '{key}' (there is {there}); VideoPose3D's DATASETS.md says how it is "
            "made"
        )
    return inner
