"""Human3.6M's figures of predicted joints, by action, by subject and by joint.

A sequence is what one camera saw of one performance: four cameras make four sequences of it. An
action's error is the mean over its sequences, weighted by their frames; the published figure is
the plain mean over actions.

Letters: N frames of S sequences, J joints.

Source: VideoPose3D, run.py; 3d-pose-baseline, src/predict_3dpose.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import joint_errors
from hrbench.metrics.scores import Scores

Average = Literal["actions", "frames"]
Root = Literal["target", "both"]

HEADLINE, *_ = FIGURES = ("MPJPE", "P-MPJPE", "N-MPJPE", "MPJVE")
HIP = "hip"
LEFT_OUT = {17: (), 16: (HIP,), 14: (HIP, "spine", "neck_nose")}  # of the mean over so many


@dataclass(frozen=True, slots=True, eq=False)
class JointTruth:
    """The true joints of N frames, and the sequence that each frame is of."""

    joints: NDArray[np.floating]  # (N, J, 3) mm from the hip; whatever the hip has is not read
    sequence: NDArray[np.int64]  # (N,) 0 to S - 1; the frames of each in the order of time
    actions: tuple[str, ...]  # of the S sequences: "SittingDown"
    subjects: tuple[str, ...]  # of the S sequences: "S9"
    performances: tuple[str, ...]  # of the S sequences: "S9/SittingDown 1", which cameras share

    def __post_init__(self) -> None:
        numbers = set(np.unique(self.sequence).tolist())
        lengths = {len(self.actions), len(self.subjects), len(self.performances)}
        if len(lengths) > 1 or numbers - set(range(len(self.actions))):
            raise ValueError(
                f"{len(self.actions)} actions, {len(self.subjects)} subjects and "
                f"{len(self.performances)} performances for sequences with the numbers "
                f"{sorted(numbers)}"
            )
        if len(self.joints) != len(self.sequence) or not np.isfinite(self.joints).all():
            raise ValueError(
                f"joints of {len(self.joints)} frames with the sequences of {len(self.sequence)}, "
                f"{(~np.isfinite(self.joints)).sum()} of their numbers not finite"
            )

    def rows(self) -> list[NDArray[np.intp]]:
        """Return the rows of each of the S sequences."""
        counts = np.bincount(self.sequence, minlength=len(self.actions))
        return np.split(np.argsort(self.sequence, kind="stable"), np.cumsum(counts)[:-1])


def score_joints(
    errors: "SequenceErrors", *, average: Average, num_joints: int, joint_names: Sequence[str]
) -> Scores:
    """Score the sequences whose errors are measured.

    MPJVE is the error of velocities, in mm a frame. A sequence of N frames has N - 1 of them,
    and the weight of N; a single frame has none, and its action the MPJVE of the other
    sequences. MPJPE follows by the other average, and over the other sets of joints.

    `groups` have the four figures of each action and subject, and the MPJPE of each joint; the
    last two by the average of the protocol.

    Args:
        errors: of each sequence.
        average: over 'actions', whose weights are equal, or over 'frames'.
        num_joints: that they are means over.
        joint_names: the J names, in Human3.6M's words.

    Raises:
        ValueError: a joint that a mean leaves out is not among the names.
    """
    counted = {number: counted_joints(joint_names, number) for number in LEFT_OUT}
    figures = _named(errors.mean(errors.figures, average))
    other: Average = "frames" if average == "actions" else "actions"
    figures[f"{HEADLINE} ({other[:-1]} average)"] = float(errors.mean(errors.figures, other)[0])
    by_joint = errors.mean(errors.joints, average)
    for number, names in counted.items():
        if number != num_joints:
            figures[f"{HEADLINE} ({number} joints)"] = float(by_joint[names].mean())
    groups = {
        "action": errors.by(errors.actions, average),
        "subject": errors.by(errors.subjects, average),
        "joint": {
            name: {HEADLINE: value}
            for name, value in zip(joint_names, by_joint.tolist(), strict=True)
        },
    }
    missing = [name for name, value in figures.items() if math.isnan(value)]
    return Scores(figures, dict.fromkeys(missing, errors.reason()), groups)


def counted_joints(joint_names: Sequence[str], num_joints: int) -> NDArray[np.bool_]:
    """Return the (J,) joints that a mean over 17, 16 or 14 of them takes in.

    Raises:
        ValueError: a joint that it leaves out is not among the names.
    """
    if not set(LEFT_OUT[num_joints]) <= set(joint_names):
        raise ValueError(f"{LEFT_OUT[num_joints]} are not all among {tuple(joint_names)}")
    return np.array([name not in LEFT_OUT[num_joints] for name in joint_names])


@dataclass(frozen=True, slots=True, eq=False)
class SequenceErrors:
    """The mean errors, in mm, of each of the S sequences that have a frame."""

    actions: NDArray[np.str_]  # (S,)
    subjects: NDArray[np.str_]  # (S,)
    frames: NDArray[np.int64]  # (S,) how many
    figures: Floats  # (S, 4) in the order of FIGURES; NaN for the MPJVE of a single frame
    joints: Floats  # (S, J) MPJPE of each joint

    @classmethod
    def of(
        cls,
        truth: JointTruth,
        joints: NDArray[np.floating],
        *,
        num_joints: int,
        root: Root,
        joint_names: Sequence[str],
    ) -> "SequenceErrors":
        """Measure (N, J, 3) predictions in mm from the hip, their rows those of the truth.

        Args:
            truth: the joints to be found.
            joints: the predictions.
            num_joints: that a frame's error is the mean over, and by which poses are aligned: 17,
                16 without the hip, 14 without spine and nose too.
            root: whose hip is put at the origin: the 'target' only, as in VideoPose3D, where the
                prediction's counts as it is, or 'both', as in Martinez et al., where its error is
                0 and counts as such.
            joint_names: the J names, in Human3.6M's words.

        Raises:
            ValueError: the predictions are not finite, or not of the truth's frames, or a joint
                that the mean leaves out is not among the names.
        """
        if joints.shape != truth.joints.shape or not np.isfinite(joints).all():
            raise ValueError(
                f"predictions {joints.shape} for a truth of {truth.joints.shape}, "
                f"{(~np.isfinite(joints)).sum()} of their numbers not finite"
            )
        counted, hip = counted_joints(joint_names, num_joints), joint_names.index(HIP)
        used = [(number, rows) for number, rows in enumerate(truth.rows()) if len(rows)]
        figures, by_joint = np.empty((len(used), len(FIGURES))), np.empty((len(used), len(counted)))
        for place, (_, rows) in enumerate(used):
            predicted, target = from_hips(truth, joints, rows, hip, root)
            distances = joint_errors.distances(predicted, target)
            by_joint[place] = distances.mean(axis=0)
            poses = (chosen(each, counted) for each in (distances, predicted, target))
            figures[place] = sequence_figures(*poses)
        numbers = np.array([number for number, _ in used], dtype=np.intp)
        return cls(
            np.array(truth.actions, dtype=np.str_)[numbers],
            np.array(truth.subjects, dtype=np.str_)[numbers],
            np.array([len(rows) for _, rows in used], dtype=np.int64),
            figures,
            by_joint,
        )

    def mean(self, values: Floats, average: Average) -> Floats:
        """Return the mean of (S, ...) values over actions or over frames.

        What is NaN counts for nothing in the mean over an action's frames; an action without any
        value makes the mean over actions NaN.
        """
        if average == "frames" or not len(values):
            return weighted_mean(values, self.frames)
        each = [
            weighted_mean(values[self.actions == action], self.frames[self.actions == action])
            for action in np.unique(self.actions)
        ]
        return np.asarray(np.mean(each, axis=0))

    def by(self, labels: NDArray[np.str_], average: Average) -> dict[str, dict[str, float]]:
        """Return the four figures of the sequences of each label."""
        by_label = {}
        for label in np.unique(labels).tolist():
            own = labels == label
            part = SequenceErrors(*(getattr(self, name)[own] for name in self.__slots__))
            by_label[label] = _named(part.mean(part.figures, average))
        return by_label

    def reason(self) -> str:
        """Return why a figure has no value."""
        if not len(self.frames):
            return "there are no frames"
        moving = set(self.actions[self.frames > 1].tolist())
        still = sorted(set(self.actions.tolist()) - moving)
        if not moving:
            return "no sequence has two frames"
        return f"no sequence of {' and '.join(still)} has two frames"


def chosen(values: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Return the counted joints of (N, J, ...) values."""
    return values if counted.all() else values[:, counted]


def from_hips(
    truth: JointTruth,
    joints: NDArray[np.floating],
    rows: NDArray[np.intp],
    hip: int,
    root: Root,
) -> tuple[Floats, Floats]:
    """Return copies of some frames' predictions and true joints, hips at the origin by `root`.

    In memory they are as `joint_errors.by_coordinate` has them.
    """
    together = rows[-1] - rows[0] == len(rows) - 1  # rows rise
    part = slice(rows[0], rows[-1] + 1) if together else rows
    predicted, target = (
        np.array(each[part].T, np.float64, order="C").T for each in (joints, truth.joints)
    )
    target[:, hip] = 0
    if root == "both":
        predicted[:, hip] = 0
    return predicted, target


def sequence_figures(distances: Floats, predicted: Floats, target: Floats) -> list[float]:
    """Return the mean of each of FIGURES over a sequence; no MPJVE, a NaN, of a single frame.

    The (N, J) distances are those of the (N, J, 3) predicted joints to the target.
    """
    aligned, rescaled = (
        error(predicted, target).mean() for error in (joint_errors.p_mpjpe, joint_errors.n_mpjpe)
    )
    speeds = joint_errors.mpjve(predicted, target)
    velocity = speeds.mean() if len(speeds) else math.nan
    return [float(mean) for mean in (distances.mean(), aligned, rescaled, velocity)]


def weighted_mean(values: Floats, weights: NDArray[np.int64]) -> Floats:
    """Return the mean of (S, C) values by (S,) weights, without what is NaN; NaN if all is."""
    known = np.where(np.isnan(values), 0, weights[:, None])
    total = known.sum(axis=0)
    return np.where(total > 0, (known * np.nan_to_num(values)).sum(axis=0) / total.clip(1), np.nan)


def _named(figures: Floats) -> dict[str, float]:
    return dict(zip(FIGURES, figures.tolist(), strict=True))
