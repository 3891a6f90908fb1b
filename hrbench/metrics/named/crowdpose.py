"""CrowdPose's average precision, by how crowded an image is."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hrbench.metrics import error_groups, pose_answers
from hrbench.metrics.crowdpose import LEVELS, CrowdTruth, score_crowd
from hrbench.metrics.error_groups import Part
from hrbench.metrics.figures import AVERAGE_PRECISION, MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.matched import Matched
from hrbench.metrics.metric import Compared, CurveAxes, Definition, Metric
from hrbench.metrics.named import oks
from hrbench.metrics.pose_outcomes import CrowdOutcomes, crowd_outcomes
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.scores import Scores


@dataclass(frozen=True, eq=False)
class ComparedCrowds(Compared[CrowdTruth, PosesInBoxes, KeypointSetting]):
    """Poses beside people of crowded images, matched once."""

    @cached_property
    def found(self) -> Matched:
        """The poses that the protocol keeps, and whom they find."""
        return oks.matched_poses(self.truth.people, self.predictions, self.setting)


def score(compared: ComparedCrowds) -> Scores:
    """Return CrowdPose's nine figures and the median error."""
    return score_crowd(compared.truth, compared.found, compared.setting.keypoints)


def breakdown(compared: ComparedCrowds) -> dict[str, Any]:
    """Return where the poses that the protocol keeps fail, by the images' level of crowding too."""
    truth, setting = compared.truth, compared.setting
    found = oks.diagnosed(compared.found)
    images = (truth.people.image_ids, found.results.image_ids)
    levels = {name: Part(*(np.isin(i, truth.images_of(name)) for i in images)) for name in LEVELS}
    by_level = error_groups.by_part(found, levels)
    return {
        **error_groups.groups(found, setting.keypoints),
        "crowding_error": by_level,
        **pose_answers.breakdown(compared.found, setting),
    }


def errors(compared: ComparedCrowds) -> PoseErrors:
    """Return each person with the most similar pose that may be theirs; the error is 1 - OKS."""
    return oks.errors_of(compared.truth.people, compared.predictions, compared.setting)


def observe(compared: ComparedCrowds) -> CrowdOutcomes:
    """Return what each image adds to the figures."""
    return crowd_outcomes(compared.truth, compared.found, compared.setting.keypoints)


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
    compare=ComparedCrowds,
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
