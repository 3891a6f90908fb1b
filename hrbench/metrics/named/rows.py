"""Errors of predictions that are in the order of the truth."""

import math

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics.inputs import PosesInBoxes
from hrbench.metrics.sample_errors import PoseErrors


def in_order(predictions: PosesInBoxes, truth: Floats, errors: Floats, words: str) -> PoseErrors:
    """Return (N, K, 2) truth and predictions whose rows go together, with their (N,) errors.

    `words` has a place for an error.
    """
    return PoseErrors(
        errors=errors,
        ids=np.asarray(predictions.sample_ids),
        image_ids=np.asarray(predictions.image_ids),
        truth=truth,
        predicted=predictions.keypoints.astype(np.float64),
        scores=predictions.scores,
        words=tuple(
            "without a size" if math.isnan(e) else words.format(e) for e in errors.tolist()
        ),
    )
