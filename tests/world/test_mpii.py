import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import loadmat
from shared import need_shared

from hrbench.pools import pool_of
from hrbench.world.making import Making
from hrbench.world.people.mpii import write_mpii

SIZE = (192, 256)


def write(folder: Path, *, images: int = 40, seed: int = 3, processes: int = 1) -> Any:
    with pool_of(processes) as pool:
        return write_mpii(folder, Making(images, seed, SIZE, pool))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "mpii"
    write(folder)
    return folder


def people(folder: Path, split: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "annot" / f"{split}.json").read_text("utf-8"))
    return rows


def joints(folder: Path, split: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rows = people(folder, split)
    return np.array([r["joints"] for r in rows]), np.array([r["joints_vis"] for r in rows]) > 0


def test_the_tree_is_the_official_one(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith(".jpg")} == {
        *(f"annot/{name}.json" for name in ("train", "valid", "trainval", "test")),
        "annot/gt_valid.mat",
    }
    assert len(list((folder / "images").glob("*.jpg"))) == 40 + 10 + 2


def test_the_numbers_written_are_returned_and_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    making = Making(8, 0, SIZE, after_each=lambda: told.append("image"))
    counts = write_mpii(tmp_path / "mpii", making)
    assert len(told) == 8 + 2 + 1
    assert {name: count["images"] for name, count in counts.items()} == {
        "train": 8,
        "valid": 2,
        "test": 1,
    }
    assert counts["train"]["people"] == len(people(tmp_path / "mpii", "train"))


def test_the_fields_are_those_of_the_real_files(folder: Path) -> None:
    real = json.loads((need_shared() / "real/mpii/annot/valid.json").read_text("utf-8"))[0]
    for split in ("train", "valid", "trainval"):
        ours = people(folder, split)[0]
        assert ours.keys() == real.keys()
        assert {key: type(ours[key]) for key in ours} == {key: type(real[key]) for key in real}
    assert people(folder, "test")[0].keys() == {"image", "center", "scale"}


def test_trainval_is_train_and_then_valid(folder: Path) -> None:
    assert people(folder, "trainval") == people(folder, "train") + people(folder, "valid")


def test_no_image_is_in_two_splits_and_all_have_the_size_asked_for(folder: Path) -> None:
    names = [{row["image"] for row in people(folder, s)} for s in ("train", "valid", "test")]
    assert len(set.union(*names)) == sum(map(len, names)) == 52
    assert len({path.read_bytes() for path in (folder / "images").iterdir()}) == 52
    for name in set.union(*names):
        image = cv2.imread(str(folder / "images" / name))
        assert image is not None
        assert image.shape == (*SIZE, 3)


def test_labelled_joints_lie_in_the_image_counted_from_1_and_the_others_nowhere(
    folder: Path,
) -> None:
    points, labelled = joints(folder, "train")
    height, width = SIZE
    assert (points[labelled] >= 1).all()
    assert (points[labelled] <= (width, height)).all()
    assert (points[~labelled] == -1).all()
    assert 0 < (~labelled).mean() < 0.1


def test_the_skeletons_joints_are_in_mpiis_order(folder: Path) -> None:
    points, labelled = joints(folder, "train")
    whole = points[labelled.all(axis=1)]
    upwards = [0, 1, 2, 6, 7, 8, 9]  # ankle, knee, hip, pelvis, thorax, neck, top of the head
    heights = np.median(whole[:, upwards, 1], axis=0)
    assert (np.diff(heights[[0, 1, 2, 4, 5, 6]]) < 0).all()
    # A pelvis lies between the hips, a thorax near the middle of the shoulders.
    scale = np.array([row["scale"] for row in people(folder, "train")])[labelled.all(axis=1)]
    for middle, left, right in ((6, 3, 2), (7, 13, 12)):
        off = np.linalg.norm(whole[:, middle] - (whole[:, left] + whole[:, right]) / 2, axis=1)
        assert (off < 0.02 * 200 * scale).all()
    assert 0.15 < (whole[:, 3, 0] < whole[:, 2, 0]).mean() < 0.4  # seen from behind


def test_a_scale_is_the_height_of_a_standing_person_over_200_pixels(folder: Path) -> None:
    points, labelled = joints(folder, "train")
    rows = people(folder, "train")
    scale = np.array([row["scale"] for row in rows])
    extent = np.array([np.ptp(p[seen, 1]) for p, seen in zip(points, labelled, strict=True)])
    whole = labelled.all(axis=1)
    ratio = extent[whole] / (200 * scale[whole])
    assert 0.75 < np.median(ratio) < 1.0  # many sit or bend, and joints end above the sole
    assert ratio.max() < 1.25
    center = np.array([row["center"] for row in rows])
    trunk = points[:, [6, 7]].mean(axis=1)
    assert (
        np.abs(center - trunk)[labelled[:, 6] & labelled[:, 7]].max(axis=1)
        < 20 * scale[labelled[:, 6] & labelled[:, 7]]
    ).all()


def test_the_truth_has_the_layout_of_the_official_file_and_the_persons_of_valid(
    folder: Path,
) -> None:
    official = loadmat(str(need_shared() / "golden/pose_eval/mpii_synthetic_gt_valid.mat"))
    ours = loadmat(str(folder / "annot/gt_valid.mat"))
    rows = people(folder, "valid")
    keys = {key for key in official if not key.startswith("__")}
    assert {key for key in ours if not key.startswith("__")} == keys
    assert ours["dataset_joints"].tolist() == official["dataset_joints"].tolist()
    for key in keys - {"dataset_joints"}:
        assert ours[key].shape == (*official[key].shape[:-1], len(rows))
        assert ours[key].dtype == official[key].dtype
    points, labelled = joints(folder, "valid")
    assert np.array_equal(np.moveaxis(ours["pos_gt_src"], 2, 0), points)
    assert np.array_equal(ours["jnt_missing"].T == 0, labelled)


def test_the_box_of_a_head_holds_its_top_and_is_an_eighth_of_the_person(folder: Path) -> None:
    truth = loadmat(str(folder / "annot/gt_valid.mat"))
    corner, opposite = np.moveaxis(truth["headboxes_src"], 2, 1)
    top, labelled = truth["pos_gt_src"][9].T, truth["jnt_missing"][9] == 0
    assert (corner < opposite).all()
    assert (top[labelled] >= corner[labelled] - 0.001).all()
    assert (top[labelled] <= opposite[labelled] + 0.001).all()
    height = 200 * np.array([row["scale"] for row in people(folder, "valid")])
    size = 0.6 * np.linalg.norm(opposite - corner, axis=1) / height
    assert 0.07 < np.median(size) < 0.14


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    contents = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write(tmp_path / name, images=4, seed=seed)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append({p.relative_to(tmp_path / name): p.read_bytes() for p in files})
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]
    header = contents[0][Path("annot/gt_valid.mat")][:116]
    assert header.rstrip() == b"MATLAB 5.0 MAT-file, made by hrbench"


@pytest.mark.slow
def test_several_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for name, processes in (("a", 1), ("b", 2)):
        write(tmp_path / name, images=20, processes=processes)
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes() == path.read_bytes()
