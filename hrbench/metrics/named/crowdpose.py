"""CrowdPose's average precision, by how crowded an image is."""

from typing import Any

import numpy as np

from hrbench.metrics import error_groups, pose_answers
from hrbench.metrics.crowdpose import LEVELS, CrowdTruth, score_crowd
from hrbench.metrics.error_groups import Part
from hrbench.metrics.figures import AVERAGE_PRECISION, MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import CurveAxes, Definition, Metric
from hrbench.metrics.named import oks
from hrbench.metrics.pose_outcomes import CrowdOutcomes, crowd_outcomes
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.selection import as_results


def score(truth: CrowdTruth, predictions: PosesInBoxes, setting: KeypointSetting) -> Scores:
    """Return CrowdPose's nine figures and the median error."""
    return score_crowd(truth, predictions.poses(), **oks.arguments(setting))[0]


def breakdown(
    truth: CrowdTruth, predictions: PosesInBoxes, setting: KeypointSetting
) -> dict[str, Any]:
    """Return where the poses that the protocol keeps fail, by the images' level of crowding too."""
    poses, selection = predictions.poses(), oks.selected(predictions, setting)
    found = oks.diagnosed(truth.people, as_results(poses, selection), setting)
    images = (truth.people.image_ids, found.results.image_ids)
    levels = {name: Part(*(np.isin(i, truth.images_of(name)) for i in images)) for name in LEVELS}
    by_level = error_groups.by_part(found, levels)
    return {
        **error_groups.groups(found, setting.keypoints),
        "crowding_error": by_level,
        **pose_answers.breakdown(truth.people, poses, selection, setting),
    }


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
    breakdown=breakdown,
    needs=OF_CHOICE,
    fault=oks.fault,
    upload=oks.upload,
)
