"""Human3.6M's files in other units, with other axes or of other cameras."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cli.command import Ended, called, refused
from cli.trees import linked_h36m, own_in
from numpy.typing import NDArray
from worlds import small_lifter

from hrbench.commands.check.check import check
from hrbench.formats.h36m.frame_names import KEPT
from hrbench.lints import plausible_motion

TINY = "h36m-lift@tiny"
JOINTS, TRUTH, FOUND = (
    *("data_3d_h36m.npz", "data_2d_h36m_gt.npz", "data_2d_h36m_cpn_ft_h36m_dbb.npz"),
)
Edit = Callable[[NDArray[np.floating]], NDArray[np.floating]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return linked_h36m(tmp_path)


def edited(path: Path, edit: Edit) -> None:
    """Change every array of a file of VideoPose3D's."""
    with np.load(path, allow_pickle=True) as arrays:
        content = {name: arrays[name].item() for name in arrays.files}
    table = content[next(name for name in content if name.startswith("positions"))]
    for sequences in table.values():
        for name, found in sequences.items():
            sequences[name] = [edit(a) for a in found] if isinstance(found, list) else edit(found)
    path.unlink()
    boxed: dict[str, Any] = {name: np.array(value, dtype=object) for name, value in content.items()}
    np.savez(path, **boxed)


def ran(tree: Path, *more: str) -> Ended:
    folder = tree.parents[1]
    given = ("--data", str(tree.parent), "--weights", str(small_lifter(TINY)), "--limit", "4")
    return called(folder, "run", TINY, *given, "--keypoints", "gt", "--json", *more)


def record(tree: Path, *more: str) -> dict[str, Any]:
    ended = ran(tree, *more)
    assert ended.status == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)["record"]
    return found | {"err": ended.err}


def error(tree: Path, *more: str) -> float:
    return float(record(tree, *more)["metrics"]["MPJPE"]["value"])


def checked(tree: Path, *more: str) -> str:
    ended = called(tree.parents[1], "check", "h36m", "--data", str(tree.parent), *more)
    return " ".join(ended.out.split())


@pytest.mark.parametrize("folder", [".", "h36m", "poses/all"])
def test_check_reads_a_dataset_of_ones_own_whatever_its_folder(folder: str, tree: Path) -> None:
    own, data = own_in(tree, "h36m", folder)
    report = check(str(own), str(data), images=False)
    assert [str(fault) for split in report.splits for fault in split.faults] == []
    assert all(split.parts[0].facts["sequences"] for split in report.splits)


@pytest.mark.parametrize(("factor", "size"), [(1000, "large"), (0.001, "small")])
def test_a_thousand_is_a_unit_and_gives_the_figure_of_the_right_one(
    factor: float, size: str, tree: Path
) -> None:
    right = error(tree)
    edited(tree / JOINTS, lambda joints: joints * factor)
    again = record(tree)
    assert again["metrics"]["MPJPE"]["value"] == pytest.approx(right, rel=1e-5)
    words = f"sequences of {JOINTS} whose joints are a thousand times too {size} for their unit"
    assert words in again["err"]
    assert any(words in note for note in again["notes"])
    assert words in checked(tree)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [100, 39.37, 0.01, 1e6])
def test_any_other_size_is_refused_by_name(factor: float, tree: Path) -> None:
    edited(tree / JOINTS, lambda joints: joints * factor)
    words = f"sequences of {JOINTS} whose bones together are not as long as a person's"
    refused(ran(tree), [words, "--allow bones"])
    assert words in checked(tree)
    assert "not usable as it is: train, test" in checked(tree)
    assert "usable: train, test" in checked(tree, "--allow", "bones")
    assert any("(--allow bones)" in note for note in record(tree, "--allow", "bones")["notes"])


@pytest.mark.parametrize(
    ("edit", "words", "name"),
    [
        (lambda xy: xy / 500 - 1, "are over the picture's size, not in pixels", "unit"),
        (lambda xy: xy / 1000, "are over the picture's size, not in pixels", "unit"),
        (lambda xy: xy[..., ::-1], "as with y before x", "axes"),
        (lambda xy: np.array([0, 1000]) + np.array([1, -1]) * xy, "as with y counted up", "axes"),
    ],
)
def test_keypoints_in_another_frame_are_refused_by_name(
    edit: Edit, words: str, name: str, tree: Path
) -> None:
    edited(tree / TRUTH, edit)
    refused(ran(tree), [f"sequences of {TRUTH}", words, f"--allow {name}"])
    assert words in checked(tree)
    assert any(f"(--allow {name})" in note for note in record(tree, "--allow", name)["notes"])


def test_keypoints_of_other_cameras_are_said(tree: Path) -> None:
    right = record(tree)
    words = f"sequences of {TRUTH} whose keypoints are not where the camera sees the joints"
    assert words not in right["err"]
    edited(tree / TRUTH, lambda xy: xy + 400)
    other = record(tree)
    assert words in other["err"]
    assert any(words in note for note in other["notes"])


def test_detections_are_no_such_keypoints(tree: Path) -> None:
    found = record(tree, "--keypoints", str(tree / FOUND))
    assert "not where the camera sees" not in found["err"]


def test_a_sequence_without_keypoints_can_be_left_out_and_is_counted(tree: Path) -> None:
    with np.load(tree / TRUTH, allow_pickle=True) as arrays:
        content = {name: arrays[name].item() for name in arrays.files}
    content["positions_2d"]["S11"].pop("Walking")
    (tree / TRUTH).unlink()
    boxed: dict[str, Any] = {name: np.array(value, dtype=object) for name, value in content.items()}
    np.savez(tree / TRUTH, **boxed)
    way = 'protocol.excluded=["S11/Walking"]'
    refused(ran(tree), ["S11 Walking", "has no keypoints", f"--set '{way}'"])
    left_out = record(tree, "--set", way)
    why = "sequences that protocol.excluded names"
    assert left_out["left_out"] == {"measured": {why: 1}}
    assert f"left out of what is measured: 1 {why}" in left_out["err"]


@pytest.mark.slow
def test_martinez_files_in_metres_are_taken_as_such(tree: Path) -> None:
    with np.load(tree / JOINTS, allow_pickle=True) as arrays:
        joints = arrays["positions_3d"].item()
    for subject, sequences in joints.items():
        (tree / subject).unlink()  # a link to the whole folder
        folder = tree / subject / "MyPoses" / "3D_positions"
        folder.mkdir(parents=True)
        for name, found in sequences.items():
            whole = np.zeros((len(found), 32, 3))
            whole[:, KEPT if found.shape[1] != 32 else range(32)] = found
            with h5py.File(folder / f"{name}.h5", "w") as file:
                file["3D_positions"] = whole.reshape(len(found), 96).T  # metres; mm is the rule
    right = error(tree)
    (tree / JOINTS).unlink()
    again = record(tree)
    assert again["metrics"]["MPJPE"]["value"] == pytest.approx(right, rel=1e-5)
    assert "a thousand times too small for their unit" in again["err"]


def test_people_of_other_heights_are_people() -> None:
    offsets = np.random.default_rng(0).normal(size=(1, 17, 3))
    offsets[:, 0] = 0
    bones = offsets - offsets[:, plausible_motion.PARENTS]
    size = np.linalg.norm(bones, axis=2).sum()
    for millimetres in (2600, 4100, 5600):  # of somebody 1 m, 1.7 m and 2.2 m tall
        found = plausible_motion.unit(["Walking"], [offsets * millimetres / size], "file")
        assert found == (1, [])
