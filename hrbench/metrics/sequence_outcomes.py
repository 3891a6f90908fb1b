"""What each performance adds to Human3.6M's figures.

A performance is what one subject did once, as all its cameras saw it: they see the same motion, and
its frames follow each other, so that neither are independent of each other.

Letters: S sequences of U performances, J joints, R replicates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import weighted
from hrbench.metrics.mpjpe import (
    FIGURES,
    HEADLINE,
    LEFT_OUT,
    Average,
    JointTruth,
    SequenceErrors,
    counted_joints,
)
from hrbench.metrics.outcomes import Counts, Outcomes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SequenceOutcomes(Outcomes):
    """The errors of S sequences, which cameras saw of U performances."""

    unit: ClassVar[str] = "performance"
    unbounded: ClassVar[tuple[str, ...]] = ("",)  # all

    owners: NDArray[np.int64]  # (S,) row of its performance in `units`
    actions: NDArray[np.str_]  # (S,)
    subjects: NDArray[np.str_]  # (S,)
    frames: NDArray[np.int64]  # (S,)
    errors: Floats  # (S, 4) in the order of FIGURES; NaN for the MPJVE of a single frame
    joints: Floats  # (S, J)
    names: NDArray[np.str_]  # (J,) of the joints
    average: NDArray[np.str_]  # () the protocol's: "actions" or "frames"
    counted: NDArray[np.int64]  # () the joints in the protocol's mean: 17, 16 or 14

    @property
    def strata(self) -> NDArray[np.intp]:
        """(U,) numbers of the performances' actions: a protocol fixes these."""
        first = np.unique(self.owners, return_index=True)[1]
        return np.unique(self.actions[first], return_inverse=True)[1]

    @property
    def caveats(self) -> tuple[str, ...]:
        """In sentences, whom intervals are about, and whether actions are drawn together."""
        names = " and ".join(np.unique(self.subjects).tolist())
        people = f"Intervals are about other performances of {names}, not about other people."
        alone = np.unique(self.actions)[np.bincount(self.strata) == 1].tolist()
        if not alone or len(np.unique(self.actions)) == 1:
            return (people,)
        of = ", ".join(alone)
        return (
            people,
            f"Performances are drawn whatever their action, as there is one only of {of}.",
        )

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return all figures, with those of each action, subject and joint."""
        weights = counts[:, self.owners] * self.frames
        other = "frames" if self.average == "actions" else "actions"
        joints = self._mean(self.joints, weights, str(self.average))
        figures = self._named(weights, "")
        figures[f"{HEADLINE} ({other[:-1]} average)"] = self._mean(self.errors, weights, other)[0]
        for number in LEFT_OUT:
            if number != self.counted:
                among = counted_joints(self.names.tolist(), number)
                figures[f"{HEADLINE} ({number} joints)"] = joints[among].mean(axis=0)
        for group, labels in (("action", self.actions), ("subject", self.subjects)):
            for label in np.unique(labels):
                figures |= self._named(weights * (labels == label), f"{group}/{label}/")
        by_joint = zip(self.names, joints, strict=True)
        return figures | {f"joint/{name}/{HEADLINE}": values for name, values in by_joint}

    def _named(self, weights: NDArray[np.int64], group: str) -> dict[str, Floats]:
        """Return the four figures of sequences that have (R, S) weights, a group before each."""
        means = self._mean(self.errors, weights, str(self.average))
        return {f"{group}{name}": values for name, values in zip(FIGURES, means, strict=True)}

    def _mean(self, values: Floats, weights: NDArray[np.int64], average: str) -> Floats:
        """Return (C, R) means of (S, C) values over frames, or over the actions that have any.

        A value that is NaN counts for nothing in the mean over an action's frames.
        """
        if average == "frames":
            return _mean_of_frames(values, weights)
        means, there = np.zeros((values.shape[1], len(weights))), np.zeros(len(weights))
        for action in np.unique(self.actions):
            own = self.actions == action
            drawn = weights[:, own].any(axis=1)
            means += np.where(drawn, _mean_of_frames(values[own], weights[:, own]), 0)
            there += drawn
        return weighted.ratio(means, there)


def _mean_of_frames(values: Floats, weights: NDArray[np.int64]) -> Floats:
    """Return (C, R) means of (S, C) values by (R, S) weights, without what is NaN."""
    known = (~np.isnan(values)).astype(np.float64)
    sums, frames = (np.asarray(weights @ each) for each in (np.nan_to_num(values), known))
    return weighted.ratio(sums, frames).T


def observed(
    truth: JointTruth,
    errors: SequenceErrors,
    *,
    average: Average,
    num_joints: int,
    joint_names: Sequence[str],
) -> SequenceOutcomes:
    """Return what each performance adds to the figures of `score_joints`, of the same arguments."""
    there = np.unique(truth.sequence)
    units, owners = np.unique(np.array(truth.performances, np.str_)[there], return_inverse=True)
    return SequenceOutcomes(
        units=units,
        owners=owners,
        actions=errors.actions,
        subjects=errors.subjects,
        frames=errors.frames,
        errors=errors.figures,
        joints=errors.joints,
        names=np.array(joint_names, np.str_),
        average=np.array(average),
        counted=np.array(num_joints),
    )
