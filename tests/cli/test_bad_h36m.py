"""What is wrong with Human3.6M's files is said in one sentence, and nothing is left behind."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cli.command import Ended, called, refused
from cli.trees import linked_h36m
from worlds import small_lifter

from hrbench.files.pickles import load_pickle

TINY = "h36m-lift@tiny"
JOINTS, FOUND = "data_3d_h36m.npz", "data_2d_h36m_cpn_ft_h36m_dbb.npz"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return linked_h36m(tmp_path)


def ran(tree: Path, *more: str, task: str = TINY) -> Ended:
    weights = () if task != TINY else ("--weights", str(small_lifter(TINY)))
    folder = tree.parents[1]
    return called(folder, "run", task, "--data", str(tree.parent), *weights, "--limit", "4", *more)


def edited(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Put a changed copy of VideoPose3D's arrays in the place of a link."""
    with np.load(path, allow_pickle=True) as arrays:
        content = {name: arrays[name].item() for name in arrays.files}
    edit(content)
    path.unlink()
    boxed: dict[str, Any] = {name: np.array(value, dtype=object) for name, value in content.items()}
    np.savez(path, **boxed)


def spoil_frame(content: dict[str, Any]) -> None:
    content["positions_2d"]["S9"]["Walking"][0][3, 5] = np.nan


@pytest.mark.parametrize(
    ("file", "edit", "words"),
    [
        (JOINTS, lambda c: c["positions_3d"].pop("S9"), ["has no 'S9'", JOINTS]),
        (
            FOUND,
            lambda c: c["positions_2d"]["S11"].pop("Walking"),
            [FOUND, "S11 Walking, camera 54138969", "no keypoints"],
        ),
        (
            FOUND,
            lambda c: c["positions_2d"]["S9"].update(
                Walking=[a[:10] for a in c["positions_2d"]["S9"]["Walking"]]
            ),
            [FOUND, "S9 Walking, camera 54138969", "10 frames of keypoints for"],
        ),
        (
            FOUND,
            lambda c: c["positions_2d"]["S9"]["Walking"].pop(),
            ["S9 Walking", "camera 60457274 is missing"],
        ),
        (
            FOUND,
            lambda c: c["positions_2d"]["S9"].update(
                Walking=[a[:, :14] for a in c["positions_2d"]["S9"]["Walking"]]
            ),
            ["S9 Walking", "17 joints (hip, right_hip"],
        ),
        (FOUND, spoil_frame, ["S9 Walking, camera 54138969", "frame 3", "is not a number"]),
        (JOINTS, lambda c: c.pop("positions_3d"), ["has no 'positions_3d'"]),
    ],
)
def test_videopose3ds_arrays(
    file: str, edit: Callable[[dict[str, Any]], object], words: list[str], tree: Path
) -> None:
    edited(tree / file, edit)
    refused(ran(tree), words)


def test_a_file_that_would_run_code(tree: Path) -> None:
    planted = tree / "planted"

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (planted,)

    (tree / "cameras.pkl").unlink()
    (tree / "cameras.pkl").write_bytes(pickle.dumps({("S9", "54138969"): Bomb()}))
    refused(ran(tree), ["cameras.pkl asks for", "it would run code"])
    assert not planted.exists()


@pytest.mark.parametrize("name", [JOINTS, FOUND, "cameras.pkl"])
def test_a_truncated_file(name: str, tree: Path) -> None:
    content = (tree / name).read_bytes()
    (tree / name).unlink()
    (tree / name).write_bytes(content[: len(content) // 2])
    refused(ran(tree), [name, "is not a whole"])


def test_a_camera_that_is_missing(tree: Path) -> None:
    cameras = load_pickle(tree / "cameras.pkl")
    del cameras["S9", "58860488"]
    (tree / "cameras.pkl").unlink()
    (tree / "cameras.pkl").write_bytes(pickle.dumps(cameras))
    refused(ran(tree), ["camera 58860488 of S9 is missing", "cameras.pkl"])


def test_keypoints_that_are_not_there(tree: Path) -> None:
    refused(ran(tree, "--keypoints", "hrnet"), ["2D keypoints called 'hrnet'", "--keypoints gt"])


def test_keypoints_of_a_folder_that_is_no_run(tree: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(ran(tree, "--keypoints", str(empty)), ["is not the folder of a run"])


def test_hdf5_without_its_dataset(tree: Path) -> None:
    (tree / JOINTS).unlink()
    place = tree / "S9"
    original = place.resolve()
    place.unlink()
    target = place / "MyPoses" / "3D_positions"
    target.mkdir(parents=True)
    for file in (original / "MyPoses" / "3D_positions").iterdir():
        (target / file.name).symlink_to(file)
    (target / "Walking.h5").unlink()
    with h5py.File(target / "Walking.h5", "w") as file:
        file.create_dataset("positions", data=np.zeros((96, 3)))
    refused(ran(tree, "--keypoints", "gt"), ["Walking.h5 is not a whole HDF5", "3D_positions"])


def test_a_subject_without_files(tree: Path) -> None:
    (tree / JOINTS).unlink()
    (tree / "S11").unlink()
    refused(ran(tree, "--keypoints", "gt"), ["S11", "has no .h5 file"])


def test_nothing_of_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "data" / "h36m").mkdir(parents=True)
    ended = called(tmp_path, "run", TINY, "--data", str(tmp_path / "data"))
    refused(ended, ["data_3d_h36m.npz does not exist", "VideoPose3D"])
