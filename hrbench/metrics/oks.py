"""Object keypoint similarity (OKS): between poses of one image, and of results with truth.

Shapes: n poses of an image, (...) images that have as many, M pairs of a result and a person, K
keypoints.

Source: the COCO keypoint evaluation (cocodataset.org/#keypoints-eval) for truth; the NMS of
deep-high-resolution-net.pytorch, lib/nms/nms.py, between poses.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.people import Results, Truth

Rows = NDArray[np.intp]

EPSILON = np.spacing(1.0)  # added to areas, so that only an exact pose fits an area of 0


def oks(
    keypoints: NDArray[np.floating], areas: Floats, sigmas: Floats, visible: NDArray[np.bool_]
) -> Floats:
    """Return the (..., n, n) similarity of all poses of an image with each other.

    Entry (i, j) is the mean over those keypoints that are `visible` (..., n, K) in pose j; 0 where
    none is. `keypoints` are (..., n, K, 2), `areas` (..., n) those of the padded boxes. Distances
    are squared in the precision of `keypoints`, as officially.
    """
    x, y = np.moveaxis(keypoints, -1, 0)
    squared = np.square(x[..., None, :] - x[..., None, :, :])
    squared += np.square(y[..., None, :] - y[..., None, :, :])
    terms = similarity(squared, sigmas, (areas[..., None] + areas[..., None, :]) / 2)
    total: Floats = np.einsum("...ijk,...jk->...ij", terms, visible.astype(np.float64))
    return np.asarray(total / np.maximum(visible.sum(axis=-1), 1)[..., None, :])


def oks_with_truth(
    results: Results, truth: Truth, sigmas: Floats, rows: Rows, people: Rows
) -> Floats:
    """Return (M,): the OKS of result `rows[m]` with person `people[m]`.

    The mean is over a person's labelled keypoints. Where nothing is labelled, a keypoint counts
    as at distance 0 inside the person's box grown by its own size on every side.
    """
    labelled = truth.visibility[people] > 0
    offset = results.keypoints[rows] - truth.keypoints[people]
    bare = ~labelled.any(axis=1)
    offset[bare] = _outside(results.keypoints[rows[bare]], truth.boxes[people[bare]])
    labelled[bare] = True
    x, y = np.moveaxis(np.where(labelled[..., None], offset, 0), 2, 0)
    terms = similarity(x * x + y * y, sigmas, truth.areas[people])
    return np.asarray((terms * labelled).sum(axis=1) / labelled.sum(axis=1))


def similarity(squared: NDArray[np.floating], sigmas: Floats, areas: Floats) -> Floats:
    """Return exp(-d^2 / (2 (2 sigma)^2 area)) for squared distances (..., K) and areas (...)."""
    exponent = squared / (-2 * (2 * sigmas) ** 2)
    exponent /= (areas + EPSILON)[..., None]
    return np.exp(exponent, out=exponent)


def _outside(keypoints: Floats, boxes: Floats) -> Floats:
    """Return how far (M, K, 2) points are outside of boxes grown to three times their size."""
    low = (boxes[:, :2] - boxes[:, 2:])[:, None]
    high = (boxes[:, :2] + boxes[:, 2:] * 2)[:, None]
    return np.maximum(low - keypoints, 0) + np.maximum(keypoints - high, 0)
