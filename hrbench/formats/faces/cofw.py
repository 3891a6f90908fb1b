"""COFW's MATLAB 7.3 files, which are HDF5: their faces, and the images inside of them.

HDF5 has MATLAB's axes in reverse: an image is (3, width, height), or (width, height) where it
is grey, and a cell array is an array of references to images. `People.images` names an image
as if the file were a folder: COFW_test_color.mat/17 is the 18th.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np

from hrbench.arrays import Pixels
from hrbench.data.faults import stated
from hrbench.errors import DataError
from hrbench.formats.faces.tables import Examined, examined_points

PER_POINT = 3  # numbers: all x, then all y, then whether each is occluded
KEYS = (("IsTr", "phisTr"), ("IsT", "phisT"))  # images and points; of training, of testing
HEADER = 128  # bytes, at the start of any MATLAB file since version 5


def examined(path: Path, num_keypoints: int, *, counted_from: int) -> Examined:
    """Return the faces of COFW_train_color.mat or COFW_test_color.mat, and what is wrong with it.

    The file has no crops; they follow from the points. Occluded points count like others.

    Raises:
        DataError: it cannot be read, or lacks the arrays of such a file.
    """
    with damage_in_words(path):
        file = opened(path)
        image_key, point_key = keys(file, path)
        count, stored = file[image_key].size, file[point_key]
        numbers = np.asarray(stored) if stored.dtype.kind in "fiu" else None
    if numbers is None or numbers.ndim != 2:
        return None, [stated(f"'{point_key}' is no table of numbers")]
    width = PER_POINT * num_keypoints
    if len(numbers) != width:
        words = f"not the {width} of {num_keypoints} points"
        return None, [stated(f"'{point_key}' has {len(numbers)} numbers a face, {words}")]
    if numbers.shape[1] != count:
        words = f"{count} images in '{image_key}', {numbers.shape[1]} faces in '{point_key}'"
        return None, [stated(words)]
    if not count:
        return None, [stated("there is no face in it")]
    x, y, hidden = numbers.astype(np.float64).reshape(PER_POINT, num_keypoints, count)
    points = np.stack([x.T, y.T], axis=2)
    places = [f"face {row}" for row in range(count)]
    images = [path / str(row) for row in range(count)]
    faces, faults = examined_points(places, images, points, counted_from)
    if faces is None:
        return None, faults
    people = replace(faces.people, inside=image_at)
    return replace(faces, people=people, occluded=hidden.T != 0), faults


def image_at(place: Path) -> Pixels:
    """Return the (height, width, 3) RGB pixels of the image that `People.images` names so."""
    return image(place.parent, int(place.name))


def image(path: Path, index: int) -> Pixels:
    """Return the (height, width, 3) RGB pixels of an image; a grey one has three equal channels.

    The file stays open for the images to come, once in each process.

    Raises:
        DataError: the file cannot be read, or its image is none.
    """
    with damage_in_words(path):
        file = opened(path)
        images, _ = keys(file, path)
        cells = file[images]
        reference = cells[np.unravel_index(index, cells.shape)]
        pixels = np.asarray(file[reference])
    if pixels.ndim == 2:
        pixels = pixels[None]
    if pixels.ndim != 3 or pixels.shape[0] not in {1, 3} or pixels.dtype != np.uint8:
        shape = " x ".join(map(str, pixels.shape))
        raise DataError(
            f"{path}: image {index} is no picture of 8 bits in 1 or 3 channels: its array is "
            f"{shape}, {pixels.dtype}"
        )
    rgb: Pixels = np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(2, 1, 0)
    return np.ascontiguousarray(rgb)


def opened(path: Path) -> h5py.File:
    """Return the file, open to read; it stays so, until another lies in its place.

    Raises:
        DataError: there is none, or it is not whole, or not HDF5.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    return _opened(path, (state.st_ino, state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=2)  # a training and a test file
def _opened(path: Path, _: tuple[int, int, int]) -> h5py.File:
    try:
        with path.open("rb") as file:
            start = file.read(HEADER)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    if start.startswith(b"MATLAB 5.0"):
        raise DataError(
            f"{path} is a MATLAB file of an older version; COFW's are of 7.3: "
            "fetch it again, or save it in MATLAB with '-v7.3'"
        )
    try:
        return h5py.File(path, "r")
    except OSError as error:
        cut = start.startswith(b"MATLAB 7.3") or "truncated" in str(error)
        words = "ends too early" if cut else "is not HDF5, as a MATLAB 7.3 file is"
        raise DataError(f"{path} {words}; fetch the file again") from error


def keys(file: h5py.File, path: Path) -> tuple[str, str]:
    """Return what the images and the points of a file are called.

    Raises:
        DataError: it lacks one of them, or has no images under that name.
    """
    names = next((names for names in KEYS if any(name in file for name in names)), None)
    if names is None:
        known = " nor ".join(f"'{images}'" for images, _ in KEYS)
        held = ", ".join(sorted(file)) or "nothing"
        raise DataError(f"{path}: there is neither {known}, as in COFW's files, but {held}")
    for name in names:
        if not isinstance(file.get(name), h5py.Dataset):
            raise DataError(f"{path}: there is no '{name}'; fetch the file again")
    if h5py.check_ref_dtype(file[names[0]].dtype) is not h5py.Reference:
        raise DataError(f"{path}: '{names[0]}' is no cell array of images")
    return names


@contextmanager
def damage_in_words(path: Path) -> Iterator[None]:
    """Turn what HDF5 raises inside of a damaged file into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}); fetch the file again") from error
