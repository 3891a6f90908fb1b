"""Performances that cameras saw: all joints of a frame are so many millimetres off."""

import math
from typing import Any

import numpy as np
import pytest

from hrbench.metrics.bootstrap import drawn, freedom, intervals, replicated
from hrbench.metrics.mpjpe import LEFT_OUT, Average, JointTruth, SequenceErrors
from hrbench.metrics.sequence_outcomes import SequenceOutcomes, observed

NAMES = (*LEFT_OUT[14], *(f"joint_{number}" for number in range(14)))
Sequences = list[tuple[str, list[float]]]  # "S9/Walking 1" and the errors of its frames


def outcomes(sequences: Sequences, average: Average = "actions") -> SequenceOutcomes:
    names = tuple(name for name, _ in sequences)
    number = np.repeat(np.arange(len(sequences)), [len(off) for _, off in sequences])
    joints = np.tile(np.random.default_rng(0).normal(0, 300, (17, 3)), (len(number), 1, 1))
    joints[:, 0] = 0
    off = np.concatenate([off for _, off in sequences])
    truth = JointTruth(
        joints,
        number,
        actions=tuple(name.partition("/")[2].partition(" ")[0] for name in names),
        subjects=tuple(name.partition("/")[0] for name in names),
        performances=names,
    )
    found = joints + off[:, None, None] * [0, 0, 1]
    about: Any = {"num_joints": 17, "joint_names": NAMES}
    errors = SequenceErrors.of(truth, found, root="target", **about)
    return observed(truth, errors, average=average, **about)


FOUR: Sequences = [
    ("S9/Eating", [10, 20]),
    ("S9/Eating", [30, 40]),  # by another camera
    ("S11/Eating", [50]),
    ("S9/Walking", [4, 4]),
    ("S11/Walking", [8, 8]),
]


def test_the_cameras_of_a_performance_are_drawn_together() -> None:
    made = outcomes(FOUR)
    assert made.unit == "performance"
    assert made.units.tolist() == ["S11/Eating", "S11/Walking", "S9/Eating", "S9/Walking"]
    figures = made.figures(np.array([[0, 0, 1, 1], [1, 1, 1, 0], [1, 2, 0, 1]]))
    # Eating is the mean over frames of what is drawn of it, and so is Walking.
    assert figures["MPJPE"] == pytest.approx([(25 + 4) / 2, (150 / 5 + 8) / 2, (50 + 20 / 3) / 2])
    assert figures["MPJPE (frame average)"] == pytest.approx([108 / 6, 166 / 7, 90 / 7])
    assert figures["action/Eating/MPJPE"] == pytest.approx([25, 30, 50])
    assert figures["joint/spine/MPJPE"] == pytest.approx(figures["MPJPE"])


def test_a_mean_is_over_the_actions_that_are_drawn() -> None:
    figures = outcomes(FOUR).figures(np.array([[0, 1, 0, 0], [0, 0, 1, 0]]))
    assert figures["MPJPE"] == pytest.approx([8, 25])
    assert figures["subject/S11/MPJPE"][0] == pytest.approx(8)
    assert math.isnan(figures["subject/S11/MPJPE"][1])
    assert math.isnan(figures["action/Walking/MPJPE"][1])


def test_each_replicate_has_every_action_of_which_there_are_two_performances() -> None:
    made = outcomes(FOUR)
    counts = np.concatenate(list(drawn(made.strata, 50)))
    assert (counts[:, [0, 2]].sum(axis=1) == 1).all()
    assert (counts[:, [1, 3]].sum(axis=1) == 1).all()
    assert freedom(made.strata) == 2
    assert freedom(outcomes(FOUR[:-1]).strata) == 2  # one Walking: three of one sort


def test_by_frames_a_long_performance_weighs_more() -> None:
    made = outcomes(FOUR, "frames")
    figures = made.figures(np.array([[1, 0, 0, 1]]))
    assert figures["MPJPE"] == pytest.approx([(50 + 4 + 4) / 3])
    assert figures["MPJPE (action average)"] == pytest.approx([(50 + 4) / 2])


def test_the_error_of_a_mean_over_actions_is_that_of_a_stratified_sample() -> None:
    generator = np.random.default_rng(1)
    errors = {"Eating": generator.normal(90, 9, 4), "Walking": generator.normal(40, 2, 4)}
    made = outcomes([
        (f"S9/{action} {take}", [float(off)])
        for action, own in errors.items()
        for take, off in enumerate(own)
    ])  # fmt: skip
    expected = math.sqrt(sum(own.var(ddof=1) / 4 for own in errors.values())) / 2
    assert replicated(made, 20_000)["MPJPE"].std() == pytest.approx(expected, rel=0.02)


def test_frames_and_cameras_of_the_same_performances_tell_no_more() -> None:
    generator = np.random.default_rng(2)
    hard = generator.normal(60, 8, 12).tolist()
    few = [(f"S9/Eating {take}", [off]) for take, off in enumerate(hard)]
    many = [(name, 50 * off) for name, off in few for _ in range(4)]
    assert intervals(outcomes(many))["MPJPE"] == pytest.approx(intervals(outcomes(few))["MPJPE"])


def test_it_is_said_whom_intervals_are_about_and_which_action_was_not_drawn_of_its_own() -> None:
    (people,) = outcomes(FOUR).caveats
    assert people.startswith("Intervals are about other performances of S11 and S9, not")
    assert outcomes(FOUR[:-1]).caveats[1].endswith("there is one only of Walking.")
