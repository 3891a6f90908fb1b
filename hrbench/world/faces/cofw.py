"""Write the world as COFW: two MATLAB 7.3 files, which are HDF5, with the images inside."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.world.faces.files import Split, draw_faces
from hrbench.world.faces.points import cofw29
from hrbench.world.making import Counts, Making

_SUFFIXES = {"train": "Tr", "test": "T"}  # of the names of variables
_POINTS = 29
_HEADER = b"MATLAB 7.3 MAT-file, made by hrbench, HDF5 schema 1.00 ."
# MATLAB puts a text of 116 bytes, 8 bytes of offset, its version 2.0 and the byte order before
_USER_BLOCK = 512
_SIGNATURE = _HEADER.ljust(116) + bytes(8) + b"\x00\x02IM"


def write_cofw(folder: Path, making: Making) -> Counts:
    """Write COFW into `folder`; return the numbers of images and faces of each split.

    A quarter as many as for training are for testing. A point is flagged as occluded where
    something else hides it or where it is outside of the picture. Pixels count from 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for split in (Split(0, "train", making.images), Split(1, "test", making.share(4))):
        path = folder / f"COFW_{split.name}_color.mat"
        with h5py.File(path, "w", userblock_size=_USER_BLOCK, libver="earliest") as file:
            table = _Table(file, _SUFFIXES[split.name], split.count)
            for index, face in enumerate(draw_faces(split, cofw29, making)):
                left, top, side = face.square
                box = np.array([left + 1, top + 1, side, side])
                points = (face.points + 1).T.ravel()
                table.add(index, face.image, np.append(points, face.covered), box)
            table.close()
        with path.open("r+b") as stream:
            stream.write(_SIGNATURE)
        counts[split.name] = {"images": split.count, "faces": split.count}
    return counts


class _Table:
    """The variables of one file while it grows. HDF5 has MATLAB's arrays with axes reversed."""

    def __init__(self, file: h5py.File, suffix: str, count: int) -> None:
        self._file = file
        self._suffix = suffix
        self._cells = np.empty((1, count), h5py.ref_dtype)
        self._phis = np.empty((3 * _POINTS, count))
        self._boxes = np.empty((4, count))

    def add(self, index: int, image: NDArray[np.uint8], phi: Floats, box: Floats) -> None:
        """Add one face: a (H, W, 3) BGR image, (87,) x, y and flags, (4,) x, y, width, height."""
        cell = self._store(f"#refs#/{index}", image[..., ::-1].T, "uint8")
        self._cells[0, index] = cell.ref
        self._phis[:, index] = phi
        self._boxes[:, index] = box

    def close(self) -> None:
        """Write the variables that name the faces' images and numbers."""
        self._store(f"Is{self._suffix}", self._cells, "cell")
        self._store(f"phis{self._suffix}", self._phis, "double")
        self._store(f"bboxes{self._suffix}", self._boxes, "double")

    def _store(self, name: str, values: NDArray[Any], kind: str) -> h5py.Dataset:
        variable = self._file.create_dataset(name, data=values, track_times=False)
        variable.attrs["MATLAB_class"] = np.bytes_(kind)
        return variable
