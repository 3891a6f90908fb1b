"""PCKh, MPII's measure."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics import calibration, head_outcomes
from hrbench.metrics.calibration import Answers
from hrbench.metrics.figures import MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.head_outcomes import HeadOutcomes
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import Compared, CurveAxes, Definition, Metric
from hrbench.metrics.pckh import (
    FIRST_PIXEL,
    HEADLINE,
    IN_MEAN,
    LEVELS,
    THRESHOLDS,
    HeadTruth,
    pixel_errors,
    score_pckh,
)
from hrbench.metrics.sample_errors import PoseErrors, in_order
from hrbench.metrics.scores import Scores
from hrbench.whole import whole

Persons: TypeAlias = Compared[HeadTruth, PosesInBoxes, KeypointSetting]


def score(persons: Persons) -> Scores:
    """Return PCKh at its thresholds, of all keypoints and of each pair, and the median error."""
    return score_pckh(persons.truth, persons.predictions.keypoints)


def errors(persons: Persons) -> PoseErrors:
    """Return each person's mean error over its labelled keypoints, in sizes of its head."""
    truth, shares = persons.truth, head_shares(persons)
    known = (~truth.missing).sum(axis=1)
    means = np.nansum(shares, axis=1) / np.maximum(known, 1)
    places = np.where(truth.missing[..., None], np.nan, truth.keypoints - FIRST_PIXEL)
    return in_order(persons.predictions, places, means, "{:.2f} head sizes")


def head_shares(persons: Persons) -> Floats:
    """Return (N, 16) errors in sizes of heads; NaN where the truth is missing."""
    pixels = pixel_errors(persons.truth, persons.predictions.keypoints)
    return pixels / persons.truth.head_sizes[:, None]


def breakdown(persons: Persons) -> dict[str, Any]:
    """Return how scores of keypoints are calibrated: right within half a head's size.

    Labelled ones count, but for those that the mean leaves out.
    """
    shares = head_shares(persons)
    counted = ~persons.truth.missing & IN_MEAN
    near = shares[counted] <= THRESHOLDS[LEVELS[HEADLINE]]
    return calibration.breakdown({"keypoint": Answers(persons.predictions.scores[counted], near)})


def observe(persons: Persons) -> HeadOutcomes:
    """Return what each image adds to the figures."""
    found = persons.predictions
    return head_outcomes.observed(persons.truth, found.keypoints, found.image_ids)


def upload(folder: Path, predictions: PosesInBoxes, _: KeypointSetting) -> str:
    """Write pred.mat, whole or not at all: `preds` (N, 16, 2), counted from pixel 1.

    The keypoints are in the order of the split's file; their precision is kept.
    """
    from scipy.io import savemat  # noqa: PLC0415  slow to import, and seldom needed

    path = folder / "pred.mat"
    with whole(path) as draft:
        savemat(draft, {"preds": predictions.keypoints + FIRST_PIXEL})
    return f"{len(predictions.keypoints)} persons to hand in: {path}"


PCKH = Metric(
    name="pckh",
    headline=HEADLINE,
    figures=(
        Definition(r"PCKh@(0\.\d+)", "%", "higher", 1, "keypoints nearer than {0} head sizes"),
        Definition(
            r"PCKh@0\.1 \(official code\)",
            "%",
            "higher",
            1,
            "as the official code: at 0.11 head sizes",
        ),
        *(MEDIAN_PX, MEDIAN_SHARE),
    ),
    truth=HeadTruth,
    predictions=PosesInBoxes,
    compare=Compared,
    score=score,
    errors=errors,
    breakdown=breakdown,
    outcomes=HeadOutcomes,
    observe=observe,
    paired=True,
    axes=CurveAxes("error / head size", "keypoints within it (%)"),
    upload=upload,
)
