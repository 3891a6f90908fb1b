"""Non-maximum suppression over the poses of images, by their mutual OKS.

The functions take `overlap` (..., n, n), whose row i says how much pose i covers the others of its
image, and `scores` (..., n): images with as many poses are done together. Of equal scores the later
pose comes first: the official order, a stable sort reversed, which NumPy's default sort leaves to
the processor.

Source: deep-high-resolution-net.pytorch, lib/nms/nms.py; Bodla et al. 2017 for the soft variant.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]

SOFT_LIMIT = 20  # poses that soft NMS keeps of an image; COCO scores no more


def oks_nms(overlap: Floats, scores: Floats, threshold: float) -> tuple[Rows, Mask]:
    """Return the poses (..., n), best first, and which stay.

    Those do that no better one which stays covers beyond the threshold.
    """
    order = best_first(scores)
    covers = np.take_along_axis(overlap > threshold, order[..., None], axis=-2)
    covers = np.take_along_axis(covers, order[..., None, :], axis=-1)
    stays = np.ones(order.shape, dtype=np.bool_)
    for place in range(order.shape[-1]):
        covered = covers[..., place, place + 1 :] & stays[..., place, None]
        stays[..., place + 1 :] &= ~covered
    return order, stays


def soft_oks_nms(overlap: Floats, scores: Floats, threshold: float) -> tuple[Rows, Mask]:
    """Return at most 20 poses of an image, best first, which all stay; no score is too low.

    Whoever is taken lowers the scores of the rest, which decide who comes next.
    """
    order, _ = soft_order(overlap, scores, threshold)
    return order, np.ones(order.shape, dtype=np.bool_)


def soft_order(overlap: Floats, scores: Floats, threshold: float) -> tuple[Rows, Floats]:
    """Return the poses that soft NMS keeps, and the lowered score each had when it was taken."""
    order, images = best_first(scores), np.ogrid[tuple(map(slice, scores.shape))][:-1]
    scores = scores[*images, order]
    kept = np.empty((*order.shape[:-1], min(order.shape[-1], SOFT_LIMIT)), dtype=np.intp)
    lowered = np.empty(kept.shape)
    for place in range(kept.shape[-1]):
        best, order = order[..., :1], order[..., 1:]
        kept[..., place], lowered[..., place] = best[..., 0], scores[..., 0]
        scores = decay(scores[..., 1:], overlap[*images, best, order], threshold)
        again = best_first(scores)
        order, scores = order[*images, again], scores[*images, again]
    return kept, lowered


def decay(scores: Floats, overlap: Floats, threshold: float) -> Floats:
    """Return scores lowered by a Gaussian of the overlap."""
    return np.asarray(scores * np.exp(-np.square(overlap) / threshold))


def best_first(scores: Floats) -> Rows:
    """Return the order of falling scores, equal ones from the last to the first."""
    return scores.argsort(axis=-1, kind="stable")[..., ::-1]
