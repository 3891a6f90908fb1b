"""CrowdPose's average precision, by how crowded an image is."""

from hrbench.metrics.crowdpose import CrowdTruth, score_crowd
from hrbench.metrics.figures import AVERAGE_PRECISION, MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import CurveAxes, Definition, Metric
from hrbench.metrics.named import oks
from hrbench.metrics.pose_outcomes import CrowdOutcomes, crowd_outcomes
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.scores import Scores


def score(truth: CrowdTruth, predictions: PosesInBoxes, setting: KeypointSetting) -> Scores:
    """Return CrowdPose's nine figures and the median error."""
    return score_crowd(truth, predictions.poses(), **oks.arguments(setting))[0]


def errors(truth: CrowdTruth, predictions: PosesInBoxes, setting: KeypointSetting) -> PoseErrors:
    """Return each person with the most similar pose that may be theirs; the error is 1 - OKS."""
    return oks.errors(truth.people, predictions, setting)


def observe(
    truth: CrowdTruth, predictions: PosesInBoxes, setting: KeypointSetting
) -> CrowdOutcomes:
    """Return what each image adds to the figures."""
    return crowd_outcomes(truth, predictions.poses(), **oks.arguments(setting))


CROWDPOSE = Metric(
    name="crowdpose",
    headline="AP",
    figures=(
        *AVERAGE_PRECISION,
        Definition(
            r"AP_(easy|medium|hard)",
            "%",
            "higher",
            1,
            "AP over the {0} images, by how crowded they are",
        ),
        *(MEDIAN_PX, MEDIAN_SHARE),
    ),
    truth=CrowdTruth,
    predictions=PosesInBoxes,
    score=score,
    errors=errors,
    axes=CurveAxes("recall (%)", "precision (%)"),
    outcomes=CrowdOutcomes,
    observe=observe,
    needs=OF_CHOICE,
    fault=oks.fault,
    upload=oks.upload,
)
