"""How much boxes have in common.

Letters: N boxes, P people.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.matching import pairs_of_one_image
from hrbench.metrics.people import Truth

OVERLAPS = 0.1  # IoU above which a person is in another's way


def iou(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Return (N,) how much of both boxes is common to each two of (N, 4) x, y, width, height."""
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    common = (high - low).clip(0).prod(axis=1)
    whole = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - common
    return np.asarray(common / np.maximum(whole, 1e-9))


def overlapping(truth: Truth) -> NDArray[np.int64]:
    """Return (P,): with how many others of the image a person's box has an IoU above 0.1.

    Crowds and people without keypoints count among the others.

    Source: Ronchi and Perona 2017, section 4.
    """
    count = np.zeros(len(truth.ids), dtype=np.int64)
    for person, other in pairs_of_one_image(truth.image_ids, truth.image_ids):
        near = (person != other) & (iou(truth.boxes[person], truth.boxes[other]) > OVERLAPS)
        np.add.at(count, person[near], 1)
    return count
