"""mmpose's annotation files: frames in their cameras' frames, and detections aligned with them.

Letters: N frames of the file; T of a clip.

Source: mmpose, docs on Human3.6M and tools/dataset_converters/preprocess_h36m.py.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.cameras import Camera, Cameras
from hrbench.data.clips import Clip
from hrbench.errors import DataError
from hrbench.files import json_rows
from hrbench.formats.h36m.frame_names import JOINTS, Frame, frame_of

FOLDER = "annotation_body3d"
FILES = ("fps50/h36m_{}.npz", "fps10/h36m_{}.npz", "h36m_{}.npz")
MILLIMETRES = 1000.0
FIELDS = {"imgname": (), "part": (len(JOINTS), 3), "S": (len(JOINTS), 4)}  # shapes of a frame


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The columns of a file, row by row."""

    frames: tuple[Frame, ...]  # (N,)
    keypoints: NDArray[np.floating]  # (N, 17, 2) px
    joints: NDArray[np.floating]  # (N, 17, 3) mm in the camera's frame


def read(file: Path) -> Table:
    """Return the frames of an annotation file.

    Raises:
        DataError: it cannot be read, or a column is missing or of another shape.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as content:
            columns = {name: content[name] for name in FIELDS}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{file} is not a whole annotation file of mmpose ({error})") from error
    count = len(columns["imgname"])
    for name, shape in FIELDS.items():
        if columns[name].shape != (count, *shape):
            raise DataError(
                f"{file}: '{name}' of shape {columns[name].shape}, not {(count, *shape)}; the 17 "
                f"joints are {', '.join(JOINTS)}"
            )
    joints = columns["S"][..., :3] * MILLIMETRES
    keypoints = columns["part"][..., :2]
    for name, values in (("S", joints), ("part", keypoints)):
        bad = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2)))
        if len(bad):
            raise DataError(f"{file}: '{name}' of row {bad[0]} has a value that is not a number")
    frames = tuple(frame_of(str(image)) for image in columns["imgname"].tolist())
    if faults := json_rows.twice(columns["imgname"].tolist(), "frames"):
        raise DataError(
            f"{file}: {faults[0]}; take the rows that were there before out of the file"
        )
    return Table(frames, keypoints, joints)


def detections(file: Path, table: Table) -> NDArray[np.floating]:
    """Return the (N, 17, 2) keypoints of a .npy file that is aligned with an annotation file.

    Raises:
        DataError: it cannot be read, or is of other frames or joints.
    """
    try:
        keypoints = np.load(file, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{file} is not a whole .npy file ({error})") from error
    wanted = (len(table.frames), len(JOINTS))
    if (
        not isinstance(keypoints, np.ndarray)
        or keypoints.ndim != 3
        or keypoints.shape[:2] != wanted
    ):
        raise DataError(
            f"{file}: detections of shape {np.shape(keypoints)}, not {(*wanted, 3)} as the "
            "annotation file has frames and joints; take both from one source"
        )
    if not np.isfinite(keypoints[..., :2]).all():
        row = np.argwhere(~np.isfinite(keypoints[..., :2]))[0, 0]
        raise DataError(f"{file}: row {row} has a keypoint that is not a number")
    return np.asarray(keypoints[..., :2])


def clips(table: Table, keypoints: NDArray[np.floating], cameras: Cameras) -> list[Clip]:
    """Return the frames as clips: of one sequence and camera, a file's step apart.

    Raises:
        DataError: a camera is not known.
    """
    by_clip: dict[tuple[str, str, str], list[int]] = {}
    for row, frame in enumerate(table.frames):
        by_clip.setdefault(frame.clip, []).append(row)
    numbers = np.array([frame.number for frame in table.frames])
    pieces = []
    for (subject, name, camera), rows in by_clip.items():
        order = np.array(rows)[np.argsort(numbers[rows], kind="stable")]
        seen_by = _camera(cameras, subject, camera)
        pieces += [
            Clip(subject, name, seen_by, numbers[part], table.joints[part], keypoints[part])
            for part in _without_gaps(order, numbers)
        ]
    return pieces


def _without_gaps(rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return rows in pieces whose frames are as far apart as the nearest two."""
    apart = np.diff(numbers[rows])
    return np.split(rows, np.flatnonzero(apart > apart.min(initial=1 << 30)) + 1)


def _camera(cameras: Mapping[str, Sequence[Camera]], subject: str, name: str) -> Camera:
    for camera in cameras.get(subject, ()):
        if camera.name == name:
            return camera
    raise DataError(f"camera {name} of {subject} is not known; put mmpose's cameras.pkl beside it")
