"""The dullest predictor: in every box the mean pose of the training set."""

import numpy as np
from numpy.typing import NDArray

from hrbench.data.sample import People
from hrbench.geometry import UNIT
from hrbench.pipeline.sources import Evaluation
from hrbench.report.predictions import Predictions


def in_crop(people: People) -> NDArray[np.float64]:
    """Return (N, K, 2) keypoints as shares of their crops, NaN where not visible."""
    offset = people.keypoints - people.centers[:, None]
    shares = offset / (people.scales[:, None] * UNIT)
    return np.where(people.visible[..., None], shares, np.nan)


def mean_pose(training: People, looked_at: Evaluation) -> Predictions:
    """Return the mean pose put into every box of an evaluation."""
    people = looked_at.people
    pose = np.nanmean(in_crop(training), axis=0)
    keypoints = people.centers[:, None] + pose * people.scales[:, None] * UNIT
    return Predictions(
        sample_ids=people.ids,
        image_ids=people.image_ids[people.image],
        boxes=people.boxes,
        box_scores=people.scores,
        centers=people.centers,
        scales=people.scales,
        keypoints=keypoints.astype(np.float32),
        scores=np.ones(keypoints.shape[:2], dtype=np.float32),
        scored_images=looked_at.image_ids,
    )
