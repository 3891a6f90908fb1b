"""MPJPE and its kin, Human3.6M's measures."""

from typing import Any

from hrbench.metrics import joint_errors, joint_shares, sequence_outcomes
from hrbench.metrics.inputs import JointSetting, LiftedJoints
from hrbench.metrics.metric import Definition, Metric
from hrbench.metrics.mpjpe import HEADLINE, JointTruth, score_joints
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.sequence_outcomes import SequenceOutcomes


def score(truth: JointTruth, predictions: LiftedJoints, setting: JointSetting) -> Scores:
    """Return the errors in mm, by the protocol's averages."""
    return score_joints(truth, predictions.joints, **arguments(setting))


def breakdown(
    truth: JointTruth, predictions: LiftedJoints, setting: JointSetting
) -> dict[str, Any]:
    """Return what the errors are made of, by action and by joint."""
    return joint_shares.breakdown(truth, predictions.joints, **arguments(setting))


def arguments(setting: JointSetting) -> dict[str, Any]:
    """Return what joints are measured by beside their truth."""
    return {
        "average": setting.average,
        "num_joints": setting.counted,
        "root": setting.root,
        "joint_names": setting.joints,
    }


def errors(truth: JointTruth, predictions: LiftedJoints, _: JointSetting) -> SampleErrors:
    """Return each frame's mean error over all its joints, in mm."""
    return SampleErrors(joint_errors.mpjpe(predictions.joints, truth.joints))


def observe(
    truth: JointTruth, predictions: LiftedJoints, setting: JointSetting
) -> SequenceOutcomes:
    """Return what each performance adds to the figures."""
    return sequence_outcomes.observed(truth, predictions.joints, **arguments(setting))


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
    score=score,
    errors=errors,
    breakdown=breakdown,
    outcomes=SequenceOutcomes,
    card="other",
    observe=observe,
    reads=("average", "joints", "root"),
)
