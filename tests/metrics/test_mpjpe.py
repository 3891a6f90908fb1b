import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hrbench.metrics.mpjpe import (
    Average,
    JointTruth,
    Root,
    SequenceErrors,
    counted_joints,
    score_joints,
)
from hrbench.metrics.scores import Scores

LEG, ARM = ("hip", "knee", "foot"), ("shoulder", "elbow", "wrist")
NAMES = (
    "hip",
    *(f"{side}_{joint}" for side in ("right", "left") for joint in LEG),
    *("spine", "thorax", "neck_nose", "head"),
    *(f"{side}_{joint}" for side in ("left", "right") for joint in ARM),
)
POSE = np.random.default_rng(0).normal(0, 300, (17, 3))
SITTING_TWICE = (("Sitting", 3), ("Sitting", 1), ("Walking", 2))


def truth_of(*sequences: tuple[str, int], subjects: tuple[str, ...] = ()) -> JointTruth:
    """Sequences of so many frames, in all of which one person stands still."""
    number = np.repeat(np.arange(len(sequences)), [frames for _, frames in sequences])
    actions = tuple(action for action, _ in sequences)
    joints = np.tile(POSE, (len(number), 1, 1))
    joints[:, 0] = 5000  # the way of the hip, which is not read
    people = subjects or ("S9",) * len(actions)
    return JointTruth(joints, number, actions, people, tuple(map(str, range(len(actions)))))


def off(truth: JointTruth, *millimetres: float) -> NDArray[np.float64]:
    """Predictions so far from the truth, all joints alike, in each frame."""
    joints: NDArray[np.float64] = truth.joints.astype(np.float64)
    joints[:, 0] = 0
    return np.asarray(joints + np.reshape(millimetres, (-1, 1, 1)) * [0, 0, 1])


def score(
    truth: JointTruth,
    joints: NDArray[np.floating],
    *,
    average: Average = "actions",
    num_joints: int = 17,
    root: Root = "target",
) -> Scores:
    errors = SequenceErrors.of(truth, joints, num_joints=num_joints, root=root, joint_names=NAMES)
    return score_joints(errors, average=average, num_joints=num_joints, joint_names=NAMES)


def test_an_action_is_the_mean_over_frames_and_the_figure_the_mean_over_actions() -> None:
    truth = truth_of(*SITTING_TWICE)
    joints = off(truth, 10, 20, 30, 100, 4, 6)
    sitting, walking = (10 + 20 + 30 + 100) / 4, (4 + 6) / 2
    figures = score(truth, joints).figures
    assert figures["MPJPE"] == pytest.approx((sitting + walking) / 2)
    assert figures["MPJPE (frame average)"] == pytest.approx(170 / 6)
    by_frames = score(truth, joints, average="frames")
    assert by_frames.figures["MPJPE"] == pytest.approx(170 / 6)
    assert by_frames.figures["MPJPE (action average)"] == pytest.approx((sitting + walking) / 2)
    for scores in (score(truth, joints), by_frames):
        assert scores.groups["action"]["Sitting"]["MPJPE"] == pytest.approx(sitting)
        assert scores.groups["action"]["Walking"]["MPJPE"] == pytest.approx(walking)


def test_figures_come_in_the_order_in_which_they_are_reported() -> None:
    truth = truth_of(("Eating", 2))
    joints = off(truth, 1, 1)
    assert list(score(truth, joints).figures) == [
        "MPJPE",
        "P-MPJPE",
        "N-MPJPE",
        "MPJVE",
        "MPJPE (frame average)",
        "MPJPE (16 joints)",
        "MPJPE (14 joints)",
    ]
    others = list(score(truth, joints, average="frames", num_joints=14).figures)[4:]
    assert others == ["MPJPE (action average)", "MPJPE (17 joints)", "MPJPE (16 joints)"]


def test_sitting_down_is_no_part_of_sitting() -> None:
    truth = truth_of(("Sitting", 2), ("SittingDown", 2))
    groups = score(truth, off(truth, 10, 10, 30, 30)).groups
    assert groups["action"]["Sitting"]["MPJPE"] == pytest.approx(10)
    assert groups["action"]["SittingDown"]["MPJPE"] == pytest.approx(30)


def test_a_velocity_counts_with_the_frames_of_its_sequence() -> None:
    truth = truth_of(("Walking", 2), ("Walking", 3))
    joints = off(truth, 0, 10, 0, 2, 6)  # means of (10) and of (2, 4)
    assert score(truth, joints).figures["MPJVE"] == pytest.approx((2 * 10 + 3 * 3) / 5)


def test_a_single_frame_has_no_velocity_and_spoils_none() -> None:
    truth = truth_of(*SITTING_TWICE)
    joints = off(truth, 0, 1, 2, 999, 0, 3)
    scores = score(truth, joints)
    assert scores.figures["MPJVE"] == pytest.approx((1 + 3) / 2)
    assert not scores.reasons


def test_an_action_of_single_frames_has_no_velocity_and_the_reason_says_so() -> None:
    truth = truth_of(("Walking", 3), ("Eating", 1), ("Eating", 1))
    joints = off(truth, 0, 1, 2, 3, 4)
    scores = score(truth, joints)
    assert math.isnan(scores.figures["MPJVE"])
    assert scores.reasons == {"MPJVE": "no sequence of Eating has two frames"}
    assert scores.groups["action"]["Walking"]["MPJVE"] == pytest.approx(1)
    assert score(truth, joints, average="frames").figures["MPJVE"] == pytest.approx(1)


def test_the_predicted_hip_counts_unless_both_are_at_the_origin() -> None:
    truth = truth_of(("Eating", 2))
    joints = off(truth, 0, 0)
    joints[:, 0] = 0, 30, 40
    assert score(truth, joints).figures["MPJPE"] == pytest.approx(50 / 17)
    assert score(truth, joints, root="both").figures["MPJPE"] == 0
    assert score(truth, joints, num_joints=16).figures["MPJPE"] == 0


def test_a_hip_without_error_counts_among_seventeen() -> None:
    truth = truth_of(("Eating", 2))
    figures = score(truth, off(truth, 17, 17), root="both").figures
    assert figures["MPJPE"] == pytest.approx(16)
    assert figures["MPJPE (16 joints)"] == pytest.approx(17)


def test_spine_and_nose_are_not_among_fourteen() -> None:
    truth = truth_of(("Eating", 2))
    joints = off(truth, 0, 0)
    joints[:, [NAMES.index("spine"), NAMES.index("neck_nose")], 0] += 170
    figures = score(truth, joints).figures
    assert figures["MPJPE"] == pytest.approx(20)
    assert figures["MPJPE (16 joints)"] == pytest.approx(340 / 16)
    assert figures["MPJPE (14 joints)"] == 0
    assert score(truth, joints, num_joints=14).figures["P-MPJPE"] == pytest.approx(0, abs=1e-9)
    assert [counted_joints(NAMES, number).sum() for number in (17, 16, 14)] == [17, 16, 14]


def test_subjects_and_joints_have_the_average_of_the_protocol() -> None:
    truth = truth_of(("Sitting", 3), ("Walking", 1), ("Walking", 1), subjects=("S9", "S9", "S11"))
    joints = off(truth, 10, 10, 10, 50, 70)
    by_actions, by_frames = score(truth, joints), score(truth, joints, average="frames")
    assert by_actions.groups["subject"]["S9"]["MPJPE"] == pytest.approx(30)
    assert by_frames.groups["subject"]["S9"]["MPJPE"] == pytest.approx(20)
    assert by_actions.groups["subject"]["S11"]["MPJPE"] == pytest.approx(70)
    assert by_actions.groups["joint"]["head"]["MPJPE"] == pytest.approx((10 + 60) / 2)
    assert by_frames.groups["joint"]["head"]["MPJPE"] == pytest.approx(30)


def test_a_sequence_is_put_together_from_wherever_its_frames_stand() -> None:
    truth = truth_of(("Walking", 2), ("Eating", 2))
    joints = off(truth, 0, 1, 0, 5)
    mixed = np.array([2, 0, 3, 1])
    shuffled = replace(truth, joints=truth.joints[mixed], sequence=truth.sequence[mixed])
    assert score(shuffled, joints[mixed]).figures == score(truth, joints).figures


def test_a_sequence_without_frames_is_no_part_of_any_mean() -> None:
    truth = truth_of(("Walking", 2), ("Eating", 0))
    scores = score(truth, off(truth, 3, 3))
    assert scores.figures["MPJPE"] == pytest.approx(3)
    assert list(scores.groups["action"]) == ["Walking"]


@pytest.mark.parametrize("average", ["actions", "frames"])
def test_without_frames_no_figure_has_a_value(average: Average) -> None:
    for truth in (truth_of(), truth_of(("Eating", 0))):
        scores = score(truth, np.empty((0, 17, 3)), average=average)
        assert all(map(math.isnan, scores.figures.values()))
        assert set(scores.reasons) == set(scores.figures)
        assert set(scores.reasons.values()) == {"there are no frames"}


def test_the_arrays_that_are_scored_stay_as_they_were() -> None:
    truth = truth_of(("Eating", 2))
    joints = off(truth, 1, 2)
    before = truth.joints.copy(), joints.copy()
    score(truth, joints, root="both")
    assert np.array_equal(truth.joints, before[0])
    assert np.array_equal(joints, before[1])


@given(st.integers(0, 10_000))
def test_the_figure_is_the_mean_over_its_joints_and_over_its_actions(seed: int) -> None:
    truth = truth_of(*SITTING_TWICE)
    joints = off(truth, *(0,) * 6) + np.random.default_rng(seed).normal(0, 50, (6, 17, 3))
    scores = score(truth, joints)
    for group in ("joint", "action"):
        values = [figures["MPJPE"] for figures in scores.groups[group].values()]
        assert scores.figures["MPJPE"] == pytest.approx(np.mean(values))


def test_what_does_not_fit_together_is_refused() -> None:
    truth = truth_of(("Eating", 2))
    with pytest.raises(ValueError, match=r"predictions \(1, 17, 3\) for a truth of \(2, 17, 3\)"):
        score(truth, off(truth, 0, 0)[:1])
    with pytest.raises(ValueError, match="51 of their numbers not finite"):
        score(truth, off(truth, 0, math.nan))
    with pytest.raises(ValueError, match="are not all among"):
        counted_joints(["hip", "spine"], 14)
    with pytest.raises(ValueError, match=r"1 actions, 2 subjects and 1 per.* numbers \[0, 1\]"):
        replace(truth, sequence=np.array([0, 1]), subjects=("S9", "S9"))
    with pytest.raises(ValueError, match=r"joints of 2 frames .* sequences of 3, 0 of"):
        replace(truth, sequence=np.array([0, 0, 0]))


def test_frames_of_a_sequence_need_not_lie_together() -> None:
    truth = truth_of(*SITTING_TWICE)
    joints = off(truth, 10, 20, 30, 100, 4, 6)
    mixed = np.array([0, 4, 1, 3, 5, 2])  # of the sequences 0, 2, 0, 1, 2 and 0
    apart = replace(truth, joints=truth.joints[mixed], sequence=truth.sequence[mixed])
    assert score(apart, joints[mixed]).figures == pytest.approx(score(truth, joints).figures)
