"""Errors planted into true poses, one at a time and together, and the parts they are found as."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hrbench.metrics.joint_shares import breakdown
from hrbench.metrics.mpjpe import JointTruth, SequenceErrors, score_joints

NAMES = ("hip", "knee", "foot", "spine", "neck_nose", *(f"joint_{n}" for n in range(12)))
PARTS = ("root_mm", "rotation_mm", "scale_mm", "pose_mm")
ABOUT: dict[str, Any] = {
    "average": "actions", "num_joints": 17, "root": "target", "joint_names": NAMES,
}  # fmt: skip


def world(frames: int = 6) -> JointTruth:
    joints = np.random.default_rng(3).normal(0, 300, (frames, 17, 3))
    joints[:, 0] = 0
    number = np.arange(frames) // 2
    actions, subjects = ("Eating", "Walking", "Eating"), ("S9", "S9", "S11")
    return JointTruth(joints, number, actions, subjects, ("9/Eating", "9/Walking", "11/Eating"))


def found(truth: JointTruth, joints: NDArray[np.floating], **said: Any) -> dict[str, Any]:
    return breakdown(truth, joints, **ABOUT | said)


def whole(truth: JointTruth, joints: NDArray[np.floating]) -> dict[str, float]:
    row: dict[str, float] = found(truth, joints, average="frames")["action_share"]["all"]
    return row


def noise(truth: JointTruth) -> NDArray[np.float64]:
    return np.random.default_rng(5).normal(0, 20, truth.joints.shape)


def turned(joints: NDArray[np.floating], degrees: float) -> NDArray[np.float64]:
    return np.asarray(joints @ Rotation.from_euler("y", degrees, degrees=True).as_matrix().T)


def shifted(joints: NDArray[np.floating], *millimetres: float) -> NDArray[np.float64]:
    return np.asarray(np.add(joints, millimetres))


def planted(truth: JointTruth, part: str) -> NDArray[np.float64]:
    """Predictions that are wrong in one way."""
    if part == "scale_mm":
        return np.asarray(1.1 * truth.joints)
    if part == "rotation_mm":
        return turned(truth.joints, 15)
    return shifted(truth.joints, 30, 0, 40)


@pytest.mark.parametrize("part", PARTS[:3])
def test_an_error_of_one_sort_is_found_as_that_and_nothing_else(part: str) -> None:
    truth = world()
    joints = planted(truth, part)
    row = whole(truth, joints)
    expected = np.linalg.norm(joints - truth.joints, axis=2).mean()
    assert row["MPJPE"] == pytest.approx(expected)
    assert {name: row[name] for name in PARTS} == pytest.approx(
        {name: expected if name == part else 0 for name in PARTS}, abs=1e-9
    )


def test_poses_a_tenth_too_large_are_off_by_a_tenth_of_their_extent() -> None:
    truth = world()
    extent = np.linalg.norm(truth.joints, axis=2).mean()
    assert whole(truth, 1.1 * truth.joints)["scale_mm"] == pytest.approx(extent / 10)


def test_a_root_that_is_off_moves_all_joints_as_far() -> None:
    truth = world()
    assert whole(truth, planted(truth, "root_mm"))["root_mm"] == pytest.approx(math.hypot(30, 40))


def test_errors_of_three_sorts_leave_nothing_to_the_pose() -> None:
    truth = world()
    row = whole(truth, shifted(1.1 * turned(truth.joints, 15), 30, 0, 40))
    assert row["pose_mm"] == pytest.approx(0, abs=1e-9)
    assert min(row[name] for name in PARTS[:3]) > 5


@pytest.mark.parametrize("average", ["actions", "frames"])
@pytest.mark.parametrize("num_joints", [17, 14])
@pytest.mark.parametrize("root", ["target", "both"])
def test_the_parts_are_mpjpe_together_and_what_is_left_is_p_mpjpe(
    average: Any, num_joints: Any, root: Any
) -> None:
    truth = world(5)
    joints = 1.05 * turned(truth.joints, 8) + noise(truth)
    said = {"average": average, "num_joints": num_joints, "root": root}
    groups = found(truth, joints, **said)
    about = ABOUT | said
    errors = SequenceErrors.of(
        truth, joints, **{key: about[key] for key in about if key != "average"}
    )
    scores = score_joints(errors, **{key: about[key] for key in about if key != "root"})
    row = groups["action_share"]["all"]
    assert row["MPJPE"] == pytest.approx(scores.figures["MPJPE"])
    assert row["pose_mm"] == pytest.approx(scores.figures["P-MPJPE"])
    assert sum(row[name] for name in PARTS) == pytest.approx(row["MPJPE"])
    for action, figures in scores.groups["action"].items():
        own = groups["action_share"][action]
        assert own["MPJPE"] == pytest.approx(figures["MPJPE"])
        assert sum(own[name] for name in PARTS) == pytest.approx(own["MPJPE"])
    for joint, own in groups["joint_share"].items():
        assert own["MPJPE"] == pytest.approx(scores.groups["joint"][joint]["MPJPE"])
        assert sum(own[name] for name in PARTS) == pytest.approx(own["MPJPE"])
    assert len(groups["joint_share"]) == num_joints


def test_a_shift_along_the_cameras_axis_is_depth_and_one_across_is_not() -> None:
    truth = world()
    away = whole(truth, shifted(truth.joints, 0, 0, 50))
    assert (away["depth_mm"], away["plane_mm"]) == pytest.approx((50, 0))
    assert away["depth_share"] == pytest.approx(100)
    both = whole(truth, shifted(truth.joints, 6, 8, 20))
    assert (both["depth_mm"], both["plane_mm"]) == pytest.approx((20, 10))
    assert both["depth_share"] == pytest.approx(100 * 400 / 500)


def test_a_joint_that_is_wrong_is_told_from_the_others() -> None:
    truth = world()
    joints = truth.joints.copy()
    joints[:, 2, 2] += 170
    rows = found(truth, joints)["joint_share"]
    assert rows["foot"]["MPJPE"] == pytest.approx(170)
    assert rows["foot"]["depth_share"] == pytest.approx(100)
    assert rows["knee"]["MPJPE"] == 0


def test_right_joints_have_no_error_to_share_and_no_frames_no_parts() -> None:
    truth = world()
    row = whole(truth, truth.joints.astype(np.float64))
    assert math.isnan(row.pop("depth_share"))
    assert list(row.values()) == pytest.approx([0] * 7, abs=1e-9)
    nothing = JointTruth(np.zeros((0, 17, 3)), np.zeros(0, dtype=np.int64), (), (), ())
    assert found(nothing, np.zeros((0, 17, 3))) == {}
