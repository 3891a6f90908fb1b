"""The normalised mean error of faces."""

from typing import Any, TypeAlias

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics import calibration, face_groups, face_outcomes
from hrbench.metrics.calibration import Answers
from hrbench.metrics.face_outcomes import FaceOutcomes
from hrbench.metrics.figures import MEDIAN_PX, NME_BY
from hrbench.metrics.figures import NME as MEAN
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import Compared, CurveAxes, Definition, Metric
from hrbench.metrics.nme import LIMITS, FaceTruth, pixel_errors, score_faces, shares
from hrbench.metrics.sample_errors import PoseErrors, in_order
from hrbench.metrics.scores import Scores

Faces: TypeAlias = Compared[FaceTruth, PosesInBoxes, KeypointSetting]


def score(faces: Faces) -> Scores:
    """Return the NME by each normaliser, and failures and curve by the protocol's."""
    return score_faces(
        faces.truth,
        faces.predictions.keypoints,
        normaliser=str(faces.setting.normaliser),
        keypoint_names=faces.setting.keypoints,
    )


def errors(faces: Faces) -> PoseErrors:
    """Return each face's NME by the protocol's normaliser, in per cent."""
    means, places = 100 * point_errors(faces).mean(axis=1), faces.truth.keypoints
    return in_order(faces.predictions, places, means, f"NME {{:.{MEAN.digits}f}} %")


def point_errors(faces: Faces) -> Floats:
    """Return (N, K) errors over the protocol's normaliser."""
    distances = pixel_errors(faces.truth, faces.predictions.keypoints)
    return shares(distances, faces.truth.normalisers[str(faces.setting.normaliser)])


def breakdown(faces: Faces) -> dict[str, Any]:
    """Return the NME by region, yaw, occlusion and subset, and how points' scores are calibrated.

    A point is right within the first limit of failures, 0.08 of the normaliser.
    """
    truth, predictions, setting = faces.truth, faces.predictions, faces.setting
    errors = point_errors(faces)
    known = ~np.isnan(errors)
    answers = Answers(predictions.scores[known], errors[known] <= LIMITS[0])
    return {
        **face_groups.breakdown(
            truth,
            predictions.keypoints,
            normaliser=str(setting.normaliser),
            regions=setting.regions,
            turn=setting.turn,
        ),
        **calibration.breakdown({"keypoint": answers}),
    }


def observe(faces: Faces) -> FaceOutcomes:
    """Return what each image adds to the figures."""
    truth, predictions, setting = faces.truth, faces.predictions, faces.setting
    return face_outcomes.observed(
        truth,
        predictions.keypoints,
        predictions.image_ids,
        normaliser=str(setting.normaliser),
        keypoint_names=setting.keypoints,
        parts=face_groups.parts(truth, setting.regions, setting.turn),
    )


NME = Metric(
    name="nme",
    headline="NME",
    figures=(
        *(MEAN, NME_BY),
        Definition(r"FR@(0\.\d+)", "%", "lower", 2, "faces whose NME is above {0}"),
        Definition(r"AUC@(0\.\d+)", "%", "higher", 2, "area under the NME curve up to {0}"),
        MEDIAN_PX,
    ),
    truth=FaceTruth,
    predictions=PosesInBoxes,
    compare=Compared,
    score=score,
    errors=errors,
    breakdown=breakdown,
    outcomes=FaceOutcomes,
    observe=observe,
    needs=("normaliser", "pixels"),
    paired=True,
    axes=CurveAxes("error / normaliser", "faces within it (%)"),
)
