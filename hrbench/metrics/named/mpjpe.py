"""MPJPE and its kin, Human3.6M's measures."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hrbench.metrics import joint_errors, joint_shares, sequence_outcomes
from hrbench.metrics.inputs import JointSetting, LiftedJoints
from hrbench.metrics.metric import Compared, Definition, Metric
from hrbench.metrics.mpjpe import HEADLINE, JointTruth, SequenceErrors, score_joints
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.sequence_outcomes import SequenceOutcomes

AT_ONCE = 1 << 11  # frames; stay in the cache


@dataclass(frozen=True, eq=False)
class ComparedJoints(Compared[JointTruth, LiftedJoints, JointSetting]):
    """Lifted joints beside the true ones, the errors of every sequence measured once."""

    @cached_property
    def errors(self) -> SequenceErrors:
        """The mean errors of each sequence."""
        return SequenceErrors.of(
            self.truth,
            self.predictions.joints,
            num_joints=self.setting.counted,
            root=self.setting.root,
            joint_names=self.setting.joints,
        )


def score(compared: ComparedJoints) -> Scores:
    """Return the errors in mm, by the protocol's averages."""
    setting = compared.setting
    return score_joints(
        compared.errors,
        average=setting.average,
        num_joints=setting.counted,
        joint_names=setting.joints,
    )


def breakdown(compared: ComparedJoints) -> dict[str, Any]:
    """Return what the errors are made of, by action and by joint."""
    setting = compared.setting
    return joint_shares.breakdown(
        compared.truth,
        compared.predictions.joints,
        average=setting.average,
        num_joints=setting.counted,
        root=setting.root,
        joint_names=setting.joints,
    )


def errors(compared: ComparedJoints) -> SampleErrors:
    """Return each frame's mean error over all its joints, in mm."""
    joints = (compared.predictions.joints, compared.truth.joints)
    starts = range(0, max(len(joints[0]), 1), AT_ONCE)
    parts = [joint_errors.mpjpe(*(each[at : at + AT_ONCE] for each in joints)) for at in starts]
    return SampleErrors(np.concatenate(parts))


def observe(compared: ComparedJoints) -> SequenceOutcomes:
    """Return what each performance adds to the figures."""
    setting = compared.setting
    return sequence_outcomes.observed(
        compared.truth,
        compared.errors,
        average=setting.average,
        num_joints=setting.counted,
        joint_names=setting.joints,
    )


MPJPE = Metric(
    name="mpjpe",
    headline=HEADLINE,
    figures=(
        Definition("MPJPE", "mm", "lower", 1, "mean joint error, roots aligned"),
        Definition("P-MPJPE", "mm", "lower", 1, "mean joint error after similarity alignment"),
        Definition("N-MPJPE", "mm", "lower", 1, "mean joint error after alignment in scale"),
        Definition("MPJVE", "mm", "lower", 2, "mean error of the joints' velocities, per frame"),
        Definition(
            r"MPJPE \((action|frame) average\)", "mm", "lower", 1, "MPJPE as the mean over {0}s"
        ),
        Definition(
            r"MPJPE \((14|16|17) joints\)", "mm", "lower", 1, "MPJPE as the mean over {0} joints"
        ),
    ),
    truth=JointTruth,
    predictions=LiftedJoints,
    compare=ComparedJoints,
    score=score,
    errors=errors,
    breakdown=breakdown,
    outcomes=SequenceOutcomes,
    card="other",
    observe=observe,
    reads=("average", "joints", "root"),
)
