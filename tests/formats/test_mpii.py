"""MPII's files: what is read of them, what of them is refused, and what is written for the test."""

import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from shared import need_shared

from hrbench import catalog
from hrbench.errors import DataError
from hrbench.formats.mpii.head_truth import truth
from hrbench.formats.mpii.reader import examined, people, read

NAMES = [
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", "pelv", "thor"),
    *("neck", "head", "rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
]


def person(**changes: Any) -> dict[str, Any]:
    """Somebody 200 pixels high around (301, 201), counted from 1."""
    return {
        "image": "a.jpg",
        "center": [301.0, 201.0],
        "scale": 1.0,
        "joints": [[11.0 + k, 21.0] for k in range(16)],
        "joints_vis": [1] * 15 + [0],
    } | changes


def written(folder: Path, content: Any) -> Path:
    path = folder / "valid.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def variables(count: int = 2, **changes: Any) -> dict[str, Any]:
    """People whose heads have a diagonal of 50 pixels."""
    boxes = np.zeros((2, 2, count))
    boxes[1] = [[30.0], [40.0]]
    return {
        "dataset_joints": np.array([NAMES], dtype=object),
        "pos_gt_src": np.arange(16.0 * 2 * count).reshape(16, 2, count),
        "headboxes_src": boxes,
        "jnt_missing": np.zeros((16, count), dtype=np.uint8),
    } | changes


def matlab(folder: Path, content: dict[str, Any], **options: Any) -> Path:
    path = folder / "gt_valid.mat"
    savemat(path, content, **options)
    return path


def test_a_crop_is_moved_down_and_padded_and_everything_is_counted_from_0(tmp_path: Path) -> None:
    found = people(read(written(tmp_path, [person()]), 16)[0], tmp_path / "images")
    assert found.centers.tolist() == [[300, 215]]
    assert found.scales.tolist() == [[1.25, 1.25]]
    assert found.boxes.tolist() == [[200, 115, 200, 200]]
    assert found.keypoints[0, 3].tolist() == [13, 20]
    assert found.visible[0].tolist() == [True] * 15 + [False]
    assert found.centers.dtype == found.scales.dtype == np.float64
    assert found.scores.tolist() == [1]


def test_a_person_without_a_center_is_neither_moved_nor_padded(tmp_path: Path) -> None:
    found = people(read(written(tmp_path, [person(center=[-1.0, -1.0])]), 16)[0], tmp_path)
    assert found.centers.tolist() == [[-2, -2]]
    assert found.scales.tolist() == [[1, 1]]


def test_the_padding_of_a_protocol_is_another(tmp_path: Path) -> None:
    found = people(read(written(tmp_path, [person()]), 16)[0], tmp_path, padding=1.5)
    assert found.scales.tolist() == [[1.5, 1.5]]
    assert found.boxes.tolist() == [[200, 115, 200, 200]]


def test_persons_keep_the_order_of_the_file_and_share_their_images(tmp_path: Path) -> None:
    rows = [person(image=name) for name in ("b.jpg", "a.jpg", "b.jpg")]
    found = people(read(written(tmp_path, rows), 16)[0], tmp_path)
    assert found.ids.tolist() == [0, 1, 2]
    assert found.images == (tmp_path / "b.jpg", tmp_path / "a.jpg")
    assert found.image.tolist() == [0, 1, 0]
    assert found.image_ids.tolist() == [0, 1]


def test_where_the_truth_is_hidden_nothing_is_visible(tmp_path: Path) -> None:
    hidden = {key: person()[key] for key in ("image", "center", "scale")}
    path = written(tmp_path, [hidden])
    found = people(read(path, 16, hidden=True)[0], tmp_path)
    assert found.keypoints.tolist() == [[[0, 0]] * 16]
    assert not found.visible.any()
    with pytest.raises(DataError, match=r"persons without 'joints': 1 \(row 0\)"):
        read(path, 16)


def test_the_real_slice_has_five_persons_with_their_images() -> None:
    folder = need_shared() / "real" / "mpii"
    found = people(read(folder / "annot/valid.json", 16)[0], folder / "images")
    assert len(found) == 5
    assert all(path.exists() for path in found.images)
    assert found.centers[0].tolist() == [965, 340 + 15 * 4.718488 - 1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": None}, "'image' is not text"),
        ({"image": ""}, "'image' is not text"),
        ({"center": [1.0]}, "'center' is not two finite numbers"),
        ({"center": "1, 2"}, "'center' is not two finite numbers"),
        ({"center": [1.0, math.nan]}, "'center' is not two finite numbers"),
        ({"scale": "1"}, "'scale' is not a finite number other than 0"),
        ({"scale": math.inf}, "'scale' is not a finite number other than 0"),
        ({"scale": 0}, "'scale' is not a finite number other than 0"),
        ({"scale": True}, "'scale' is not a finite number other than 0"),
        ({"joints": [[1.0, 2.0]] * 15}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints": [[1.0, 2.0]] * 17}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints": [[1.0, 2.0, 3.0]] * 16}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints": [[1.0, math.nan]] * 16}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints": [[1.0, 10**400]] * 16}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints": None}, "'joints' is not 16 pairs of finite numbers"),
        ({"joints_vis": [1] * 15}, "'joints_vis' is not 16 times 0 or 1"),
        ({"joints_vis": [2] * 16}, "'joints_vis' is not 16 times 0 or 1"),
        ({"joints_vis": 1}, "'joints_vis' is not 16 times 0 or 1"),
    ],
)
def test_a_person_of_another_form_is_refused_by_row(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = written(tmp_path, [person(), person(**changes)])
    with pytest.raises(DataError) as error:
        read(path, 16)
    assert str(error.value) == (
        f"{path}: persons whose {words}: 1 (row 1); `hrbench check` lists all faults of a dataset"
    )


@pytest.mark.parametrize("key", ["image", "center", "scale", "joints", "joints_vis"])
def test_a_field_that_is_missing_is_named(key: str) -> None:
    broken = {name: value for name, value in person().items() if name != key}
    table, found = examined([person(), broken, broken, broken, broken], 16)
    assert table is None
    assert list(map(str, found)) == [f"persons without '{key}': 4 (row 1, row 2, row 3, …)"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"images": []}, "the file is not MPII's list of persons"),
        ([], "no person is listed"),
        ([person(), 7], "rows that are no objects: 1 (persons[1])"),
    ],
)
def test_a_file_of_another_form_is_refused(content: Any, line: str) -> None:
    table, found = examined(content, 16)
    assert table is None
    assert list(map(str, found)) == [line]
    assert found[0].fatal


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, None),
        ({"center": [-1.0, -1.0]}, "persons without a center: 1 (row 1)"),
        ({"scale": -1.0}, "persons whose scale is below 0: 1 (row 1)"),
        ({"joints_vis": [0] * 16}, "persons without a labelled joint: 1 (row 1)"),
        (
            {"joints": [[0.5 + 15 * k, 100.0] for k in range(16)]},
            "joints left of their image or above it: 1 (row 1)",
        ),
        ({"joints": [[-1.0, -1.0]] * 16, "joints_vis": [0] * 16}, "persons without a labelled"),
    ],
)
def test_what_one_can_train_with_is_reported_only(
    changes: dict[str, Any], line: str | None
) -> None:
    table, found = examined([person(image="b.jpg"), person(**changes)], 16)
    assert table is not None
    assert len(found) == (line is not None)
    assert all(str(fault).startswith(line or "") and not fault.fatal for fault in found)


SOMEBODY = {"joints": [[201.0 + 10 * k, 101.0 + 12 * k] for k in range(16)]}  # 180 pixels high


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, None),
        ({"joints": [[0.02 * k, 0.05 * k] for k in range(16)]}, "unit"),
        ({"center": [901.0, 201.0]}, "outside"),
        ({"scale": 200.0}, "scale"),
        ({"scale": 0.04, "center": [280.0, 190.0]}, "scale"),
    ],
)
def test_what_most_persons_cannot_be_is_refused_by_name(
    changes: dict[str, Any], name: str | None
) -> None:
    rows = [person(image=f"{row}.jpg", **{**SOMEBODY, **changes}) for row in range(4)]
    table, found = examined(rows, 16)
    assert table is not None
    assert name in {None, *(one.name for one in found if one.fatal)}
    assert bool(found) == (name is not None)
    mixed = [person(image=f"{row}.jpg", **SOMEBODY) for row in range(5)]
    assert not any(one.fatal for one in examined([*mixed, *rows], 16)[1])


def test_persons_who_stand_twice_are_refused_where_most_do(tmp_path: Path) -> None:
    path = written(tmp_path, [person(**SOMEBODY)] * 4)
    with pytest.raises(DataError, match=r"persons who stand twice.*: 3 \(row 1.*--allow twice"):
        read(path, 16)
    _, met = read(path, 16, allow=["twice"])
    assert "(--allow twice)" in met[0]


def test_a_file_that_is_cut_short_says_where(tmp_path: Path) -> None:
    path = written(tmp_path, [person()])
    path.write_text(path.read_text("utf-8")[:40], "utf-8")
    with pytest.raises(DataError, match=r"valid\.json is not JSON: .* at line 1, column .*, where"):
        read(path, 16)


def test_the_splits_are_where_the_official_code_looks_for_them() -> None:
    dataset = catalog.load_dataset("mpii")
    files = {name: split.annotations for name, split in dataset.splits.items()}
    assert files == {
        "train": "annot/train.json",
        "val": "annot/valid.json",
        "trainval": "annot/trainval.json",
        "test": "annot/test.json",
    }
    assert dataset.splits["val"].heads == "annot/gt_valid.mat"
    assert not dataset.splits["test"].annotated


def test_a_head_is_six_tenths_of_its_box_and_pixels_are_counted_from_1(tmp_path: Path) -> None:
    absent = np.zeros((16, 2))
    absent[3, 1] = 1
    positions = np.ones((16, 2, 2))
    positions[3, :, 1] = math.nan
    content = variables(jnt_missing=absent, pos_gt_src=positions)
    heads = truth(matlab(tmp_path, content), expected=2)
    assert heads.head_sizes.tolist() == [30, 30]
    assert heads.keypoints.shape == (2, 16, 2)
    assert heads.keypoints[0, 0].tolist() == [1, 1]
    assert np.argwhere(heads.missing).tolist() == [[1, 3]]


def test_x_comes_before_y_and_persons_come_last_in_the_file(tmp_path: Path) -> None:
    heads = truth(matlab(tmp_path, variables()))
    assert heads.keypoints[1, 2].tolist() == [2 * 4 + 1, 2 * 4 + 3]


def test_one_person_may_lack_its_axis_as_matlab_saves_it(tmp_path: Path) -> None:
    content = variables(1)
    flat = {key: content[key][..., 0] for key in ("pos_gt_src", "headboxes_src")}
    heads = truth(matlab(tmp_path, content | flat))
    assert heads.keypoints[0, 2].tolist() == [4, 5]


def test_a_truth_without_names_is_taken_in_the_official_order(tmp_path: Path) -> None:
    content = variables()
    del content["dataset_joints"]
    assert len(truth(matlab(tmp_path, content)).head_sizes) == 2


def test_a_truth_that_is_missing_hinders_scoring_only(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        truth(tmp_path / "gt_valid.mat")
    assert str(error.value) == (
        f"{tmp_path / 'gt_valid.mat'} does not exist: training works without it, scoring does "
        "not; it comes with the annotations, and `hrbench check mpii` says who issues them"
    )
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        truth(tmp_path)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_truth_that_is_cut_short_is_refused_wherever_it_is_cut(
    compressed: bool, tmp_path: Path
) -> None:
    whole = matlab(tmp_path, variables(), do_compression=compressed).read_bytes()
    path = tmp_path / "short.mat"
    for length in [*range(0, 200, 7), *range(200, len(whole), 61), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=re.escape(f"{path}")) as error:
            truth(path)
        assert "fetch it again" in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body>Sign in to download</body></html>" * 20,
        b"",
        b"\0" * 500,
        gzip.compress(b"x" * 500, mtime=0),
        bytes(range(256)),
    ],
)
def test_another_file_under_its_name_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gt_valid.mat"
    path.write_bytes(content)
    # SciPy before 1.14 takes zeros for a file without variables.
    words = (
        "(is no MATLAB file, or it is cut short or damaged|has no variable 'pos_gt_src'.*); fetch"
    )
    with pytest.raises(DataError, match=words):
        truth(path)


def test_a_matlab_7_3_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "gt_valid.mat"
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(DataError, match=r"is a MATLAB 7\.3 file, which is not read"):
        truth(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"jnt_missing": np.zeros((16, 3))}, "are of 2, 2 and 3 persons; fetch the file again"),
        ({"jnt_missing": np.zeros((14, 2))}, r"jnt_missing is \(14, 2\), not \(16, N\)"),
        ({"jnt_missing": np.full((16, 2), 2)}, "jnt_missing is not 0 or 1 for person 0"),
        ({"pos_gt_src": np.zeros((2, 16, 2))}, r"pos_gt_src is \(2, 16, 2\), not"),
        ({"pos_gt_src": np.array(["a"] * 2)}, r"pos_gt_src is no table of numbers \(16, 2, N\)"),
        ({"pos_gt_src": np.full((16, 2, 2), np.nan)}, "a labelled joint has no position for pers"),
        ({"headboxes_src": np.zeros((2, 2, 2))}, "the head's box has no size for person 0, count"),
        ({"headboxes_src": np.full((2, 2, 2), np.nan)}, "the head's box has no size for person 0"),
        ({"dataset_joints": np.array([NAMES[::-1]], dtype=object)}, "lwri lelb .* not rank rkne"),
        ({"dataset_joints": np.array([NAMES[:15]], dtype=object)}, "dataset_joints is rank rkne"),
    ],
)
def test_a_truth_of_another_form_is_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = matlab(tmp_path, variables(**changes))
    with pytest.raises(DataError, match=words) as error:
        truth(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("key", ["pos_gt_src", "headboxes_src", "jnt_missing"])
def test_a_variable_that_is_missing_is_named(key: str, tmp_path: Path) -> None:
    content = {name: value for name, value in variables().items() if name != key}
    with pytest.raises(DataError, match=f"has no variable '{key}', as gt_valid.mat has; fetch"):
        truth(matlab(tmp_path, content))


def test_a_truth_of_other_persons_than_the_annotations_is_refused(tmp_path: Path) -> None:
    path = matlab(tmp_path, variables())
    with pytest.raises(DataError, match="is of 2 persons and the annotations beside it of 5: fetc"):
        truth(path, expected=5)
