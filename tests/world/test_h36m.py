import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from shared import need_shared

from hrbench.errors import RunError
from hrbench.pools import pool_of
from hrbench.world.h36m import studio
from hrbench.world.h36m.frames import count
from hrbench.world.h36m.sets import write_h36m
from hrbench.world.making import Making

SIZE = (192, 256)
SEED = 3
CAMERAS = ("54138969", "55011271", "58860488", "60457274")


def write(folder: Path, *, images: int = 40, seed: int = SEED, processes: int = 1) -> Any:
    with pool_of(processes) as pool:
        return write_h36m(folder, Making(images, seed, SIZE, pool))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "h36m"
    write(folder)
    return folder


@dataclass(frozen=True)
class Other:
    """A smaller set with another seed."""

    folder: Path
    counts: dict[str, dict[str, int]]
    told: list[str]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Other:
    folder, told = tmp_path_factory.mktemp("other") / "h36m", list[str]()
    making = Making(8, SEED + 1, SIZE, after_each=lambda: told.append("image"))
    counts = write_h36m(folder, making)
    return Other(folder, counts, told)


def boxed(folder: Path, file: str, key: str) -> Any:
    with np.load(folder / file, allow_pickle=True) as content:
        return content[key].item()


@pytest.fixture(scope="module")
def joints(folder: Path) -> dict[str, dict[str, NDArray[np.float32]]]:
    """(T, 32, 3) metres in the world by subject and sequence."""
    return boxed(folder, "data_3d_h36m.npz", "positions_3d")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def keypoints(folder: Path) -> dict[str, dict[str, list[NDArray[np.float32]]]]:
    """(T, 17, 2) pixels by subject, sequence and camera."""
    return boxed(folder, "data_2d_h36m_gt.npz", "positions_2d")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def cameras(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return np.load(folder / "cameras.pkl", allow_pickle=True)  # type: ignore[no-any-return]


def seventeen(joints: NDArray[Any]) -> NDArray[np.float64]:
    return joints[:, [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]].astype(float)


def in_camera(camera: dict[str, Any], points: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray((points - camera["T"].ravel()) @ camera["R"])


def projected(camera: dict[str, Any], points: NDArray[Any]) -> NDArray[np.float64]:
    """Return pixels by the formula of 3d-pose-baseline, written out."""
    x, y, z = np.moveaxis(in_camera(camera, points), -1, 0)
    x, y = x / z, y / z
    square = x * x + y * y
    (k1, k2, k3), (p1, p2) = camera["k"].ravel(), camera["p"].ravel()
    factor = 1 + k1 * square + k2 * square**2 + k3 * square**3 + p1 * y + p2 * x
    bent = np.stack((x * factor + p2 * square, y * factor + p1 * square), axis=-1)
    return np.asarray(camera["f"].ravel() * bent + camera["c"].ravel())


def coco(folder: Path, split: str) -> Any:
    return json.loads((folder / f"annotation_body2d/h36m_coco_{split}.json").read_text("utf-8"))


def test_the_tree_has_the_files_of_all_three_families(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    hourglass = {file for file in files if "StackedHourglassFineTuned240" in file}
    assert len(hourglass) == 7 * 15 * 4
    assert "S1/StackedHourglassFineTuned240/Directions_1.54138969.h5" in hourglass
    others = (file for file in files - hourglass if not file.endswith(".jpg"))
    assert {file for file in others if "MyPoses" not in file} == {
        *("data_3d_h36m.npz", "data_2d_h36m_gt.npz", "data_2d_h36m_cpn_ft_h36m_dbb.npz"),
        *("cameras.pkl", "cameras.h5", "annotation_body3d/cameras.pkl"),
        *(f"annotation_body3d/fps50/h36m_{split}.npz" for split in ("train", "test")),
        *(f"annotation_body2d/h36m_coco_{split}.json" for split in ("train", "test")),
    }
    takes = {file for file in files if "MyPoses" in file}
    assert len(takes) == 7 * 15
    assert {"S1/MyPoses/3D_positions/Directions 1.h5", "S9/MyPoses/3D_positions/Walking.h5"} <= {
        *takes
    }
    assert len([file for file in files if file.endswith(".jpg")]) == 40 + 10


def test_the_numbers_written_are_returned_and_progress_is_told(other: Other) -> None:
    assert len(other.told) == 8 + 2
    assert other.counts == {
        "train": {"images": 8, "people": 8, "sequences": 5 * 15 * 4},
        "test": {"images": 2, "people": 2, "sequences": 2 * 15 * 4},
    }


def test_more_images_than_there_are_frames_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    most = count(SEED, "train")
    with pytest.raises(RunError, match=f"has {most} frames for training; ask for at most so many"):
        write(tmp_path / "h36m", images=most + 1)
    assert not (tmp_path / "h36m").exists()


def test_every_subject_does_the_fifteen_actions_of_the_real_set(
    joints: dict[str, dict[str, NDArray[np.float32]]],
) -> None:
    real = json.loads((need_shared() / "golden/rest/lifting/h36m_joints.json").read_text("utf-8"))
    assert list(joints) == ["S1", "S5", "S6", "S7", "S8", "S9", "S11"]
    for sequences in joints.values():
        assert sorted(name.split(" ")[0] for name in sequences) == sorted(real["actions"])
        assert {name.partition(" ")[2] for name in sequences} == {"", "1"}
        for sequence in sequences.values():
            assert sequence.dtype == np.float32
            assert sequence.shape[1:] == (32, 3)
            assert 100 <= len(sequence) <= 200


def test_unused_joints_of_the_32_repeat_or_extend_their_neighbours(
    joints: dict[str, dict[str, NDArray[np.float32]]],
) -> None:
    sequence = joints["S1"]["Walking"]
    for copy, original in ((11, 0), (16, 13), (24, 13), (20, 19), (28, 27)):
        assert np.array_equal(sequence[:, copy], sequence[:, original])
    assert np.isfinite(sequence).all()


def test_the_metadata_are_those_of_the_real_files(folder: Path) -> None:
    sides = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
    true = boxed(folder, "data_2d_h36m_gt.npz", "metadata")
    assert true == {"num_joints": 17, "keypoints_symmetry": sides}
    metadata = boxed(folder, "data_2d_h36m_cpn_ft_h36m_dbb.npz", "metadata")
    assert metadata == {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": sides}


def test_the_projected_joints_are_the_keypoints(
    joints: dict[str, dict[str, NDArray[np.float32]]],
    keypoints: dict[str, dict[str, list[NDArray[np.float32]]]],
    cameras: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for subject, sequences in joints.items():
        assert keypoints[subject].keys() == sequences.keys()
        for name, sequence in sequences.items():
            four = keypoints[subject][name]
            assert isinstance(four, list)
            for camera, seen in zip(CAMERAS, four, strict=True):
                assert seen.dtype == np.float32
                truth = projected(cameras[subject, camera], seventeen(sequence))
                assert np.abs(truth - seen).max() < 1e-3


def test_a_projection_without_distortion_is_off_by_pixels(
    joints: dict[str, dict[str, NDArray[np.float32]]],
    keypoints: dict[str, dict[str, list[NDArray[np.float32]]]],
    cameras: dict[tuple[str, str], dict[str, Any]],
) -> None:
    pinhole = cameras["S1", CAMERAS[0]] | {"k": np.zeros(3), "p": np.zeros(2)}
    off = [
        np.abs(projected(pinhole, seventeen(sequence)) - keypoints["S1"][name][0]).max()
        for name, sequence in joints["S1"].items()
    ]
    assert 0.3 < max(off) < 5


def test_everybody_is_in_every_picture(
    keypoints: dict[str, dict[str, list[NDArray[np.float32]]]],
) -> None:
    for sequences in keypoints.values():
        for seen in (camera for four in sequences.values() for camera in four):
            assert (seen >= 0).all()
            assert (seen <= (SIZE[1] - 1, SIZE[0] - 1)).all()


def test_the_keypoints_files_differ_by_the_detectors_errors_alone(
    folder: Path, keypoints: dict[str, dict[str, list[NDArray[np.float32]]]]
) -> None:
    detected = boxed(folder, "data_2d_h36m_cpn_ft_h36m_dbb.npz", "positions_2d")
    assert detected.keys() == keypoints.keys()
    for subject, sequences in keypoints.items():
        assert detected[subject].keys() == sequences.keys()
        for name, four in sequences.items():
            off = np.array(detected[subject][name]) - np.array(four)
            assert 0.3 < np.median(np.linalg.norm(off, axis=-1)) < 2


def test_the_two_files_of_cameras_agree(
    folder: Path, cameras: dict[tuple[str, str], dict[str, Any]]
) -> None:
    assert (folder / "cameras.pkl").read_bytes() == (
        folder / "annotation_body3d/cameras.pkl"
    ).read_bytes()
    with h5py.File(folder / "cameras.h5", "r") as file:
        assert len(file) == 7
        for (subject, name), camera in cameras.items():
            group = file[f"subject{subject[1:]}/camera{CAMERAS.index(name) + 1}"]
            assert "".join(map(chr, group["Name"][:].ravel())) == name
            assert np.array_equal(group["R"][:], camera["R"])  # stored transposed
            assert np.allclose(group["T"][:], camera["T"] * 1000, rtol=0, atol=1e-9)
            for key in "fckp":
                assert np.array_equal(group[key][:], camera[key])


def test_martinez_files_hold_the_same_joints_in_mm(
    folder: Path, joints: dict[str, dict[str, NDArray[np.float32]]]
) -> None:
    for subject, sequences in joints.items():
        for name, sequence in sequences.items():
            path = folder / subject / "MyPoses" / "3D_positions" / f"{name}.h5"
            with h5py.File(path, "r") as file:
                rows = file["3D_positions"][:]
            assert rows.shape == (96, len(sequence))
            frames = rows.reshape(32, 3, -1).transpose(2, 0, 1) / 1000
            assert np.array_equal(frames.astype(np.float32), sequence)


@pytest.mark.parametrize("split", ["train", "test"])
def test_mmposes_files_hold_the_drawn_frames_of_the_same_sequences(
    folder: Path,
    split: str,
    joints: dict[str, dict[str, NDArray[np.float32]]],
    keypoints: dict[str, dict[str, list[NDArray[np.float32]]]],
    cameras: dict[tuple[str, str], dict[str, Any]],
) -> None:
    content = coco(folder, split)
    with np.load(folder / f"annotation_body3d/fps50/h36m_{split}.npz") as rows:
        names, part, seen = rows["imgname"].tolist(), rows["part"], rows["S"]
        center, scale = rows["center"], rows["scale"]
    assert names == sorted(set(names), key=names.index)
    assert {name.split("/")[0] for name in names} == {f"S{s}" for s in studio.SUBJECTS[split]}
    for index, name in enumerate(names):
        person, video, file = name.split("/")
        sequence, camera = video.removeprefix(f"{person}_").replace("_", " ").split(".")
        assert file.startswith(f"{video}_")
        frame = int(file.removeprefix(f"{video}_").removesuffix(".jpg")) - 1
        annotation = content["annotations"][index]
        assert content["images"][index]["file_name"] == name
        points = np.array(annotation["keypoints"]).reshape(17, 3)
        assert np.array_equal(points, part[index])
        truth = keypoints[person][sequence][CAMERAS.index(camera)][frame]
        assert np.abs(points - np.column_stack((truth, np.ones(17)))).max() < 1e-4
        world = np.array(annotation["keypoints_3d"]).reshape(17, 4)
        there = seventeen(joints[person][sequence][frame : frame + 1])[0]
        assert np.abs(world - np.column_stack((there, np.ones(17)))).max() < 1e-6
        turned = in_camera(cameras[person, camera], world[:, :3])
        assert np.abs(seen[index] - np.column_stack((turned, np.ones(17)))).max() < 1e-9
        extent = np.ptp(points[:, :2], axis=0)
        assert np.abs(center[index] - points[:, :2].min(axis=0) - extent / 2).max() < 1e-9
        assert scale[index] == pytest.approx(1.2 * extent.max() / 200)
        x, y, width, height = annotation["bbox"]
        assert width == height == pytest.approx(200 * scale[index])
        assert (x + width / 2, y + height / 2) == pytest.approx(tuple(center[index]))


def test_the_annotations_have_the_fields_of_the_real_files(folder: Path) -> None:
    real_folder = need_shared() / "real/h36m"
    real = json.loads((real_folder / "h36m_coco.json").read_text("utf-8"))
    ours = coco(folder, "test")
    assert ours.keys() == real.keys()
    for key in ours:
        assert ours[key][0].keys() == real[key][0].keys()
    assert ours["categories"][0]["keypoints"][:5] == [
        *("hip", "right_hip", "right_knee", "right_foot", "left_hip")
    ]
    assert ours["categories"][0]["skeleton"] == real["categories"][0]["skeleton"]
    with (
        np.load(real_folder / "test_h36m_body3d.npz") as theirs,
        np.load(folder / "annotation_body3d/fps50/h36m_test.npz") as rows,
    ):
        assert set(rows) == set(theirs)
        for key in rows:
            assert rows[key].shape[1:] == theirs[key].shape[1:]
            assert rows[key].dtype.kind == theirs[key].dtype.kind


def test_drawn_frames_are_spread_over_subjects_actions_and_cameras(folder: Path) -> None:
    videos = [image["file_name"].split("/")[1] for image in coco(folder, "train")["images"]]
    assert len(set(videos)) == 40
    assert {video.split("_")[0] for video in videos} == {"S1", "S5", "S6", "S7", "S8"}
    assert {video.split(".")[1] for video in videos} == set(CAMERAS)
    assert len({video.split("_")[1].split(".")[0] for video in videos}) == 15


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    folder: Path, other: Other, tmp_path: Path
) -> None:
    write(tmp_path / "again")
    first, theirs = _digests(folder), _digests(other.folder)
    assert _digests(tmp_path / "again") == first
    assert not {name for name in first.keys() & theirs.keys() if first[name] == theirs[name]}


@pytest.mark.slow
def test_several_processes_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "two", processes=2)
    assert _digests(tmp_path / "two") == _digests(folder)
