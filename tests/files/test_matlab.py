"""MATLAB's files: what SciPy writes is read as SciPy reads it, and no damage ends the process."""

import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import loadmat, savemat
from shared import need_shared

from hrbench.errors import DataError
from hrbench.files import matlab
from hrbench.files.matlab import Cells, Structs

NUMBERS = ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
TRUTH = {"pos_gt_src", "jnt_missing", "headboxes_src", "dataset_joints"}


def written(folder: Path, content: dict[str, Any], *, compressed: bool = False) -> Path:
    path = folder / "file.mat"
    savemat(path, content, do_compression=compressed)
    return path


def uncompressed(folder: Path) -> Path:
    """A truth of MPII's as it could be, with everything that the two real files have."""
    synsets = np.zeros(4, dtype=[("ILSVRC2012_ID", object), ("WNID", object)])
    synsets[:] = [(number, f"n{number:08}") for number in range(4)]
    names = np.array([[f"joint{number}" for number in range(16)]], dtype=object)
    numbers = np.arange(96.0).reshape(16, 2, 3)
    content = {"pos_gt_src": numbers, "jnt_missing": numbers[:, 0].astype("u1")}
    return written(folder, content | {"dataset_joints": names, "synsets": synsets})


def is_refused(path: Path) -> bool:
    """Whether a file is refused; anything else that is raised fails the test."""
    try:
        matlab.read(path, TRUTH | {"synsets"})
    except DataError:
        return True
    return False


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (16, 2, 5), (0, 3)])
def test_numbers_are_those_that_scipy_reads(
    shape: tuple[int, ...], kind: str, compressed: bool, tmp_path: Path
) -> None:
    table = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    path = written(tmp_path, {"table": table, "other": 1}, compressed=compressed)
    found = matlab.read(path, {"table"})
    assert list(found) == ["table"]
    assert found["table"].dtype == loadmat(path)["table"].dtype
    assert found["table"].tolist() == loadmat(path)["table"].tolist()


@pytest.mark.parametrize("compressed", [False, True])
def test_texts_cells_and_structs(compressed: bool, tmp_path: Path) -> None:
    rows = np.array([(3, "n01"), (1, "n02")], dtype=[("ID", object), ("WNID", object)])
    content = {
        "text": "größer",
        "lines": np.array(["ab", "cd"]),
        "cells": np.array([["rank", "", 7.0]], dtype=object),
        "rows": rows[:, None],
        "complex": np.array([1 + 2j]),
    }
    path = written(tmp_path, content, compressed=compressed)
    found = matlab.read(path, set(content))
    assert found["text"] == "größer"
    assert found["lines"] == "ab\ncd"
    assert found["cells"] == Cells(("rank", "", np.array([[7.0]])))
    assert isinstance(found["rows"], Structs)
    assert [int(number[0, 0]) for number in found["rows"].fields["ID"]] == [3, 1]
    assert found["rows"].fields["WNID"] == ("n01", "n02")
    assert found["complex"] is None


@pytest.mark.parametrize("name", ["mpii_real_gt_valid.mat", "mpii_synthetic_gt_valid.mat"])
def test_truths_like_the_official_one_are_read_as_scipy_reads_them(name: str) -> None:
    path = need_shared() / "golden" / "pose_eval" / name
    found, scipys = matlab.read(path, TRUTH), loadmat(path)
    assert set(found) == TRUTH
    assert list(found["dataset_joints"].values) == [str(c[0]) for c in scipys["dataset_joints"][0]]
    for key in TRUTH - {"dataset_joints"}:
        assert np.array_equal(found[key], scipys[key])


def test_a_file_of_the_other_byte_order(tmp_path: Path) -> None:
    def element(kind: int, data: bytes) -> bytes:
        padded = data.ljust(-(-len(data) // 8) * 8, b"\0")
        return np.array([kind, len(data)], ">u4").tobytes() + padded

    parts = [
        element(6, np.array([6, 0], ">u4").tobytes()),  # a table of doubles
        element(5, np.array([1, 2], ">i4").tobytes()),  # of one row and two columns
        element(1, b"xy"),
        element(3, np.array([-2, 500], ">i2").tobytes()),  # stored as shorter numbers
    ]
    path = tmp_path / "file.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + element(14, b"".join(parts)))
    assert loadmat(path)["xy"].tolist() == [[-2, 500]]
    assert matlab.read(path, {"xy"})["xy"].tolist() == [[-2, 500]]


def test_no_flipped_bit_does_more_than_raise_our_error(tmp_path: Path) -> None:
    whole = uncompressed(tmp_path).read_bytes()
    path, draw = tmp_path / "damaged.mat", random.Random(0)
    refused = 0
    for _ in range(600):
        content = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            content[draw.randrange(124, len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        refused += is_refused(path)
    assert 60 < refused < 600  # a changed number is a number


@pytest.mark.parametrize("place", range(128, 400, 4))
def test_no_length_however_large_does(place: int, tmp_path: Path) -> None:
    content = bytearray(uncompressed(tmp_path).read_bytes())
    for size in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        content[place : place + 4] = size.to_bytes(4, "little")
        (tmp_path / "damaged.mat").write_bytes(content)
        is_refused(tmp_path / "damaged.mat")


def test_what_unpacks_to_more_than_anything_real_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matlab, "LARGEST", 1000)
    packed = zlib.compress(bytes(5000))
    element = np.array([15, len(packed)], "<u4").tobytes() + packed
    path = tmp_path / "file.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + element)
    with pytest.raises(DataError, match="is no MATLAB file"):
        matlab.read(path, {"a"})


def test_cells_in_cells_without_end_are_refused(tmp_path: Path) -> None:
    cells: Any = np.array(["in the middle"], dtype=object)
    for _ in range(matlab.DEEPEST + 1):
        deeper = np.empty(1, dtype=object)
        deeper[0] = cells
        cells = deeper
    with pytest.raises(DataError, match="is no MATLAB file"):
        matlab.read(written(tmp_path, {"a": cells}), {"a"})
