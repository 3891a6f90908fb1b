"""Human3.6M's cameras: from mmpose's, Martinez' and the release's files, or hrbench's own table.

Every reader gives them by subject, in the official order.
"""

import csv
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hrbench.cameras import Camera, Cameras
from hrbench.errors import DataError
from hrbench.files.pickles import load_pickle

NAMES = ("54138969", "55011271", "58860488", "60457274")
SIZES = dict(zip(NAMES, ((1000, 1002), (1000, 1000), (1000, 1000), (1000, 1002)), strict=True))
MILLIMETRES = 1000.0  # in a metre
FIELDS = ("R", "T", "f", "c", "k", "p")
SUBJECTS = 11  # of the release
EXTRINSIC, INTRINSIC = 6, 9  # numbers of metadata.xml for a camera of a subject, for a camera
BROKEN = (OSError, KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError)


def read(file: Path) -> Cameras:
    """Return the cameras of a cameras.pkl, cameras.h5 or metadata.xml.

    Raises:
        DataError: the file is not whole, or a camera of a subject is missing.
    """
    return {".pkl": _mmpose, ".h5": _martinez, ".xml": _release}[file.suffix](file)


def builtin(table: Path) -> Cameras:
    """Return the cameras of hrbench's own table: the numbers of the release.

    Its rotations are quaternions w, x, y, z from camera to world.
    """
    by_subject: dict[str, list[Camera]] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = {key: float(value) for key, value in row.items() if key != "subject"}
            quaternion = [number[f"q{part}"] for part in "xyzw"]
            camera = Camera(
                name=row["camera"],
                rotation=Rotation.from_quat(quaternion).as_matrix().T,
                position=np.array([number[axis] for axis in "xyz"]),
                focal=np.array([number["fx"], number["fy"]]),
                center=np.array([number["cx"], number["cy"]]),
                radial=np.array([number["k1"], number["k2"], number["k3"]]),
                tangential=np.array([number["p1"], number["p2"]]),
                size=(int(number["width"]), int(number["height"])),
            )
            by_subject.setdefault(row["subject"], []).append(camera)
    return by_subject


def _mmpose(file: Path) -> Cameras:
    """Read {('S1', '54138969'): {R camera to world, T in metres, ...}}."""
    content = load_pickle(file)
    if not isinstance(content, dict) or not content:
        raise DataError(f"{file} is no table of cameras; it should be mmpose's cameras.pkl")
    by_subject: dict[str, list[Camera]] = {}
    for subject, name in sorted(content, key=lambda key: (str(key[0]), _place(str(key[1])))):
        said, who = content[subject, name], f"{file}: camera {name} of {subject}"
        camera = _camera(name, said, who, turned=True, unit=MILLIMETRES)
        by_subject.setdefault(str(subject), []).append(camera)
    return _whole(by_subject, file)


def _martinez(file: Path) -> Cameras:
    """Read the groups subject1/camera1 with R transposed, T in mm."""
    by_subject: dict[str, list[Camera]] = {}
    try:
        with h5py.File(file, "r") as content:
            for subject in range(1, SUBJECTS + 1):
                group = content.get(f"subject{subject}")
                for number in range(1, len(NAMES) + 1) if group is not None else ():
                    said = {
                        key: np.asarray(values) for key, values in group[f"camera{number}"].items()
                    }
                    letters = np.asarray(said.pop("Name")).ravel()
                    name = "".join(chr(int(letter)) for letter in letters)
                    who = f"{file}: camera {number} of subject {subject}"
                    by_subject.setdefault(f"S{subject}", []).append(
                        _camera(name, said, who, turned=True, unit=1.0)
                    )
    except BROKEN as error:
        raise DataError(f"{file} is not a whole cameras.h5 ({error}); fetch it again") from error
    return _whole(by_subject, file)


def _release(file: Path) -> Cameras:
    """Read the 300 numbers of the tag w0: angles and centres, then the lenses."""
    try:
        match = re.search(r"<w0>\s*\[?([^<\]]+)\]?\s*</w0>", file.read_text("utf-8"))
        numbers = np.array([float(word) for word in match.group(1).split()] if match else [])
    except (OSError, ValueError) as error:
        raise DataError(f"{file} is no metadata.xml of the release ({error})") from error
    pairs = len(NAMES) * SUBJECTS
    if len(numbers) != pairs * EXTRINSIC + len(NAMES) * INTRINSIC:
        raise DataError(
            f"{file}: the tag w0 should have 300 numbers, and has {len(numbers)}; it should be "
            "the release's metadata.xml"
        )
    return {
        f"S{subject}": [of_numbers(numbers, subject, number) for number in range(1, len(NAMES) + 1)]
        for subject in range(1, SUBJECTS + 1)
    }


def of_numbers(numbers: NDArray[np.float64], subject: int, camera: int) -> Camera:
    """Return a camera, counted from 1, of the release's 300 numbers."""
    name = NAMES[camera - 1]
    at = EXTRINSIC * ((camera - 1) * SUBJECTS + subject - 1)
    angles, position = numbers[at : at + 3], numbers[at + 3 : at + 6]
    at = EXTRINSIC * len(NAMES) * SUBJECTS + INTRINSIC * (camera - 1)
    lens = numbers[at : at + INTRINSIC]
    rotation = Rotation.from_euler("XYZ", angles).as_matrix()
    return Camera(name, rotation, position, lens[:2], lens[2:4], lens[4:7], lens[7:], SIZES[name])


def _camera(name: str, said: Mapping[str, Any], who: str, *, turned: bool, unit: float) -> Camera:
    missing = [field for field in FIELDS if field not in said]
    if missing:
        raise DataError(f"{who}: has no '{missing[0]}'; fetch the file again")
    flat: Callable[[str], NDArray[np.float64]] = lambda field: np.asarray(  # noqa: E731
        said[field], dtype=np.float64
    ).ravel()
    if [flat(field).size for field in FIELDS] != [9, 3, 2, 2, 3, 2]:
        raise DataError(f"{who}: R, T, f, c, k and p should have 9, 3, 2, 2, 3 and 2 numbers")
    rotation = flat("R").reshape(3, 3)
    size = (int(said["w"]), int(said["h"])) if "w" in said else SIZES.get(str(name))
    return Camera(
        name=str(name),
        rotation=rotation.T if turned else rotation,
        position=flat("T") * unit,
        focal=flat("f"),
        center=flat("c"),
        radial=flat("k"),
        tangential=flat("p"),
        size=size,
    )


def _whole(by_subject: dict[str, list[Camera]], file: Path) -> Cameras:
    for subject, cameras in by_subject.items():
        if len(cameras) < len(NAMES):
            names = {camera.name for camera in cameras}
            missing = [name for name in NAMES if name not in names]
            raise DataError(f"{file}: camera {missing[0]} of {subject} is missing")
    return by_subject


def _place(name: str) -> tuple[int, str]:
    return (NAMES.index(name) if name in NAMES else len(NAMES), name)
