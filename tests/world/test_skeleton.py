import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.people.pose import LIMITS, sample_angles
from hrbench.world.people.skeleton import (
    BONES,
    INDEX,
    JOINTS,
    STATURE,
    joint_positions,
    mirrored,
    sample_body,
)

REST = np.array([(0.0, 0.0, 0.0), *(bone.offset for bone in BONES)]) * 1000  # 1 m tall
STILL = np.zeros((len(JOINTS), 3))


def bent(joint: str, axis: int, degrees: float) -> NDArray[np.float64]:
    angles = STILL.copy()
    angles[INDEX[joint], axis] = np.radians(degrees)
    return joint_positions(REST, angles)


def poses(count: int) -> NDArray[np.float64]:
    """Return (count, J, 3) angles in degrees."""
    rng = np.random.default_rng(0)
    return np.degrees([sample_angles(rng) for _ in range(count)])


def test_somebody_who_stands_upright_is_as_tall_as_the_stature() -> None:
    height = joint_positions(REST, STILL)[:, 2]
    assert height[INDEX["head_top"]] - height.min() == pytest.approx(1000, abs=20)


def test_a_bent_elbow_takes_the_wrist_forward_by_the_length_of_the_forearm() -> None:
    joints = bent("left_elbow", 1, -90)
    assert (joints[INDEX["left_wrist"]] - joints[INDEX["left_elbow"]]).tolist() == pytest.approx(
        [148, 0, 0], abs=1e-9
    )


def test_positive_roll_takes_the_left_arm_away_from_the_body() -> None:
    joints = bent("left_shoulder", 0, 90)
    assert (joints[INDEX["left_elbow"]] - joints[INDEX["left_shoulder"]]).tolist() == pytest.approx(
        [0, 175, 0], abs=1e-9
    )


def test_the_head_turns_with_the_trunk() -> None:
    nose = bent("spine", 2, 90)[INDEX["nose"]]
    assert nose[1] > 60  # it pointed along x and points to the left now
    assert nose[0] == pytest.approx(0, abs=1e-9)


def test_no_pose_changes_the_length_of_a_bone() -> None:
    joints = joint_positions(REST, np.radians(poses(1)[0]))
    ends = np.array([INDEX[bone.joint] for bone in BONES])
    starts = np.array([INDEX[bone.parent] for bone in BONES])
    lengths = np.linalg.norm(joints[ends] - joints[starts], axis=1)
    assert np.allclose(lengths, np.linalg.norm(REST[ends], axis=1))


def test_the_mirrored_angles_give_the_mirrored_person() -> None:
    swap = [INDEX[mirrored(joint)] for joint in JOINTS]
    angles = np.radians(poses(1)[0])
    joints = joint_positions(REST, angles)
    other = joint_positions(REST, angles[swap] * (-1, 1, -1))
    assert np.allclose(other, joints[swap] * (1, -1, 1))


def test_people_are_of_different_builds_within_bounds() -> None:
    bodies = [sample_body(np.random.default_rng(seed)) for seed in range(200)]
    statures = np.array([body.stature for body in bodies])
    assert STATURE[0] <= statures.min() < 1550
    assert 1850 < statures.max() <= STATURE[1]
    thighs = np.array([-body.offsets[INDEX["left_knee"], 2] / body.stature for body in bodies])
    assert (thighs.min() / 0.245, thighs.max() / 0.245) == pytest.approx((0.95, 1.05), abs=0.01)


def test_joints_stay_within_their_limits() -> None:
    angles = poses(500)
    for joint, limits in LIMITS.items():
        for side in ("", "left_", "right_"):
            if side + joint in INDEX:
                drawn = angles[:, INDEX[side + joint]] * (-1 if side == "right_" else 1, 1, 1)
                drawn = drawn * (1, 1, -1 if side == "right_" else 1)
                low, high = np.array(limits).T
                assert (drawn >= low - 1e-9).all(), side + joint
                assert (drawn <= high + 1e-9).all(), side + joint


@pytest.mark.parametrize(
    ("joint", "low", "high"),
    [("shoulder", 40, 75), ("elbow", 30, 50), ("hip", 25, 50), ("knee", 25, 50)],
)
def test_limbs_swing_widely_and_alike_on_both_sides(joint: str, low: float, high: float) -> None:
    angles = poses(2000)
    left, right = (angles[:, INDEX[f"{side}_{joint}"], 1] for side in ("left", "right"))
    assert low < left.std() < high  # degrees
    assert left.mean() == pytest.approx(right.mean(), abs=5)
    assert left.std() == pytest.approx(right.std(), abs=4)
