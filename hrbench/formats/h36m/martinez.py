"""The HDF5 files of 3d-pose-baseline's h36m.zip: world joints, and stacked hourglasses' keypoints.

Source: Martinez et al. 2017; 3d-pose-baseline, src/data_utils.py of its first versions.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Key, Motion
from hrbench.errors import DataError
from hrbench.formats.h36m.frame_names import ALL_JOINTS, KEPT, WHOLE, sequence
from hrbench.formats.h36m.videopose import in_our_order

JOINTS = Path("MyPoses") / "3D_positions"
HOURGLASSES = {"sh_pt_mpii": "StackedHourglass", "sh_ft_h36m": "StackedHourglassFineTuned240"}


def motions(folder: Path, subjects: Sequence[str]) -> list[Motion]:
    """Return the sequences of some subjects, in mm.

    Raises:
        DataError: a subject is missing, or a file is not one of joints.
    """
    sequences = []
    for subject in subjects:
        for file in _files(folder / subject / JOINTS):
            flat = _dataset(file, "3D_positions")
            if flat.ndim != 2 or len(flat) != 3 * ALL_JOINTS or not np.isfinite(flat).all():
                raise DataError(
                    f"{file}: '3D_positions' of shape {flat.shape}, not (96, frames) of numbers"
                )
            joints = flat.reshape(ALL_JOINTS, 3, -1).transpose(2, 0, 1)[:, KEPT]
            sequences.append(Motion(subject, sequence(file.stem), joints))
    return sequences


def keypoints(folder: Path, subjects: Sequence[str], name: str) -> dict[Key, NDArray[np.floating]]:
    """Return the (T, 17, 2) keypoints in pixels of every clip; neck_nose is NaN.

    Raises:
        DataError: a subject is missing, or a file is not one of keypoints.
    """
    positions = {}
    for subject in subjects:
        for file in _files(folder / subject / HOURGLASSES[name]):
            clip, _, camera = file.stem.rpartition(".")
            points = in_our_order(_dataset(file, "poses"), str(file))
            positions[subject, sequence(clip), camera] = points
    return positions


def _files(folder: Path) -> Iterator[Path]:
    files = sorted(file for file in folder.glob("*.h5") if WHOLE not in file.stem)
    if not files:
        raise DataError(f"{folder} has no .h5 file; the subject's sequences are missing there")
    return iter(files)


def _dataset(file: Path, name: str) -> NDArray[np.floating]:
    try:
        with h5py.File(file, "r") as content:
            return np.asarray(content[name][()], dtype=np.float64)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{file} is not a whole HDF5 file with '{name}' ({error})") from error
