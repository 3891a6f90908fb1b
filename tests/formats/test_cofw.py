"""COFW's MATLAB 7.3 files: faces, and images inside of HDF5."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from hrbench.errors import DataError
from hrbench.formats.faces import cofw, tables

USERBLOCK = 512  # bytes of MATLAB's own before HDF5 begins
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)  # height 5, width 7
GREY = RNG.integers(0, 256, (4, 6), dtype=np.uint8)
# Two points: x 10.5 and 31, y 20.25 and 40.75, the second occluded; then another face.
PHIS = np.array([[10.5, 31, 20.25, 40.75, 0, 1], [1.0, 9, 0, 8, 0, 0]])


def write_cofw(path: Path, part: str = "T", **changes: Any) -> Path:
    """Write a file as MATLAB does: axes in reverse, cells as references."""
    pixels = [COLOUR.transpose(2, 1, 0), GREY.T]
    with h5py.File(path, "w", userblock_size=USERBLOCK) as file:
        stored = [file.create_dataset(f"#refs#/{row}", data=one) for row, one in enumerate(pixels)]
        cells = file.create_dataset(f"Is{part}", (1, len(stored)), h5py.ref_dtype)
        for row, one in enumerate(stored):
            cells[0, row] = one.ref
        file[f"phis{part}"] = PHIS.T
        file[f"bboxes{part}"] = np.zeros((4, 2))
        for key, value in changes.items():
            del file[key]
            if value is not None:
                file[key] = value
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


def read(path: Path, num_keypoints: int) -> tables.Faces:
    return tables.sound(path, cofw.examined(path, num_keypoints, counted_from=1))


def fault(path: Path, num_keypoints: int = 2) -> str:
    with pytest.raises(DataError) as error:
        read(path, num_keypoints)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("part", ["Tr", "T"])
def test_points_stand_x_first_then_y_then_occlusion(part: str, tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat", part)
    faces = read(path, 2)
    people = faces.people
    assert people.keypoints.tolist() == [[[9.5, 19.25], [30, 39.75]], [[0, -1], [8, 7]]]
    assert faces.occluded is not None
    assert faces.occluded.tolist() == [[False, True], [False, False]]
    assert people.visible.tolist() == [[True, True], [False, True]]  # the y of one is 0
    # From 10 to 31 and from 20 to 41, less the 1 counted from.
    assert people.centers[0].tolist() == [19.5, 29.5]
    assert people.scales[0].tolist() == [21 / 200 * 1.25] * 2
    assert people.images == (path / "0", path / "1")
    assert people.image.tolist() == [0, 1]


def test_an_image_has_its_axes_back_and_a_grey_one_three_channels(tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    assert np.array_equal(cofw.image(path, 0), COLOUR)
    grey = cofw.image(path, 1)
    assert grey.shape == (4, 6, 3)
    assert all(np.array_equal(grey[..., channel], GREY) for channel in range(3))
    assert grey.dtype == np.uint8
    assert grey.flags.c_contiguous
    assert grey.flags.writeable


def test_cells_may_lie_along_the_other_axis(tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    with h5py.File(path, "r+") as file:
        cells = file["IsT"][()].T
        del file["IsT"]
        file.create_dataset("IsT", data=cells, dtype=h5py.ref_dtype)
    assert np.array_equal(cofw.image(path, 1)[..., 0], GREY)


def test_the_file_is_opened_once_for_all_its_images(tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    cofw.image(path, 0)
    before = cofw._opened.cache_info()
    cofw.image(path, 1)
    after = cofw._opened.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)


def test_a_file_that_is_put_in_the_place_of_another_is_read(tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    cofw.image(path, 0)
    (tmp_path / "other").write_bytes(b"<html>")
    (tmp_path / "other").replace(path)
    with pytest.raises(DataError, match="is not HDF5"):
        cofw.image(path, 0)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_refused(share: float, tmp_path: Path) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "ends too early; fetch the file again" in fault(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "COFW.mat"
    assert "cannot be read: No such file" in fault(path)
    path.write_bytes(b"<!DOCTYPE html><p>Sign in")
    assert "is not HDF5, as a MATLAB 7.3 file is" in fault(path)
    path.write_bytes(b"")
    assert "is not HDF5" in fault(path)
    savemat(path, {"IsT": np.zeros(3)})
    assert "is a MATLAB file of an older version" in fault(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"IsT": None}, "there is no 'IsT'"),
        ({"phisT": None}, "there is no 'phisT'"),
        (
            {"IsT": None, "phisT": None},
            "there is neither 'IsTr' nor 'IsT', as in COFW's files, but #refs#, bboxesT",
        ),
        ({"phisT": PHIS}, "'phisT' has 2 numbers a face, not the 6 of 2 points"),
        ({"phisT": PHIS.T[:, :1]}, "2 images in 'IsT', 1 faces in 'phisT'"),
        ({"phisT": PHIS.ravel()}, "'phisT' is no table of numbers"),
        ({"phisT": [["a"] * 2] * 6}, "'phisT' is no table of numbers"),
        ({"IsT": np.zeros((1, 2))}, "'IsT' is no cell array of images"),
        ({"phisT": PHIS.T * np.nan}, "faces with NaN, infinity or numbers beyond 1e+09: 2 (face 0"),
        ({"phisT": PHIS.T * 0}, "faces whose scale is not above 0: 2 (face 0, face 1)"),
    ],
)
def test_a_file_without_what_is_needed_is_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    assert words in fault(write_cofw(tmp_path / "COFW.mat", **changes))


def test_a_file_with_another_number_of_points_is_refused(tmp_path: Path) -> None:
    words = "'phisT' has 6 numbers a face, not the 87 of 29 points"
    assert words in fault(write_cofw(tmp_path / "COFW.mat"), 29)


def odd_image(path: Path, pixels: Any) -> Path:
    write_cofw(path)
    with h5py.File(path, "r+") as file:
        cells = file["IsT"]
        cells[0, 0] = file.create_dataset("#refs#/odd", data=pixels).ref
    return path


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((3, 7, 5)), "its array is 3 x 7 x 5, float64"),
        (np.zeros((5, 7, 3), np.uint8), "its array is 5 x 7 x 3, uint8"),
        (np.zeros(5, np.uint8), "its array is 5, uint8"),
    ],
)
def test_an_image_that_is_none_is_named(pixels: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"image 0 is no picture of 8 bits.*{words}"):
        cofw.image(odd_image(tmp_path / "COFW.mat", pixels), 0)


def no_reference(file: h5py.File) -> None:
    file["IsT"][0, 0] = h5py.Reference()


def damaged_chunk(file: h5py.File) -> None:
    data = np.zeros((3, 64, 64), np.uint8)
    stored = file.create_dataset("#refs#/z", data=data, chunks=(3, 64, 64), compression="gzip")
    stored.id.write_direct_chunk((0, 0, 0), b"not what gzip writes")
    file["IsT"][0, 0] = stored.ref


@pytest.mark.parametrize("damage", [no_reference, damaged_chunk])
def test_an_image_in_a_damaged_file_is_named(
    damage: Callable[[h5py.File], None], tmp_path: Path
) -> None:
    path = write_cofw(tmp_path / "COFW.mat")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DataError, match=r"COFW\.mat is damaged \(.*\); fetch the file again"):
        cofw.image(path, 0)


def test_no_flipped_bit_does_more_than_raise_our_error(tmp_path: Path) -> None:
    whole = write_cofw(tmp_path / "whole.mat").read_bytes()
    path, draw = tmp_path / "COFW_test_color.mat", random.Random(0)
    refused = 0
    for _ in range(400):
        content = bytearray(whole)
        content[draw.randrange(USERBLOCK, len(content))] ^= 1 << draw.randrange(8)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        try:
            faces, found = cofw.examined(path, 2, counted_from=1)
            cofw.image(path, 0)
            refused += faces is None and bool(found)
        except DataError:
            refused += 1
    assert refused
