import csv
import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from shared import need_shared

from hrbench.pools import pool_of
from hrbench.world.faces.cofw import write_cofw
from hrbench.world.faces.files import tight_box
from hrbench.world.faces.sets import write_300w, write_aflw, write_wflw
from hrbench.world.making import Making

SIZE = (96, 128)
WRITERS = {"300w": write_300w, "wflw": write_wflw, "aflw": write_aflw, "cofw": write_cofw}
COUNTS = {
    "300w": {"train": 16, "valid": 4, "valid_common": 3, "valid_challenge": 1, "test": 1},
    "wflw": {"train": 16, "test": 6},
    "aflw": {"train": 16, "test": 4},
    "cofw": {"train": 16, "test": 4},
}


def write(name: str, folder: Path, **options: Any) -> dict[str, dict[str, int]]:
    return WRITERS[name](folder, replace(Making(16, 5, SIZE), **options))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    for name in WRITERS:
        write(name, folder / name)
    return folder


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def numbers(path: Path) -> NDArray[np.float64]:
    return np.array([[float(value) for value in row[1:]] for row in rows(path)[1:]])


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.mark.parametrize("name", WRITERS)
def test_the_counts_are_shares_of_the_training_images(name: str, tmp_path: Path) -> None:
    told: list[str] = []
    counts = write(name, tmp_path / name, after_each=lambda: told.append("image"))
    faces = {split: count["faces"] for split, count in counts.items()}
    assert {split: faces[split] for split in COUNTS[name]} == COUNTS[name]
    drawn = sum(count for split, count in COUNTS[name].items() if split != "valid")
    assert len(told) == drawn


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_seed_gives_the_same_bytes(name: str, root: Path, tmp_path: Path) -> None:
    write(name, tmp_path / name)
    assert digests(tmp_path / name) == digests(root / name)
    write(name, tmp_path / "other", seed=6)
    first, second = digests(root / name), digests(tmp_path / "other")
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())


@pytest.mark.parametrize("name", ["aflw", "cofw", "wflw"])
def test_the_number_of_processes_changes_no_byte(name: str, root: Path, tmp_path: Path) -> None:
    with pool_of(2) as pool:
        write(name, tmp_path / name, pool=pool)
    assert digests(tmp_path / name) == digests(root / name)


def test_no_image_is_in_two_splits(root: Path) -> None:
    for name in ("300w", "wflw", "aflw"):
        images = list((root / name / "images").rglob("*.jpg"))
        assert len({path.read_bytes() for path in images}) == len(images) > 16


def test_every_listed_image_is_there_in_its_size(root: Path) -> None:
    for name in ("300w", "wflw", "aflw"):
        for path in (root / name).glob("*.csv"):
            for row in rows(path)[1:]:
                pixels = cv2.imread(str(root / name / "images" / row[0]))
                assert pixels is not None
                assert pixels.shape == (*SIZE, 3)


def test_headers_are_the_official_ones(root: Path) -> None:
    real = rows(need_shared() / "golden" / "rest" / "face" / "300w_slice.csv")[0]
    assert rows(root / "300w" / "face_landmarks_300w_test.csv")[0] == real
    header = rows(root / "aflw" / "face_landmarks_aflw_train.csv")[0]
    assert header[:7] == [
        *("image_name", "scale", "box_size", "center_w", "center_h"),
        *("original_0_x", "original_0_y"),
    ]
    assert header[-1] == "original_18_y"
    assert len(rows(root / "wflw" / "face_landmarks_wflw_test.csv")[0]) == 4 + 2 * 98


def test_centre_and_scale_are_those_of_the_published_rule() -> None:
    points = np.array([[10.2, 20.9], [59.1, 30.0], [40.0, 100.5]])
    assert tight_box(points) == (81 / 200, (35.0, 60.5))  # x: 10 to 60; y: 20 to 101


@pytest.mark.parametrize("name", ["300w", "wflw"])
def test_boxes_in_the_files_follow_from_the_points_in_the_files(root: Path, name: str) -> None:
    for values in numbers(root / name / f"face_landmarks_{name}_train.csv"):
        scale, center = tight_box(values[3:].reshape(-1, 2))
        assert values[:3] == pytest.approx([scale, *center], abs=1e-9)


def test_validation_is_the_common_faces_and_then_the_challenge(root: Path) -> None:
    valid, common, challenge = (
        rows(root / "300w" / f"face_landmarks_300w_{name}.csv")[1:]
        for name in ("valid", "valid_common", "valid_challenge")
    )
    assert valid == common + challenge


def test_pixels_of_300w_count_from_1_and_those_of_wflw_from_0(root: Path) -> None:
    # both train splits come from the same seeds: the same faces with other points
    small = numbers(root / "300w" / "face_landmarks_300w_train.csv")[:, 3:].reshape(16, 68, 2)
    large = numbers(root / "wflw" / "face_landmarks_wflw_train.csv")[:, 3:].reshape(16, 98, 2)
    np.testing.assert_allclose(small[:, :17], large[:, 0:33:2] + 1, atol=2e-4)


def test_wflws_subsets_are_parts_of_its_test_and_none_is_empty(root: Path) -> None:
    every = rows(root / "wflw" / "face_landmarks_wflw_test.csv")[1:]
    for subset in ("largepose", "expression", "illumination", "makeup", "occlusion", "blur"):
        listed = rows(root / "wflw" / f"face_landmarks_wflw_test_{subset}.csv")[1:]
        assert 1 <= len(listed) <= len(every)
        assert all(row in every for row in listed)


def test_aflws_frontal_faces_are_a_part_of_its_test(root: Path) -> None:
    every = rows(root / "aflw" / "face_landmarks_aflw_test.csv")[1:]
    frontal = rows(root / "aflw" / "face_landmarks_aflw_test_frontal.csv")[1:]
    assert frontal == [every[0], every[3]]  # every third


def test_aflws_boxes_are_whole_and_a_200th_of_them_is_the_scale(root: Path) -> None:
    values = numbers(root / "aflw" / "face_landmarks_aflw_train.csv")
    scale, side, center = values[:, 0], values[:, 1], values[:, 2:4]
    np.testing.assert_allclose(scale, side / 200, atol=1e-9)
    assert (side == np.rint(side)).all()
    points = values[:, 4:].reshape(-1, 19, 2)
    off = np.abs(points - center[:, None]).max(axis=(1, 2)) / side
    assert (off < 0.62).all()  # most points are in the box
    assert (off > 0.3).all()  # which is no larger than the face


@pytest.mark.parametrize(("split", "suffix"), [("train", "Tr"), ("test", "T")])
def test_cofws_files_are_laid_out_as_matlab_does(root: Path, split: str, suffix: str) -> None:
    path = root / "cofw" / f"COFW_{split}_color.mat"
    start = path.read_bytes()[:512]
    assert start.startswith(b"MATLAB 7.3 MAT-file")
    assert start[124:128] == b"\x00\x02IM"
    count = COUNTS["cofw"][split]
    height, width = SIZE
    with h5py.File(path) as file:
        assert set(file) == {f"Is{suffix}", f"phis{suffix}", f"bboxes{suffix}", "#refs#"}
        assert file[f"Is{suffix}"].shape == (1, count)
        assert file[f"phis{suffix}"].shape == (87, count)
        assert file[f"bboxes{suffix}"].shape == (4, count)
        assert file[f"Is{suffix}"].attrs["MATLAB_class"] == b"cell"
        images = [np.asarray(file[cell]) for cell in file[f"Is{suffix}"][0]]
        flags = np.asarray(file[f"phis{suffix}"])[58:]
    assert {(image.shape, image.dtype.name) for image in images} == {((3, width, height), "uint8")}
    assert set(np.unique(flags)) <= {0.0, 1.0}
    assert 0 < flags.mean() < 0.4 or split == "test"


def test_cofws_faces_are_the_same_as_the_other_sets_and_count_from_1(root: Path) -> None:
    large = numbers(root / "wflw" / "face_landmarks_wflw_train.csv")[:, 3:].reshape(16, 98, 2)
    with h5py.File(root / "cofw" / "COFW_train_color.mat") as file:
        phis = np.asarray(file["phisTr"])
        boxes = np.asarray(file["bboxesTr"]).T
        red = np.asarray(file[file["IsTr"][0, 0]])[0].T
    points = phis[:58].reshape(2, 29, 16).transpose(2, 1, 0)
    np.testing.assert_allclose(points[:, [16, 17]], large[:, [96, 97]] + 1, atol=2e-4)
    saved = cv2.imread(str(root / "wflw" / "images" / "train" / "000000.jpg"))
    assert saved is not None
    assert np.abs(saved[..., 2].astype(float) - red).mean() < 6  # JPEG's loss, no channel swapped
    inside = (points >= boxes[:, None, :2] - 8) & (
        points <= (boxes[:, :2] + boxes[:, 2:])[:, None] + 8
    )
    assert inside.all()


def test_the_fewest_images_still_fill_every_file(tmp_path: Path) -> None:
    for name in WRITERS:
        counts = write(name, tmp_path / name, images=1)
        assert all(count["faces"] >= 1 for count in counts.values())
    assert math.isfinite(numbers(tmp_path / "300w" / "face_landmarks_300w_test.csv").sum())
